"""Read what most venues write alike: numbers, times, sides, and the rules of a symbol. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from exchanges import base

Row = Mapping[str, Any]
SIDES: Final[Mapping[str, base.Side]] = {"buy": "buy", "sell": "sell"}


TIMES_IN_FORCE: Final = {"GTX": "PO", "PostOnly": "PO", "post_only": "PO"}


class UnreadableRow(ValueError):
    """A row that lacks what it must say, or says what nobody knows."""


def accepted_report(request: base.OrderRequest, order_id: Any, info: Row) -> base.OrderReport:
    """Report an accepted order whose answer says no more than its id: the outcome is not known."""
    return base.OrderReport(
        symbol=request.symbol,
        exchange_order_id=str(order_id),
        client_order_id=request.client_order_id,
        side=parse_side(request.side),
        type=request.type,
        status="new",
        price=request.price,
        quantity=None if request.quote_amount else request.quantity,
        raw=dict(info),
    )


def symbol_rules(market: Row, parse_step: Callable[[Any], Decimal] = Decimal) -> base.SymbolRules:
    limits, precision = market["limits"], market["precision"]
    return base.SymbolRules(
        symbol=market["symbol"],
        base=market["base"],
        quote=market["quote"],
        price_step=parse_step(precision.get("price")),
        quantity_step=parse_step(precision.get("amount")),
        min_quantity=Decimal(limits["amount"].get("min") or 0),
        min_cost=Decimal(limits["cost"].get("min") or 0),
        most_leverage=read_max_leverage(market),
        venue_name=str(market.get("id") or ""),
        contract_size=Decimal(market.get("contractSize") or 1),
    )


def parse_time(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def write_time(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def parse_time_or_none(milliseconds: Any) -> datetime | None:
    return parse_time(milliseconds) if milliseconds else None


def parse_side(text: Any) -> base.Side:
    """Return the side; an unknown one is neither a purchase nor a sale."""
    side = SIDES.get(str(text).lower())
    if side is None:
        raise UnreadableRow(f"side {text!r}")
    return side


def parse_decimal(text: Any) -> Decimal | None:
    """Return None where a venue leaves a number out or sends an empty text."""
    if text in (None, ""):
        return None
    number = Decimal(text)
    if not number.is_finite():
        raise UnreadableRow(f"number {text!r}")
    return number


def parse_amount(text: Any) -> Decimal:
    """Return a number that must be there; it may be zero or negative."""
    number = parse_decimal(text)
    if number is None:
        raise UnreadableRow("an empty number")
    return number


def parse_fill_price(text: Any) -> Decimal:
    """Return the price of a fill, which is never empty or zero."""
    price = parse_amount(text)
    if price <= 0:
        raise UnreadableRow(f"price {text!r}")
    return price


def parse_fill_quantity(text: Any) -> Decimal:
    """Return the quantity of a fill; zero is none, see rows.read_fills."""
    quantity = parse_amount(text)
    if quantity < 0:
        raise UnreadableRow(f"quantity {text!r}")
    return quantity


def parse_time_in_force(text: Any) -> str | None:
    """Return ours: GTC, IOC, FOK, PO for post only, GTD; three letters of any other."""
    return TIMES_IN_FORCE.get(str(text), str(text).upper()[:3]) if text else None


def parse_flag(value: Any) -> bool | None:
    return None if value in (None, "") else value is True or value == "true"


def parse_percent(value: Any, *, factor: Decimal = Decimal(1)) -> Decimal | None:
    """Return a percent in two decimals, as it is kept."""
    number = parse_positive(value)
    return None if number is None else (number * factor).quantize(Decimal("0.01"))


def parse_positive(text: Any) -> Decimal | None:
    """Return None for zero too, which venues send where there is no price."""
    return parse_decimal(text) or None


def read_max_leverage(market: Row) -> int | None:
    """Return the highest leverage of a contract, where the venue publishes it."""
    limits = market["limits"].get("leverage") or {}
    maximum = parse_decimal(limits.get("max")) if market.get("contract") else None
    return int(maximum) if maximum else None


def parse_trade_id(value: Any) -> str:
    """Return the id of a fill, or an empty text where a venue sends none, 0 or -1."""
    return "" if value in (None, "", 0, "0", -1, "-1") else str(value)
