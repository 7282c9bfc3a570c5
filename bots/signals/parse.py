"""What somebody's words wish for: JSON or plain text, as TradingView and others send it. Pure.

What could be read in two ways is refused: a name said twice, two symbols, two sides.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from realtime.values import EXACT

SIDES: Final = {
    "buy": "buy",
    "sell": "sell",
    "long": "long",
    "short": "short",
    "close": "close",
    "exit": "close",
    "flat": "close",
}
BUYS: Final = ("buy", "long")  # the others end what was bought, or bet against it
NAMES: Final = {
    "side": ("side", "action", "order_action", "signal", "direction"),
    "position": ("market_position",),  # what the sender's strategy holds after this
    "symbol": ("symbol", "ticker", "pair"),
    "price": ("price", "close_price", "last"),
    "message": ("message", "comment", "text"),
    "id": ("id", "signal_id", "order_id"),
    "source": ("source", "strategy"),
}
UNREAD: Final = ("secret", "passphrase", "token")  # seen to elsewhere, before this is read
KNOWN: Final = {name for names in NAMES.values() for name in names} | set(UNREAD)
PAIR: Final = re.compile(r"(\w+)\s*[=:]\s*([^\s,;]+)")
SYMBOL: Final = re.compile(r"[\w:./-]{2,40}")
BARE: Final = re.compile(r"(?=.*[A-Z])(?:[A-Z0-9_]+:)?[A-Z0-9._]{5,40}|\w+[/-]\w+(?::\w+)?")
PRICE: Final = re.compile(r"[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
PERPETUAL: Final = re.compile(r"(\.P|[_-]?PERP|-SWAP)$")
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
    source: str


def read(body: str) -> Wish:
    """The wish in a request's body; a side that is none of the known is refused, not guessed."""
    values = _json(body) if body.lstrip().startswith("{") else _plain(body)
    return Wish(
        side=_side(values["side"], values["position"]),
        symbol=_symbol(values["symbol"]),
        price=_price(values["price"]),
        message=values["message"],
        id=values["id"],
        source=values["source"],
    )


def _side(said: str, position: str) -> str:
    """A strategy that holds nothing afterwards has closed; sold until it is short is a short."""
    side, holds = SIDES.get(_word(said)), _word(position)
    if holds not in ("", "flat", "long", "short") or (side is None and said):
        raise Nonsense(f"The side is one of {', '.join(sorted(set(SIDES.values())))}.")
    if holds == "flat":
        return "close"
    if side is None:
        return SIDES[holds] if holds else _side("none", "")
    return "short" if (side, holds) == ("sell", "short") else side


def _word(said: str) -> str:
    return said.strip().lower()


def _symbol(said: str) -> str:
    said = said.strip()
    if not said:
        raise Nonsense("It names no symbol. Write it in capitals, or as symbol=…")
    if "{" in said:
        raise Nonsense(f"Nobody filled in the symbol's placeholder {said[:40]}.")
    if not SYMBOL.fullmatch(said):
        raise Nonsense("Its symbol is none, such as BTCUSDT or BTC/USDT.")
    return said


def _json(body: str) -> dict[str, str]:
    try:  # numbers stay as they were written: none is too large to be refused in words
        said = json.loads(
            body,
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
            object_pairs_hook=_each_once,
        )
    except Nonsense:
        raise
    except (ValueError, RecursionError):
        raise Nonsense("It begins like JSON, and is none.") from None
    return _values(said)


def _no_number(name: str) -> None:
    raise ValueError(name)


def _each_once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in pairs:
        if name.lower() in said:
            raise Nonsense("It says the same name twice.")
        said[name.lower()] = value
    return said


def _values(said: Mapping[str, Any]) -> dict[str, str]:
    """By the first of its names. Another may say the side or the symbol too, and no other one."""
    found = {name: _found(said, others) for name, others in NAMES.items()}
    sides = {SIDES[word] in BUYS for word in map(_word, found["side"]) if word in SIDES}
    symbols = {plain_symbol(symbol) for symbol in found["symbol"]}
    for name, meant in (("side", sides), ("symbol", symbols)):
        if len(meant) > 1:
            raise Nonsense(f"It names more than one {name}: {', '.join(found[name])[:80]}.")
    return {name: next(iter(values), "") for name, values in found.items()}


def _found(said: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    values = [said.get(name) for name in names]
    return [_letters(value) for value in values if isinstance(value, str) and value]


def _letters(text: str) -> str:
    """JSON can name what is no letter: half of a pair, or a zero byte."""
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise Nonsense("It has letters in it that are none.")
    return text


def _plain(body: str) -> dict[str, str]:
    """Named values anywhere, such as price=…; of the other words, the side and the symbol."""
    named = _each_once(pair for pair in PAIR.findall(body) if pair[0].lower() in KNOWN)
    values = _values(named)
    rest = PAIR.sub(lambda found: " " if found[1].lower() in KNOWN else found[0], body)
    words = [word.strip(".,;!\"'()") for word in rest.split()]
    values["side"] = values["side"] or _only("side", [w for w in words if w.lower() in SIDES])
    found = [word for word in words if BARE.fullmatch(word) and word.lower() not in SIDES]
    values["symbol"] = values["symbol"] or _only("symbol", found)
    return values


def _only(what: str, found: list[str]) -> str:
    if len({one.lower() for one in found}) > 1:
        raise Nonsense(f"It names more than one {what}: {', '.join(found)[:80]}.")
    return found[0] if found else ""


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    if text.strip().lstrip("+-").lower() in ("nan", "inf", "infinity") or text.startswith("-"):
        raise Nonsense("Its price is no price.")
    if not PRICE.fullmatch(text.strip()):
        raise Nonsense("Its price is no number.")
    price = Decimal(text.strip())
    if not 0 < price < 10**18:
        raise Nonsense("Its price is no price.")
    if int(EXACT.normalize(price).as_tuple().exponent) < -MOST_DIGITS:
        raise Nonsense("Its price has too many digits.")
    return price


def plain_symbol(name: str) -> str:
    """What is left to compare by: BINANCE:BTCUSDT.P, BTC/USDT and btc-usdt are BTCUSDT."""
    name = name.upper().rpartition(":")[2] if "/" not in name else name.upper().partition(":")[0]
    return re.sub(r"[\W_]", "", PERPETUAL.sub("", name))


def is_perpetual(name: str) -> bool:
    """BTCUSDT.P, BTCUSD_PERP, BTC-USDT-SWAP, and BTC/USDT:USDT as venues' libraries write it."""
    name = name.upper()
    return bool(PERPETUAL.search(name)) or ("/" in name and ":" in name.partition("/")[2])
