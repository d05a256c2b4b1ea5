"""What the roles of a cluster may not do in the database."""

import psycopg
import pytest
from psycopg import errors

from apps.migrations.grants import ROLES
from support.cluster_database import UrlOf

pytestmark = pytest.mark.integration

LIVE_HISTORY = "feast.feast_edb_rec_sys_live_history"
LISTS = "feast.feast_edb_rec_sys_user_top_k_items"


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("storefront", "insert into events.interactions select * from events.interactions"),
        ("storefront", "delete from events.new_users"),
        ("storefront", "select from events.sessions"),
        ("storefront", "delete from ml.live_version"),
        ("storefront", f"delete from {LISTS}"),
        ("storefront", f"update {LISTS} set value_text = ''"),
        ("storefront", "update feast.feature_views set feature_view_name = ''"),
        ("storefront", "drop table shop.reviews"),
        ("processor", "select from shop.users"),
        ("processor", "select price from shop.products"),
        ("processor", "update events.interactions set item_id = ''"),
        ("processor", "select from ml.live_version"),
        ("processor", f"update {LISTS} set value_text = ''"),
        ("processor", "update feast.feature_views set feature_view_name = ''"),
        ("connect", "select from shop.users"),
        ("connect", "select from events.sessions"),
        ("connect", "delete from events.interactions"),
        ("connect", "alter table events.interactions add column more text"),
        ("connect", "select from feast.projects"),
        ("pipeline", "select from shop.users"),
        ("pipeline", "select from shop.orders"),
        ("pipeline", "update shop.products set product_name = ''"),
        ("pipeline", "delete from events.interactions"),
        ("pipeline", f"update {LIVE_HISTORY} set value_text = ''"),
        ("pipeline", "update feast.feature_views set feature_view_name = ''"),
        ("analyst", "select from shop.users"),
        ("analyst", "select from shop.cart_lines"),
        ("analyst", "select from shop.outbox"),
        ("analyst", "select user_name from events.new_users"),
        ("analyst", "select from events.sessions"),
        ("analyst", "select from events.shopper_items"),
        ("analyst", "select from ml.bundle_parts"),
        ("analyst", "select from feast.projects"),
        ("analyst", "insert into events.interactions select * from events.interactions"),
        ("analyst", "update shop.products set product_name = ''"),
        ("analyst", "delete from shop.orders"),
        *[
            (role, f"create table {schema}.mine ()")
            for role in sorted(ROLES)
            for schema in ("public", "shop", "events", "ml", "feast")
        ],
    ],
)
def test_what_a_role_may_not_do(url_of: UrlOf, role: str, statement: str) -> None:
    with (
        psycopg.connect(url_of(role)) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
