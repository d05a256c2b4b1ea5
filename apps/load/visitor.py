"""A visitor of the shop over HTTP: follows links, fills in forms, keeps cookies."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

from streams.errors import UnavailableError

_PRODUCT = "/products/"
_TIMEOUT_SECONDS = 60


class Visitor:
    """One visitor of the shop.

    Args:
        shop_url: the shop's address.
        transport: how to reach it; visitors may share one. None: a transport of its own.
        user_agent: what the visitor says it is.

    Raises:
        UnavailableError: from every call, if the shop does not answer, answers with an error, or a
            form is missing.
    """

    def __init__(
        self,
        shop_url: str,
        transport: httpx.BaseTransport | None = None,
        user_agent: str = "recsys-visitor",
    ) -> None:
        self._http = httpx.Client(
            base_url=shop_url,
            follow_redirects=True,
            timeout=_TIMEOUT_SECONDS,
            transport=transport or httpx.HTTPTransport(),
            headers={"User-Agent": user_agent},
        )
        self._text = ""
        self.product_views = 0
        """Product pages opened so far; the page that follows a rating is no view."""

    def go(self, path: str, **query: str) -> None:
        """Open a page."""
        self._send("GET", path, params=query or None)
        self.product_views += path.startswith(_PRODUCT)

    def submit(self, action: str, values: Mapping[str, str | Sequence[str]]) -> None:
        """Fill in the form of the page that has this action, and send it."""
        form = self._form(action)
        if form is None:
            raise UnavailableError(f"the page has no form for {action}")
        hidden = {
            str(field["name"]): str(field.get("value", ""))
            for field in form.find_all("input", type="hidden")
        }
        self._send("POST", action, data={**hidden, **values})

    def has_form(self, action: str) -> bool:
        """Whether the page has a form with this action."""
        return self._form(action) is not None

    def choices(self, field: str) -> list[str]:
        """Values that the page offers for a field."""
        return [str(box["value"]) for box in self._page.find_all("input", attrs={"name": field})]

    def products(self, surface: str | None = None) -> list[str]:
        """Links to products on the page, in their order; of one surface or of all."""
        found: dict[str, None] = {}
        for link in self._product_links():
            address = str(link["href"])
            if surface is None or parse_qs(urlsplit(address).query).get("from") == [surface]:
                found[address] = None
        return list(found)

    def product_names(self) -> dict[str, str]:
        """Paths of the products on the page, each with the words of its link."""
        links = self._product_links()
        return {urlsplit(str(link["href"])).path: link.get_text(strip=True) for link in links}

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _product_links(self) -> list[Tag]:
        return [
            link
            for link in self._page.find_all("a", href=True)
            if urlsplit(str(link["href"])).path.startswith(_PRODUCT)
        ]

    def _form(self, action: str) -> Tag | None:
        form = self._page.find("form", action=lambda found: _path(found) == action)
        return form if isinstance(form, Tag) else None

    def _send(self, method: str, path: str, **request: Any) -> None:
        self._text = ""
        self.__dict__.pop("_page", None)
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise UnavailableError(f"{method} {path}: {error or type(error).__name__}") from error
        if response.is_error:
            raise UnavailableError(f"{method} {response.url.path} answers {response.status_code}")
        self._text = response.text

    @cached_property
    def _page(self) -> BeautifulSoup:
        # Parsed when a link or a form is looked for: most pages of a load are only counted.
        return BeautifulSoup(self._text, "html.parser")


def _path(address: str | None) -> str | None:
    return urlsplit(address).path if address else None
