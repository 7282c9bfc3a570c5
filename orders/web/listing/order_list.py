"""Filters and rows of the orders page. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy

from orders.models import IS_OPEN, Order, Origin, Status
from orders.web import row_text
from orders.web.listing.sorting import read_sort, sort_orders
from realtime.shapes.events import OrderData
from users.http import is_id
from users.models import User
from users.sharing.rows import Grants

MAX_OPEN: Final = 200
RECENT: Final = 20
PAGE: Final = 50
SCRIPT_PAGE: Final = 200  # of what a script adds below: each page lays the whole table out anew
MAX_PAGES: Final = 200  # of a sorted list, whose pages the database counts off
STATUSES: Final = {
    "": gettext_lazy("Open and recent"),
    "open": gettext_lazy("Open"),
    "filled": gettext_lazy("Filled"),
    "canceled": gettext_lazy("Cancelled"),
    "expired": gettext_lazy("Expired"),
    "refused": gettext_lazy("Rejected or denied"),
    "all": gettext_lazy("All"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderFilters:
    """The filters in the page's query string; invalid values are ignored."""

    status: str = ""
    symbol: str = ""
    side: str = ""
    key: str = ""
    bot: str = ""
    origin: str = ""
    q: str = ""
    before: int | None = None
    sort: str = ""
    page: int = 1

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "OrderFilters":
        status, side = query.get("status", ""), query.get("side", "")
        key, bot, before = (query.get(name, "") for name in ("key", "bot", "before"))
        origin = query.get("origin", "")
        symbol, q = (query.get(name, "").replace("\x00", "").strip() for name in ("symbol", "q"))
        return cls(
            status=status if status in STATUSES else "",
            symbol=symbol.upper()[:40],
            side=side if side in ("buy", "sell") else "",
            key=key if is_id(key) else "",
            bot=bot if is_id(bot) else "",
            origin=origin if origin in Origin.values else "",
            q=q[:100],
            before=int(before) if is_id(before) else None,
            sort=read_sort(query.get("sort", "")),
            page=_read_page(query.get("page", "")),
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.symbol or self.side or self.key or self.bot or self.origin or self.q)

    def apply(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        names = ("symbol", "side", "key", "bot", "origin")
        exact = {name: getattr(self, name) for name in names}
        orders = orders.filter(**{name: value for name, value in exact.items() if value})
        if self.status == "open":
            orders = orders.filter(IS_OPEN)
        elif self.status == "refused":
            orders = orders.filter(status__in=[Status.REJECTED, Status.DENIED])
        elif self.status not in ("", "all"):
            orders = orders.filter(status=self.status)
        return orders.filter(self._build_search()) if self.q else orders

    def _build_search(self) -> Q:
        places = ("symbol", "client_order_id", "exchange_order_id", "bot__name", "key__label")
        matches = Q(pk=int(self.q)) if is_id(self.q) else Q()
        for place in places:
            matches |= Q(**{f"{place}__icontains": self.q})
        return matches


def _read_page(text: str) -> int:
    return min(max(int(text), 1), MAX_PAGES) if is_id(text) else 1


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderListing:
    """The orders of one page, newest first if not sorted; `recent` are those that ended last."""

    orders: list[Order]
    recent: list[Order] = field(default_factory=list)
    hidden: int = 0
    older: int | None = None
    next_page: int | None = None  # of a list that is sorted by another column than time


def query_orders(user: User, grants: Grants = None) -> QuerySet[Order]:
    orders = Order.objects.visible_to(user.pk, grants).select_related("key", "bot", "order_group")
    return orders.order_by("-pk")


def has_external(user: User, grants: Grants = None) -> bool:
    return Order.objects.visible_to(user.pk, grants).filter(origin=Origin.EXTERNAL).exists()


def build_listing(
    user: User, filters: OrderFilters, grants: Grants = None, *, size: int = PAGE
) -> OrderListing:
    orders = filters.apply(query_orders(user, grants))
    if not filters.status:
        return _list_open_and_recent(orders, filters.sort)
    if filters.sort not in ("", "-time"):
        return _list_sorted_page(orders, filters.sort, filters.page)
    return _list_page(orders, filters.before, size)


def _list_open_and_recent(orders: QuerySet[Order], sort: str) -> OrderListing:
    found = orders.filter(IS_OPEN)
    shown = list((sort_orders(found, sort) if sort else found)[: MAX_OPEN + 1])
    hidden = 0
    if len(shown) > MAX_OPEN:
        shown.pop()
        hidden = found.count() - MAX_OPEN
    recent = orders.filter(ended_at__isnull=False).order_by("-ended_at", "-pk")[:RECENT]
    return OrderListing(orders=shown, recent=list(recent), hidden=hidden)


def _list_page(orders: QuerySet[Order], before: int | None, size: int) -> OrderListing:
    shown = list((orders.filter(pk__lt=before) if before else orders)[: size + 1])
    older = shown[size - 1].pk if len(shown) > size else None
    return OrderListing(orders=shown[:size], older=older)


def _list_sorted_page(orders: QuerySet[Order], sort: str, page: int) -> OrderListing:
    first = (page - 1) * PAGE
    shown = list(sort_orders(orders, sort)[first : first + PAGE + 1])
    has_more = len(shown) > PAGE and page < MAX_PAGES
    return OrderListing(orders=shown[:PAGE], next_page=page + 1 if has_more else None)


def count_decimals(orders: Iterable[OrderData]) -> dict[str, int]:
    """Count the decimals that the table needs for prices and for quantities."""
    orders = list(orders)
    prices = [row_text.find_shown_price(order) for order in orders]
    prices += [order["average_price"] for order in orders]
    quantities = [order[name] for order in orders for name in ("quantity", "filled")]
    values = [row_text.compute_value(order) for order in orders]
    return {
        "value": row_text.count_decimals(values, row_text.PRICE_DECIMALS),
        "price": row_text.count_decimals(prices, row_text.PRICE_DECIMALS),
        "quantity": row_text.count_decimals(quantities, row_text.QUANTITY_DECIMALS),
    }


@dataclass(frozen=True, slots=True)
class OpenAmount:
    """The remaining quantity of open orders, on one side of one symbol."""

    side: str
    symbol: str
    simulated: bool
    orders: int
    remaining: Decimal

    @property
    def base(self) -> str:
        return self.symbol.partition("/")[0]


def sum_open_orders(orders: QuerySet[Order]) -> list[OpenAmount]:
    """Sum open orders by symbol and side, to confirm before they are all cancelled."""
    rows = (
        orders.filter(IS_OPEN)
        .order_by("key__is_paper", "symbol", "side")
        .values_list("side", "symbol", "key__is_paper")
        .annotate(number=Count("pk"), left=Sum(F("quantity") - F("filled")))
    )
    return [OpenAmount(*row) for row in rows]
