"""The one way from market control to a market: the control API of the simulated venue.

Nothing here knows a key, an adapter or an address of a real venue, and a contract of the imports
(pyproject.toml) keeps it so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict

from exchanges import instruments, paper

CONTRACT_SUFFIX: Final = "-PERP"
QUOTES: Final = ("USDT", "BTC")  # of what trades at the simulated venue
LIVE_MARKET: Final = (
    "This is a live market. Market control turns simulated ones only, which are named .paper."
)
BAD_NAME: Final = "No such name: it is like binance.spot.paper:BTC/USDT."


class MarketStep(TypedDict):
    """An act at the simulated venue, so many milliseconds after the change began."""

    after_ms: int
    act: str
    body: Mapping[str, Any]


class LiveInstrument(Exception):
    """The instrument is not a simulated one, so nothing is done."""


class SwitchedOff(Exception):
    """This installation has no simulated venue."""


def call_simulator(method: str, name: str, body: Mapping[str, object] | None = None) -> Any:
    if not paper.is_enabled():
        raise SwitchedOff("Paper trading is switched off on this installation.")
    return paper.call_control(method, name, body)


def name_symbol(instrument: str) -> str:
    """Return the simulated venue's own name of an instrument; refuse one that is not simulated."""
    try:
        name = instruments.parse(instrument)
    except ValueError:
        raise LiveInstrument(BAD_NAME) from None
    if not name.is_paper:
        raise LiveInstrument(LIVE_MARKET)
    pair, _, settlement = name.symbol.partition(":")
    return pair.replace("/", "") + (CONTRACT_SUFFIX if settlement else "")


def name_instrument(symbol: str) -> str:
    """Return the instrument of a symbol of the simulated venue."""
    pair = symbol.removesuffix(CONTRACT_SUFFIX)
    quote = next((name for name in QUOTES if pair.endswith(name)), QUOTES[0])
    base = pair.removesuffix(quote)
    if pair == symbol:
        return f"binance.spot.paper:{base}/{quote}"
    return f"binance.futures.paper:{base}/{quote}:{quote}"


def list_instruments() -> list[str]:
    """List the instruments that trade at the simulated venue."""
    return [name_instrument(symbol) for symbol in sorted(call_simulator("GET", "state")["symbols"])]


def name_symbols(names: Iterable[str]) -> list[str]:
    """Return the venue's names of these instruments, each once; of none: all that trade there."""
    symbols = list(dict.fromkeys(name_symbol(name) for name in names))
    return symbols or list(call_simulator("GET", "state")["symbols"])


def send_steps(plan: str, steps: Sequence[MarketStep]) -> None:
    """Do what is due at once, so that a refusal is heard; have the venue do the rest in time."""
    for step in steps:
        if step["after_ms"] == 0:
            method = "DELETE" if step["act"] == "clear-faults" else "POST"
            call_simulator(method, "faults" if method == "DELETE" else step["act"], step["body"])
    later = [step for step in steps if step["after_ms"] > 0]
    if later:
        call_simulator("POST", "schedule", {"plan": plan, "steps": later})
    elif plan:
        call_simulator("DELETE", "schedule", {"plan": plan})
