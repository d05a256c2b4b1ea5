"""A visitor of the shop over HTTP: follows links, fills in forms, keeps cookies."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

from streams.errors import UnavailableError

_PRODUCT = "/products/"


class Visitor:
    """One visitor of the shop.

    Raises:
        UnavailableError: from every call, if the shop answers with an error or a form is missing.
    """

    def __init__(self, shop_url: str) -> None:
        self._http = httpx.Client(base_url=shop_url, follow_redirects=True, timeout=30)
        self._page = BeautifulSoup("", "html.parser")
        self.product_views = 0
        """Product pages opened so far; the page that follows a rating is no view."""

    def go(self, path: str, **query: str) -> None:
        """Open a page."""
        self._read(self._http.get(path, params=query or None))
        self.product_views += path.startswith(_PRODUCT)

    def submit(self, action: str, values: Mapping[str, str | Sequence[str]]) -> None:
        """Fill in the form of the page that has this action, and send it."""
        form = self._page.find("form", action=lambda found: _path(found) == action)
        if not isinstance(form, Tag):
            raise UnavailableError(f"the page has no form for {action}")
        hidden = {
            str(field["name"]): str(field.get("value", ""))
            for field in form.find_all("input", type="hidden")
        }
        self._read(self._http.post(action, data={**hidden, **values}))

    def choices(self, field: str) -> list[str]:
        """Values that the page offers for a field."""
        return [str(box["value"]) for box in self._page.find_all("input", attrs={"name": field})]

    def products(self, surface: str | None = None) -> list[str]:
        """Links to products on the page, in their order; of one surface or of all."""
        found: dict[str, None] = {}
        for link in self._page.find_all("a", href=True):
            address = urlsplit(str(link["href"]))
            if not address.path.startswith(_PRODUCT):
                continue
            if surface is None or parse_qs(address.query).get("from") == [surface]:
                found[str(link["href"])] = None
        return list(found)

    def _read(self, response: httpx.Response) -> None:
        if response.is_error:
            raise UnavailableError(
                f"{response.request.method} {response.url.path} answers {response.status_code}"
            )
        self._page = BeautifulSoup(response.text, "html.parser")

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _path(address: str | None) -> str | None:
    return urlsplit(address).path if address else None
