"""Sort orders by a column of the page, as its address asks: `sort=price`, `sort=-price`."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, DecimalField, ExpressionWrapper, F, QuerySet, When
from django.db.models.functions import Coalesce, NullIf

from orders.models import IS_OPEN, Order

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EXACT: "Final[DecimalField[Any, Any]]" = DecimalField(max_digits=76, decimal_places=36)
# As row_text.compute_value() says it; an order that has ended is worth what was filled.
VALUE: Final = Case(
    When(IS_OPEN, then=Coalesce(
        "quote_amount",
        ExpressionWrapper(Coalesce("price", "trigger_price") * F("quantity"), output_field=EXACT),
        output_field=EXACT,
    )),
    default=F("cost"),
    output_field=EXACT,
)  # fmt: skip
SHARE: Final = ExpressionWrapper(F("filled") / NullIf("quantity", Decimal(0)), output_field=EXACT)
FIELDS: Final[dict[str, Any]] = {
    "time": F("pk"),
    "symbol": F("symbol"),
    "side": F("side"),
    "type": F("type"),
    "price": Coalesce("price", "trigger_price"),
    "quantity": F("quantity"),
    "filled": SHARE,
    "average": F("average_price"),
    "value": VALUE,
    "status": F("status"),
    "checked": F("checked_at"),
    "from": F("key__label"),
}


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """The head of a column: a link that sorts by it, and turns the order round the second time."""

    name: str
    label: "StrOrPromise"
    sort: str  # what the link asks for; empty for a column that cannot be sorted
    aria: str = ""


def read_sort(text: str) -> str:
    return text if text.removeprefix("-") in FIELDS else ""


def sort_orders(orders: QuerySet[Order], sort: str) -> QuerySet[Order]:
    """Sort, the newest first among equals; orders without a value come last either way."""
    field = FIELDS[sort.removeprefix("-")]
    is_down = sort.startswith("-")
    return orders.order_by(
        field.desc(nulls_last=True) if is_down else field.asc(nulls_last=True), "-pk"
    )


def build_heads(labels: "Mapping[str, StrOrPromise]", sort: str) -> list[ColumnHead]:
    """Build the heads of these columns; without a choice the newest orders come first."""
    chosen = sort or "-time"
    heads = []
    for name, label in labels.items():
        is_chosen = name == chosen.removeprefix("-")
        is_down = chosen.startswith("-")
        following = name if not is_chosen or is_down else f"-{name}"
        if name == "time" and not is_chosen:
            following = "-time"
        aria = ("descending" if is_down else "ascending") if is_chosen else ""
        heads.append(ColumnHead(name, label, following if name in FIELDS else "", aria))
    return heads
