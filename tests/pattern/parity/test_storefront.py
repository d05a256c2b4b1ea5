"""The shop's Route against the shop's own headers."""

from flask import Flask, Response

from apps.storefront.security import _add_headers
from support.pattern.charts import manifests


def test_router_and_shop_send_the_same_hsts_header() -> None:
    """RFC 6797: the router answers some requests itself, so it sends the header as well."""
    (route,) = [each for each in manifests("storefront", "demo") if each["kind"] == "Route"]
    with Flask(__name__).test_request_context(base_url="https://shop.example.com"):
        sent = _add_headers(Response()).headers["Strict-Transport-Security"]
    assert route["metadata"]["annotations"]["haproxy.router.openshift.io/hsts_header"] == sent
