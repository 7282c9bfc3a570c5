"""Texts of a row of the orders table. `row_text.js` writes the same in the browser; a test compares
them, so that a row from the server and one changed by an event look alike."""

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from exchanges.instruments import is_inverse
from orders.lifecycle.states import OPEN
from orders.models import Status
from realtime.shapes.events import OrderData
from users.number_format.separators import write_number

PRICE_DECIMALS = 2
QUANTITY_DECIMALS = 4
VALUE_DECIMALS = 8
NOTHING = "\N{EN DASH}"
GROUP_KINDS = {"bracket": gettext_noop("Bracket"), "oco": "OCO"}
TYPES = {
    "limit": gettext_noop("limit"),
    "market": gettext_noop("market"),
    "stop_loss": gettext_noop("stop loss"),
    "take_profit": gettext_noop("take profit"),
    "trailing_stop": gettext_noop("trailing stop"),
}
POSITION_SIDES = {"long": gettext_noop("long"), "short": gettext_noop("short")}
AGES = (
    (86400, gettext_noop("%(count)s d ago")),
    (3600, gettext_noop("%(count)s h ago")),
    (60, gettext_noop("%(count)s min ago")),
)
MINUS = "\N{MINUS SIGN}"


def build_cells(order: OrderData, *, now: datetime) -> dict[str, object]:
    """Build all texts of one row, by the name of their cell in `orders/_order_row.html`."""
    is_open = order["status"] in OPEN
    external = order["origin"] == "external"
    side = _("▲ Buy") if order["side"] == "buy" else _("▼ Sell")
    return {
        "id": order["id"],
        "version": order["version"],
        "status": order["status"],
        "side": order["side"],
        "open": is_open,
        "time_at": order["created_at"],
        "time": format_moment(order["created_at"], now=now),
        "time_utc": format_exact_time(order["created_at"]),
        "symbol": order["symbol"],
        "group": describe_group(order),
        "side_word": side,
        "type": describe_type(order),
        **build_number_cells("price", find_shown_price(order), PRICE_DECIMALS),
        **build_number_cells("quantity", order["quantity"], QUANTITY_DECIMALS),
        **build_number_cells("filled", order["filled"], QUANTITY_DECIMALS),
        **build_number_cells("average", order["average_price"], PRICE_DECIMALS),
        **build_number_cells("value", compute_value(order), PRICE_DECIMALS),
        "percent": compute_percent(order),
        "status_word": Status(order["status"]).label,
        "note": describe_note(order),
        "checked_at": order["checked_at"] or order["created_at"] if is_open else order["ended_at"],
        "checked": describe_check(order, now=now),
        "checked_utc": format_exact_time(order["checked_at"] if is_open else order["ended_at"]),
        "key": order["key_label"],
        "simulated": order["simulated"],
        "external": external,
        "bot": order["bot_name"] or "",
        "bot_address": f"/bots/{order['bot']}/" if order["bot"] else "",
        "cancel_words": _("Cancel %(order)s") % {"order": describe_order(order)},
        "cancellable": is_open and not order["cancel_requested"] and not external,
    }


def find_shown_price(order: OrderData) -> str | None:
    """Return the price of the row: the order's own, or the one at which a stop becomes active."""
    return order["trigger_price"] if _has_only_trigger(order) else order["price"]


def _has_only_trigger(order: OrderData) -> bool:
    return order["price"] is None and order["take_profit_price"] is None


def build_number_cells(name: str, value: str | None, least: int) -> dict[str, str]:
    """Build the three cells of a number: integer part, digits, and zeros that only pad."""
    integer, digits, zeros = split_number(value, least)
    return {f"{name}_whole": integer, f"{name}_digits": digits, f"{name}_zeros": zeros}


def split_number(value: str | None, least: int) -> tuple[str, str, str]:
    if value is None:
        return NOTHING, "", ""
    integer, _point, digits = value.partition(".")
    digits = digits.rstrip("0")
    zeros = "0" * max(0, least - len(digits))
    grouped = write_number(f"{abs(int(integer)):,}")
    sign, point = MINUS if value.startswith("-") else "", write_number(".")
    padding = zeros if digits or not zeros else point + zeros
    return sign + grouped, point + digits if digits else "", padding


def format_number(value: str | None, least: int) -> str:
    return "".join(split_number(value, least))


def format_price(value: str | None) -> str:
    return format_number(value, PRICE_DECIMALS)


def describe_group(order: OrderData) -> str:
    """Name the group of an order, so that its orders are seen to belong together: OCO 12."""
    group = order["group"]
    return f"{_(GROUP_KINDS[group['kind']])} {group['id']}" if group and group["kind"] else ""


def name_type(name: str) -> str:
    """Name a type; one that only a venue has, by its own words."""
    return _(TYPES[name]) if name in TYPES else name.replace("_", " ")


def describe_type(order: OrderData) -> str:
    """Describe the type, with what the row's price does not say: limit post only, stop loss."""
    parts = [name_type(order["type"])]
    if order["quote_amount"] is not None:
        parts.append(_("for %(money)s") % {"money": format_price(order["quote_amount"])})
    if order["trigger_price"] is not None and not _has_only_trigger(order):
        parts.append(_("at %(price)s") % {"price": format_price(order["trigger_price"])})
    if order["take_profit_price"] is not None:
        parts.append(_("or %(price)s") % {"price": format_price(order["take_profit_price"])})
    if order["trailing_percent"] is not None:
        parts.append(f"{write_number(order['trailing_percent'])} %")
    if order["type"] != "market" and order["time_in_force"] != "GTC":
        parts.append(_("post only") if order["time_in_force"] == "PO" else order["time_in_force"])
    if order["reduce_only"]:
        parts.append(_("reduce only"))
    if order["position_side"] in ("long", "short"):
        parts.append(_(POSITION_SIDES[order["position_side"]]))
    if order["closes_position"]:
        parts.append(_("whole position"))
    return " ".join(parts)


