"""The load over HTTP: every visitor is a browser with cookies of their own."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import httpx

from apps.load.actions import Action, Page, Person, Role
from apps.load.report import Measurements
from apps.load.shopping import Shopping
from apps.load.tracing import View
from apps.load.visitor import Visitor
from streams.contracts import new_id
from streams.errors import ConfigurationError, UnavailableError

MAX_ITEMS = 960
"""Products that visitors know; those of the first pages of the catalogue."""
_REQUESTS_AT_ONCE = 64
_SIGN_UPS_AT_ONCE = 4
_AGENTS = {Role.CRAWLER: "recsys-load-crawler"}
_PAGES_OF_CATALOGUE = 3
_PATHS = {
    Page.HOME: "/",
    Page.CATALOG: "/products",
    Page.SEARCH: "/products",
    Page.RECOMMENDATIONS: "/recommendations",
}
_FORMS = {Page.CART: "/cart", Page.ORDER: "/orders", Page.RATING: "/reviews"}


def catalogue(shop_url: str) -> dict[str, str]:
    """Paths and names of the shop's products, as its catalogue lists them.

    Raises:
        ConfigurationError: the shop has no products.
        UnavailableError: it does not answer.
    """
    found: dict[str, str] = {}
    visitor = Visitor(shop_url)
    try:
        for page in range(1, MAX_ITEMS):
            visitor.go("/products", page=str(page))
            listed = visitor.product_names()
            if not listed.keys() - found.keys() or len(found) >= MAX_ITEMS:
                break
            found |= listed
    finally:
        visitor.close()
    if not found:
        raise ConfigurationError("the shop has no products; fill it with: recsys fill")
    return found


@dataclass(slots=True)
class _Customer:
    """A visitor, and what they still want to do: one thing after the other."""

    visitor: Visitor
    email: str
    waiting: deque[Action] = field(default_factory=deque)
    in_cart: set[int] = field(default_factory=set)
    is_busy: bool = False
    is_logged_in: bool = False


class HttpLoad:
    """Carries a plan out over HTTP.

    Args:
        shop_url: the shop's address.
        shopping: the plan.
        items: paths and names of the products, by popularity.
        measurements: where latencies and errors go.
        on_view: called with views of shoppers with an account, before they are asked for.
    """

    def __init__(
        self,
        shop_url: str,
        shopping: Shopping,
        items: dict[str, str],
        measurements: Measurements,
        on_view: Callable[[View], None] = lambda _: None,
    ) -> None:
        self._shop_url = shop_url
        self._shopping = shopping
        self._items = list(items.items())
        self._measurements = measurements
        self._on_view = on_view
        # No connection is kept: one that the server closes just then would fail a request.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx.HTTPTransport(limits=limits)
        self._run_id = new_id().hex
        self._customers: dict[int, _Customer] = {}
        self._queueing = threading.Lock()

    @property
    def address_prefix(self) -> str:
        """What the e-mail addresses of this load's shoppers begin with."""
        return f"load-{self._run_id}-"

    def prepare(self) -> None:
        """Open the accounts that exist when the load begins.

        Raises:
            UnavailableError: the shop does not answer.
        """
        with ThreadPoolExecutor(_SIGN_UPS_AT_ONCE) as workers:
            customers = [self._customer(person) for person in self._shopping.members]
            for _ in workers.map(_sign_up, customers):
                self._measurements.answered(Page.SIGN_UP, 0, measured=False, events=1)

    def run(self, begin: float, stop: threading.Event) -> None:
        """Send every request at its instant; return when the last one is settled.

        Args:
            begin: instant 0 of the plan, of the clock time.monotonic.
            stop: ends it before the plan's end.
        """
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE, thread_name_prefix="visitor") as workers:
            for action in self._shopping.actions():
                if stop.wait(max(0.0, begin + action.at - time.monotonic())):
                    break
                customer = self._customer(action.person)
                with self._queueing:
                    customer.waiting.append(action)
                    if not customer.is_busy:
                        customer.is_busy = True
                        workers.submit(self._serve, customer, begin)
        self._transport.close()

    def _customer(self, person: Person) -> _Customer:
        if person.number not in self._customers:
            agent = _AGENTS.get(person.role, "recsys-load")
            visitor = Visitor(self._shop_url, self._transport, agent)
            email = f"{self.address_prefix}{person.number}@example.org"
            self._customers[person.number] = _Customer(visitor, email)
        return self._customers[person.number]

    def _serve(self, customer: _Customer, begin: float) -> None:
        while True:
            with self._queueing:
                if not customer.waiting:
                    customer.is_busy = False
                    return
                action = customer.waiting.popleft()
            self._do(customer, action, begin)

    def _do(self, customer: _Customer, action: Action, begin: float) -> None:
        page, form = action.page, _FORMS.get(action.page)
        if form and not customer.visitor.has_form(form):
            if action.at >= 0:
                self._measurements.skip()
            return
        try:
            with self._under_way():
                events = self._ask(customer, action)
        except UnavailableError as error:
            self._measurements.failed(page, str(error))
        else:
            seconds = time.monotonic() - begin - action.at
            self._measurements.answered(page, seconds, measured=action.at >= 0, events=events)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._measurements.begin()
        try:
            yield
        finally:
            self._measurements.end()

    def _ask(self, customer: _Customer, action: Action) -> int:
        """Send the request; returns the number of events that its answer stands for."""
        visitor, page = customer.visitor, action.page
        path, name = self._items[action.item]
        if page is Page.PRODUCT:
            if customer.is_logged_in:
                self._on_view(View(customer.email, _item_id(path), datetime.now(UTC)))
            visitor.go(path, **_origin(action))
        elif page is Page.CART:
            visitor.submit("/cart", {"quantity": "1"})
            customer.in_cart.add(action.item)
        elif page is Page.ORDER:
            visitor.submit("/orders", {})
            bought = len(customer.in_cart)
            customer.in_cart.clear()
            return bought
        elif page is Page.RATING:
            visitor.submit("/reviews", {"rating": "4.0", "title": "", "content": ""})
        elif page is Page.SIGN_UP:
            _sign_up(customer)
        else:
            visitor.go(_PATHS[page], **_query(page, action, name))
        return int(action.is_event and customer.is_logged_in)


def _sign_up(customer: _Customer) -> None:
    customer.visitor.go("/sign-up")
    customer.visitor.submit(
        "/sign-up",
        {"user_name": "A shopper of a load", "email": customer.email, "password": new_id().hex},
    )
    customer.is_logged_in = True


def _item_id(path: str) -> str:
    return unquote(urlsplit(path).path.rsplit("/", 1)[1])


def _origin(action: Action) -> dict[str, str]:
    origin = {"from": action.surface, "pos": action.position}
    return {name: str(value) for name, value in origin.items() if value is not None}


def _query(page: Page, action: Action, name: str) -> dict[str, str]:
    if page is Page.SEARCH:
        return {"q": name.split(maxsplit=1)[0]}
    if page is Page.CATALOG:
        return {"page": str(1 + action.session % _PAGES_OF_CATALOGUE)}
    return {}
