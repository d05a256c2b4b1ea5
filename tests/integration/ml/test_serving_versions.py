"""Which version, which items and which process a recommender serves from."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest

from ml.dataset import USER_COLUMNS
from ml.features.online import OnlineFeatures
from ml.registry.artifacts import ArtifactStore
from ml.serving.batch import index_items
from ml.serving.category_spread import spread_for
from ml.serving.recommender import Recommender
from ml.serving.shopper import Shopper
from support.chains import PLAIN_CHAIN
from support.interactions import interaction
from support.served_shop import Eventually, Shop

pytestmark = pytest.mark.integration


def test_without_a_bundle_the_precomputed_list_loses_what_was_bought_since(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    bundle = shop.publish(seed=1)
    ArtifactStore.of(shop.settings).remove(bundle.version)
    shutil.rmtree(shop.settings.models_dir / bundle.version)
    shop.recommender.close()  # it may have loaded the bundle
    shop.recommender = Recommender(shop.settings)
    listed = features.top_k(bundle.version, "u00")
    assert listed is not None
    now = datetime.now(UTC)
    features.extend_live_histories([interaction("u00", listed[0], "purchase", now)])

    eventually(lambda: shop.recommender.recommend("u00", [], 10).source == "precomputed", 30)

    served = shop.recommender.recommend("u00", [], 10)
    assert served.item_ids == listed[1:]
    new_user = shop.recommender.recommend("new-user", ["Books"], 10)
    assert (new_user.source, new_user.model_version) == ("popular", bundle.version)


def test_a_reader_without_the_publishers_folder_fetches_bundles_and_drops_old_ones(
    shop: Shop, tmp_path: Path, eventually: Eventually
) -> None:
    elsewhere = shop.settings.model_copy(
        update={
            "models_dir": tmp_path / "elsewhere" / "models",
            "artifacts_url": shop.settings.artifacts,
        }
    )
    reader = Recommender(elsewhere)
    try:
        first = shop.publish(seed=1)
        eventually(lambda: reader.recommend("new", ["Books"], 5).source == "live", 30)
        stale = elsewhere.models_dir / "deleted-long-ago"
        shutil.copytree(elsewhere.models_dir / first.version, stale)
        os.utime(stale, (0, 0))

        second = shop.publish(seed=2)

        both = {first.version, second.version}
        eventually(lambda: {path.name for path in elsewhere.models_dir.iterdir()} == both, 30)
        served = reader.recommend("new", ["Books"], 5)
        assert (served.source, served.model_version) == ("live", second.version)
    finally:
        reader.close()


def test_a_switch_is_noticed_within_five_seconds_and_so_is_a_rollback(
    shop: Shop, eventually: Eventually
) -> None:
    first = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    second = shop.publish(seed=2)

    def serves(version: str) -> Callable[[], bool]:
        return lambda: shop.recommender.recommend("u00", [], 5).model_version == version

    eventually(serves(second.version), 5)
    shop.switch(first.version)
    eventually(serves(first.version), 5)


def test_after_a_rollback_the_lists_of_the_version_before_are_served(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    first, second = shop.publish(seed=1), shop.publish(seed=2)
    recommender = shop.recommender
    eventually(lambda: recommender.recommend("u", ["Books"], 5).model_version == second.version, 30)

    shop.switch(first.version)
    eventually(lambda: recommender.recommend("u", ["Books"], 5).model_version == first.version, 30)
    served = recommender.recommend("u00", ["Books"], 10)

    assert (served.source, served.model_version) == ("precomputed", first.version)
    assert served.item_ids == features.top_k(first.version, "u00")
    assert served.item_ids != features.top_k(second.version, "u00")


def test_requests_during_switches_never_mix_versions(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    bundles = {bundle.version: bundle for bundle in (shop.publish(1), shop.publish(2))}
    shop.recommender.close()
    shop.recommender = Recommender(shop.settings.model_copy(update={"chain": PLAIN_CHAIN}))
    eventually(shop.is_served_live, 30)
    now = datetime.now(UTC) - timedelta(days=400)
    event = interaction("new-user", "i05", "cart", now)
    features.extend_live_histories([event])
    items = shop.dataset.items
    categories = dict(zip(items["item_id"], items["category"], strict=True))
    expected: dict[str | None, tuple[str, ...]] = {}
    for version, bundle in bundles.items():
        index = index_items(bundle, shop.dataset)
        vector = bundle.user_encoder.encode_shopper([], [event])
        ranked = np.array(index.item_ids)[np.argsort(-(index.vectors @ vector), kind="stable")]
        unseen = [item for item in ranked.tolist() if item != "i05"]
        expected[version] = spread_for(
            Shopper("new-user", history=[event]), unseen[:40], 10, categories, shop.settings.spread
        )
    assert len(set(expected.values())) == 2

    served_by: set[str | None] = set()
    deadline = time.monotonic() + 9
    versions = list(bundles)
    switches = 0
    while time.monotonic() < deadline:
        if time.monotonic() > deadline - 9 + 3 * switches:
            shop.switch(versions[switches % 2])
            switches += 1
        served = shop.recommender.recommend("new-user", [], 10)
        if served.source == "live":
            assert served.item_ids == expected[served.model_version]
            served_by.add(served.model_version)
    assert served_by == set(bundles)


def test_products_that_arrive_after_the_load_are_listed_and_those_that_leave_are_not(
    shop: Shop, eventually: Eventually
) -> None:
    bundle = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    (vector,) = bundle.encode_users(
        pd.DataFrame([("probe", "Books", shop.until)], columns=list(USER_COLUMNS)),
        shop.dataset.interactions.iloc[:0],
        None,
    )
    best = [float(value) for value in vector / np.linalg.norm(vector[:-1])]

    def listed() -> tuple[str, ...]:
        return shop.recommender.recommend("probe", ["Books"], 80).item_ids

    with psycopg.connect(shop.settings.database_url) as connection:
        connection.execute(
            "insert into shop.products (item_id, product_name, category, arrival_date)"
            " values ('arrived', 'Books 100', 'Books', now())"
        )
        connection.execute(
            "insert into ml.item_vectors (version, item_id, embedding) values (%s, 'arrived', %s)",
            (bundle.version, str([*best[:-1], 9.0])),
        )
    eventually(lambda: listed()[:1] == ("arrived",), 5)
    assert len(listed()) == 81 - 1  # as many as were asked for

    with psycopg.connect(shop.settings.database_url) as connection:
        connection.execute("delete from shop.products where item_id in ('arrived', 'i04')")
    eventually(lambda: not {"arrived", "i04"} & set(listed()), 15)
    assert len(listed()) == 79


_WORKER = """
import json, sys, time
from datetime import UTC, datetime
import apps.storefront.app
from ml.serving.recommender import Recommender
from ml.settings import MlSettings

recommender = Recommender(MlSettings())
deadline = time.monotonic() + 30
while (served := recommender.recommend("u00", ["Books"], 10)).source != "live":
    assert time.monotonic() < deadline, served
    time.sleep(0.05)
recommender.close()
(rss,) = [line for line in open("/proc/self/status") if line.startswith("VmRSS")]
heavy = ("torch", "pandas", "pyarrow", "scipy", "feast")
print(json.dumps([[name for name in heavy if name in sys.modules], int(rss.split()[1])]))
"""


def test_a_worker_serves_live_lists_without_torch_pandas_and_feast(
    shop: Shop, features: OnlineFeatures
) -> None:
    bundle = shop.publish(seed=1)
    event = interaction("u00", "i07", "purchase", datetime.now(UTC), quantity=1)
    features.extend_live_histories([event])
    environment = {
        **os.environ,
        "RECSYS_DATABASE_URL": shop.settings.database_url,
        "RECSYS_MODELS_DIR": str(shop.settings.models_dir),
    }
    done = subprocess.run(
        [sys.executable, "-c", _WORKER],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heavy, kilobytes = json.loads(done.stdout.splitlines()[-1])
    assert heavy == []
    assert kilobytes < 200_000, f"for a model as small as {bundle.version}"