def describe_order(order: OrderData) -> str:
    """Describe an order in a phrase: buy 0.0100 BTC at 42,150.00 USDT."""
    base, _slash, quotes = order["symbol"].partition("/")
    quote = quotes.partition(":")[0]
    amount = f"{format_number(order['quantity'], QUANTITY_DECIMALS)} {base}"
    if order["quote_amount"] is not None:
        money = f"{format_price(order['quote_amount'])} {quote}"
        amount = _("%(coin)s for %(money)s") % {"coin": base, "money": money}
    side = _("buy %(amount)s") if order["side"] == "buy" else _("sell %(amount)s")
    text = side % {"amount": amount}
    if order["reduce_only"]:
        text = _("%(order)s, only to reduce") % {"order": text}
    if order["trigger_price"] is not None:
        price = f"{format_price(order['trigger_price'])} {quote}"
        text = _("%(order)s, from %(price)s on,") % {"order": text, "price": price}
    if order["trailing_percent"] is not None:
        percent = write_number(order["trailing_percent"])
        text = _("%(order)s, %(percent)s %% behind the price,") % {
            "order": text,
            "percent": percent,
        }
    if order["price"] is None:
        return _("%(order)s at market") % {"order": text}
    price = f"{format_price(order['price'])} {quote}".rstrip()
    return _("%(order)s at %(price)s") % {"order": text, "price": price}


def compute_percent(order: OrderData) -> int:
    """Compute the filled percentage, rounded down: 100 only when all of it is filled."""
    quantity = Fraction(order["quantity"])  # none yet, of an order for all of a position
    return Fraction(order["filled"]) * 100 // quantity if quantity else 0


def compute_value(order: OrderData) -> str | None:
    """Compute what an order is worth in its quote currency, cut to two decimals from 100 on.

    An order that has ended is worth what was filled. A contract settled in its coin has its
    quantity in the quote currency already, and gets no value here.
    """
    if order["status"] not in OPEN:
        return _cut_digits(Fraction(order["cost"]))
    if order["quote_amount"] is not None:
        return order["quote_amount"]
    price = order["price"] or order["trigger_price"]
    if price is None or order["quantity"] == "0" or is_inverse(order["symbol"]):
        return None
    return _cut_digits(Fraction(price) * Fraction(order["quantity"]))


def _cut_digits(value: Fraction) -> str:
    if value >= 100:
        value = Fraction(int(value * 100), 100)
    digits = f"{int(value * 10**VALUE_DECIMALS):0{VALUE_DECIMALS + 1}d}"
    whole, decimals = digits[:-VALUE_DECIMALS], digits[-VALUE_DECIMALS:].rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def describe_distance(order: OrderData, last: str | None) -> str:
    """Say how far an open order's price is from the market, as +1.72 %; empty without a price."""
    price = order["price"] or order["trigger_price"]
    if price is None or last is None or order["status"] not in OPEN or not Fraction(last):
        return ""
    share = round((Fraction(price) / Fraction(last) - 1) * 10_000)
    sign = "+" if share > 0 else MINUS if share < 0 else ""
    return write_number(f"{sign}{abs(share) // 100:,}.{abs(share) % 100:02d} %")


def describe_note(order: OrderData) -> str:
    if order["ended_by"] == "hand":
        return _("by hand at the exchange")
    if order["ended_reason"] and order["status"] != "filled":
        return _(order["ended_reason"])
    if order["status"] not in OPEN:
        return ""
    if order["cancel_requested"]:
        return _("cancel asked")
    return _("change asked") if order["amend_quantity"] else ""


def describe_check(order: OrderData, *, now: datetime) -> str:
    if order["status"] not in OPEN:
        return _("ended %(time)s") % {
            "time": format_day_or_time(order["ended_at"] or order["created_at"], now=now)
        }
    return format_age(order["checked_at"], now=now)


def format_age(value: str | None, *, now: datetime) -> str:
    """Write an age: just now, 1.8 s ago, 12 s ago, 3 min ago, 5 h ago, 2 d ago."""
    if value is None:
        return _("not yet")
    tenths = max(0, int((now - _parse_time(value)).total_seconds() * 10))
    seconds = tenths // 10
    if not seconds:
        return _("just now")
    if seconds < 10:
        return _("%(count)s s ago") % {"count": f"{seconds}.{tenths % 10}"}
    for size, words in AGES:
        if seconds >= size:
            return _(words) % {"count": seconds // size}
    return _("%(count)s s ago") % {"count": seconds}


def format_moment(value: str, *, now: datetime) -> str:
    """Write the time of day, with the date unless it is today."""
    at = _parse_time(value)
    if at.date() == now.date():
        return f"{at:%H:%M:%S}"
    return date_format(at, "j M H:i")


def format_day_or_time(value: str, *, now: datetime) -> str:
    at = _parse_time(value)
    return f"{at:%H:%M}" if at.date() == now.date() else date_format(at, "j M")


def count_decimals(values: Iterable[str | None], least: int) -> int:
    """Count the decimals that a column needs to align its numbers on the point."""
    counts = [len((value or "").partition(".")[2].rstrip("0")) for value in values]
    return max([least, *counts])


def format_exact_time(value: str | None) -> str:
    return f"{_parse_time(value):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC" if value else ""


def _parse_time(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)
