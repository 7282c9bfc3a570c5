"""Parse a signal from JSON or plain text, as TradingView and others send it. Pure.

An ambiguous text is refused: the same name twice, two symbols, two sides.
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
BUYS: Final = ("buy", "long")  # the others close, or go short
NAMES: Final = {
    "side": ("side", "action", "order_action", "signal", "direction"),
    "position": ("market_position",),  # the position of the sender's strategy after this
    "symbol": ("symbol", "ticker", "pair"),
    "price": ("price", "close_price", "last"),
    "message": ("message", "comment", "text"),
    "id": ("id", "signal_id", "order_id"),
    "source": ("source", "strategy"),
}
SECRET_NAMES: Final = {
    "secret",
    "passphrase",
    "token",
}  # checked and removed by webhook_auth before
KNOWN: Final = SECRET_NAMES.union(*NAMES.values())
PAIR: Final = re.compile(r"(\w+)\s*[=:]\s*([^\s,;]+)")
SYMBOL: Final = re.compile(r"[\w:./-]{2,40}")
BARE: Final = re.compile(r"(?=.*[A-Z])(?:[A-Z0-9_]+:)?[A-Z0-9._]{5,40}|\w+[/-]\w+(?::\w+)?")
PRICE: Final = re.compile(r"[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
PERPETUAL: Final = re.compile(r"(\.P|[_-]?PERP|-SWAP)$")
MOST_DIGITS: Final = 18


class UnreadableSignal(ValueError):
    """The signal cannot be understood; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalRequest:
    side: str
    symbol: str
    price: Decimal | None
    message: str
    id: str
    source: str


def parse_signal(body: str) -> SignalRequest:
    """Parse a request's body; an unknown side is refused, not guessed."""
    values = _parse_json(body) if body.lstrip().startswith("{") else _parse_text(body)
    return SignalRequest(
        side=_parse_side(values["side"], values["position"]),
        symbol=_parse_symbol(values["symbol"]),
        price=_parse_price(values["price"]),
        message=values["message"],
        id=values["id"],
        source=values["source"],
    )


def _parse_side(text: str, position: str) -> str:
    """Combine the side with the position afterwards: flat is a close, sold to short is a short."""
    side, holds = SIDES.get(_normalize_word(text)), _normalize_word(position)
    if holds not in ("", "flat", "long", "short") or (side is None and text):
        raise UnreadableSignal(f"The side is one of {', '.join(sorted(set(SIDES.values())))}.")
    if holds == "flat":
        return "close"
    if side is None:
        return SIDES[holds] if holds else _parse_side("none", "")
    return "short" if (side, holds) == ("sell", "short") else side


def _normalize_word(text: str) -> str:
    return text.strip().lower()


def _parse_symbol(text: str) -> str:
    text = text.strip()
    if not text:
        raise UnreadableSignal("It names no symbol. Write it in capitals, or as symbol=…")
    if "{" in text:
        raise UnreadableSignal(f"Nobody filled in the symbol's placeholder {text[:40]}.")
    if not SYMBOL.fullmatch(text):
        raise UnreadableSignal("Its symbol is not valid. Write it as BTCUSDT or BTC/USDT.")
    return text


def _parse_json(body: str) -> dict[str, str]:
    try:  # numbers stay text: a huge one is refused with a message, not as a float or an error
        values = json.loads(
            body,
            parse_float=str,
            parse_int=str,
            parse_constant=_reject_constant,
            object_pairs_hook=_unique_names,
        )
    except UnreadableSignal:
        raise
    except (ValueError, RecursionError):
        raise UnreadableSignal("It begins like JSON, but is not valid JSON.") from None
    return _pick_values(values)


def _reject_constant(name: str) -> None:
    raise ValueError(name)


def _unique_names(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name.lower() in values:
            raise UnreadableSignal("It has the same name twice.")
        values[name.lower()] = value
    return values


def _pick_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Take each value by the first of its names; a second side or symbol must mean the same."""
    texts = {name: _list_texts(values, aliases) for name, aliases in NAMES.items()}
    sides = {SIDES[word] in BUYS for word in map(_normalize_word, texts["side"]) if word in SIDES}
    symbols = {normalize_symbol(symbol) for symbol in texts["symbol"]}
    for name, meanings in (("side", sides), ("symbol", symbols)):
        if len(meanings) > 1:
            raise UnreadableSignal(f"It names more than one {name}: {', '.join(texts[name])[:80]}.")
    return {name: next(iter(candidates), "") for name, candidates in texts.items()}


def _list_texts(values: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    texts = [values.get(name) for name in names]
    return [_check_text(text) for text in texts if isinstance(text, str) and text]


def _check_text(text: str) -> str:
    """Refuse zero bytes and lone surrogates: JSON allows both, PostgreSQL stores neither."""
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise UnreadableSignal("It has characters that are not text.")
    return text


def _parse_text(body: str) -> dict[str, str]:
    """Find named values such as price=…, and the side and the symbol among the other words."""
    named = _unique_names(pair for pair in PAIR.findall(body) if pair[0].lower() in KNOWN)
    values = _pick_values(named)
    rest = PAIR.sub(lambda match: " " if match[1].lower() in KNOWN else match[0], body)
    words = [word.strip(".,;!\"'()") for word in rest.split()]
    sides = [word for word in words if word.lower() in SIDES]
    symbols = [word for word in words if BARE.fullmatch(word) and word.lower() not in SIDES]
    values["side"] = values["side"] or _single_word("side", sides)
    values["symbol"] = values["symbol"] or _single_word("symbol", symbols)
    return values


def _single_word(name: str, words: list[str]) -> str:
    if len({word.lower() for word in words}) > 1:
        raise UnreadableSignal(f"It names more than one {name}: {', '.join(words)[:80]}.")
    return words[0] if words else ""


def _parse_price(text: str) -> Decimal | None:
    if not text:
        return None
    if text.strip().lstrip("+-").lower() in ("nan", "inf", "infinity") or text.startswith("-"):
        raise UnreadableSignal("Its price is not valid.")
    if not PRICE.fullmatch(text.strip()):
        raise UnreadableSignal("Its price is not a number.")
    price = Decimal(text.strip())
    if not 0 < price < 10**18:
        raise UnreadableSignal("Its price is not valid.")
    if int(EXACT.normalize(price).as_tuple().exponent) < -MOST_DIGITS:
        raise UnreadableSignal("Its price has too many digits.")
    return price


def normalize_symbol(name: str) -> str:
    """Reduce a name for comparison: BINANCE:BTCUSDT.P, BTC/USDT and btc-usdt become BTCUSDT."""
    name = name.upper().rpartition(":")[2] if "/" not in name else name.upper().partition(":")[0]
    return re.sub(r"[\W_]", "", PERPETUAL.sub("", name))


def is_perpetual(name: str) -> bool:
    """Recognize BTCUSDT.P, BTCUSD_PERP, BTC-USDT-SWAP, and BTC/USDT:USDT as ccxt writes it."""
    name = name.upper()
    return bool(PERPETUAL.search(name)) or ("/" in name and ":" in name.partition("/")[2])
