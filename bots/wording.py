"""What somebody's words wish for: JSON or plain text, as TradingView and others send it. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

SIDES: Final = {
    "buy": "buy",
    "sell": "sell",
    "long": "long",
    "short": "short",
    "close": "close",
    "exit": "close",
    "flat": "close",
}
NAMES: Final = {
    "side": ("side", "action", "order_action", "signal", "direction"),
    "symbol": ("symbol", "ticker", "pair"),
    "price": ("price", "close_price", "last"),
    "message": ("message", "comment", "text"),
    "id": ("id", "signal_id", "order_id"),
    "secret": ("secret", "passphrase", "token"),
    "source": ("source", "strategy"),
}
PAIR: Final = re.compile(r"(\w+)\s*[=:]\s*([^\s,;]+)")
MOST_DIGITS: Final = 18


class Nonsense(ValueError):
    """It cannot be understood; in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    side: str
    symbol: str
    price: Decimal | None
    message: str
    id: str
    secret: str
    source: str


def read(body: str) -> Wish:
    """The wish in a request's body; a side that is none of the known is refused, not guessed."""
    values = _json(body) if body.lstrip().startswith("{") else _plain(body)
    side = SIDES.get(values["side"].strip().lower())
    if side is None:
        raise Nonsense(f"The side is one of {', '.join(sorted(set(SIDES.values())))}.")
    if not values["symbol"]:
        raise Nonsense("It names no symbol.")
    return Wish(**{**values, "side": side, "price": _price(values["price"])})


def _json(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Nonsense("It begins like JSON, and is none.") from None
    lower = {str(name).lower(): value for name, value in said.items()}
    return {name: _first(lower, others) for name, others in NAMES.items()}


def _no_number(name: str) -> None:
    raise ValueError(name)


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = said.get(name)
        if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            return str(value)
    return ""


def _plain(body: str) -> dict[str, Any]:
    """Named values anywhere, such as secret=…; of the other words, the side and the symbol."""
    named = {name.lower(): value for name, value in PAIR.findall(body)}
    values = {name: _first(named, others) for name, others in NAMES.items()}
    for word in PAIR.sub(" ", body).replace(",", " ").split():
        if not values["side"] and word.lower() in SIDES:
            values["side"] = word
        elif not values["symbol"] and re.fullmatch(r"[A-Za-z0-9./_-]{5,40}", word):
            values["symbol"] = word
    return values


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise Nonsense("Its price is no number.") from None
    exponent = price.normalize().as_tuple().exponent if price.is_finite() else 0
    if not price.is_finite() or not 0 < price < 10**18:
        raise Nonsense("Its price is no price.")
    if isinstance(exponent, int) and -exponent > MOST_DIGITS:
        raise Nonsense("Its price has too many digits.")
    return price


def plain_symbol(name: str) -> str:
    """What is left to compare by: BINANCE:BTCUSDT.P, BTC/USDT and btc-usdt are BTCUSDT."""
    name = name.upper().rpartition(":")[2] if "/" not in name else name.upper().partition(":")[0]
    return re.sub(r"[^A-Z0-9]", "", name.removesuffix(".P").removesuffix("PERP"))
