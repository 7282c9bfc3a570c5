"""The meaning of each field of the frames."""

import inspect
from collections.abc import Mapping

from realtime.docs.shape_fields import OWN

SEQ = "its number in the user's stream: one more than that of the event before it"
TIMESTAMP = "when it was committed"

# Strings of their own sort, by the names they have in schemas and in TypeScript
MARKS: Mapping[str, str] = {
    "Money": "A decimal number as a string, with every digit: never read it into a float.",
    "Time": "ISO 8601 in UTC, such as 2026-11-21T09:30:00.000000Z.",
    "Instrument": "A market: binance.spot:BTC/USDT, or simulated binance.spot.paper:BTC/USDT.",
}

# Fields that mean the same wherever they stand
FIELDS: Mapping[str, str] = {
    "ask": "the lowest price that somebody asks for",
    "at": "when this was so",
    "bid": "the highest price that somebody offers",
    "bot": "the bot it belongs to, if any",
    "category": "which kind of message it is",
    "changed_at": "when it changed last",
    "checked_at": "when it was last compared with the venue",
    "created_at": "when it was made",
    "currency": "the currency's code",
    "dismissed_at": "when its owner took it off the list; null until then",
    "epoch": "which log the number counts in; another one after a restored backup or a failover",
    "id": "its number, the same as in the API",
    "instrument": "the market it is about",
    "instruments": "the markets that are watched",
    "key": "the exchange key it belongs to",
    "key_label": "that key's name",
    "last_error": "what went wrong last, in words; empty when nothing did",
    "level": "how much it matters",
    "leverage": "how many times the margin is multiplied",
    "margin_mode": "cross or isolated",
    "market": "spot or futures",
    "message": "the same in words",
    "name": "its name, as its owner chose it",
    "link": "where to look, on this site; empty when nowhere",
    "price": "the price of one unit",
    "quantity": "how many units",
    "read_at": "when it was read; null until then",
    "received_at": "when it came",
    "response_ms": "how long its answer took; null if there is none",
    "side": "what is done",
    "simulated": "whether it is paper money on the simulated venue",
    "stale": "whether the venue has gone quiet, so that this may be old",
    "state": "how it is",
    "status": "where it stands",
    "symbol": "the market's name, such as BTC/USDT or BTC/USDT:USDT",
    "title": "a few words for a heading",
    "venue": "the exchange, such as binance",
    "version": "which state of it this is; a higher one replaces a lower one",
    "words": "the same in words for people",
}


def get_docstring(shape: type) -> str:
    return inspect.getdoc(shape) or ""


def get_meaning(shape: type, field: str) -> str:
    return OWN.get(shape.__name__, {}).get(field) or FIELDS.get(field, "")
