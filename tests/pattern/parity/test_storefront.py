"""The shop's chart against the shop's own headers, and against the chain that makes lists."""

import json
import re
from typing import Any, get_args

import pytest
import yaml
from flask import Flask, Response

from apps.storefront.security import _add_headers
from ml.serving.chain.chain import Chain
from ml.serving.chain.filters import AnyFilter
from ml.serving.chain.ordering import AnyOrder
from ml.serving.chain.ranking import Ranking
from ml.serving.chain.sources import SourceName
from support.checkout import REPOSITORY
from support.pattern.charts import containers, manifests, template


def test_router_and_shop_send_the_same_hsts_header() -> None:
    """RFC 6797: the router answers some requests itself, so it sends the header as well."""
    (route,) = [each for each in manifests("storefront", "demo") if each["kind"] == "Route"]
    with Flask(__name__).test_request_context(base_url="https://shop.example.com"):
        sent = _add_headers(Response()).headers["Strict-Transport-Security"]
    assert route["metadata"]["annotations"]["haproxy.router.openshift.io/hsts_header"] == sent


def _examples() -> list[str]:
    page = (REPOSITORY / "docs/serving.md").read_text()
    return re.findall(r"```json\n(.+?)```", page, re.DOTALL)


@pytest.mark.parametrize("example", _examples())
def test_the_chain_of_the_values_reaches_the_shop(example: str) -> None:
    done = template("storefront", "demo", "--set-json", f"chain={example}")
    assert done.returncode == 0, done.stderr
    (shop,) = [
        each for each in yaml.safe_load_all(done.stdout) if each and each["kind"] == "Deployment"
    ]
    (container,) = containers(shop)
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert Chain.read(environment["RECSYS_CHAIN"]) == Chain.read(example)


def _stages(union: Any) -> list[str]:
    return [each.model_fields["stage"].default for each in get_args(get_args(union)[0])]


@pytest.mark.parametrize(("part", "union"), [("filters", AnyFilter), ("order", AnyOrder)])
def test_the_values_may_name_exactly_the_stages_that_there_are(part: str, union: Any) -> None:
    schema = json.loads((REPOSITORY / "charts/all/storefront/values.schema.json").read_text())
    chain = schema["properties"]["chain"]["properties"]
    assert chain[part]["items"]["properties"]["stage"]["enum"] == _stages(union)
    assert chain.keys() == Chain.model_fields.keys()
    other = chain["interleaved"]["properties"]["other"]["properties"]
    assert other.keys() == Ranking.model_fields.keys()
    assert other == {name: {"$ref": f"#/properties/chain/properties/{name}"} for name in other}
    for names in (chain["first_of"]["items"]["enum"], chain["fused"]["propertyNames"]["enum"]):
        assert names == list(get_args(SourceName))
