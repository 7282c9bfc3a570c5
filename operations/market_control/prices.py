"""Set and step prices, and how the simulated markets walk."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from operations.market_control import record, simulator
from operations.market_control.record import MarketAct
from operations.market_control.simulator import MarketStep
from realtime.values import format_money
from users.models import User

REGIME: Final = ("volatility", "trend", "volume")
USUAL: Final = {"volatility": "1", "trend": "0", "volume": "1"}
MOST_STEPS: Final = 1000


class BadPrice(Exception):
    """The price cannot be set; the argument says why."""


def read_markets() -> Mapping[str, Any]:
    """Return the simulated venue's symbols with their prices and walks, and what is planned."""
    state = simulator.call_simulator("GET", "state")
    planned = simulator.call_simulator("GET", "schedule")["schedule"]
    return {"symbols": state["symbols"], "paused": state["paused"], "planned": planned}


def set_price(
    operator: User, *, instrument: str, price: Decimal, seconds: int = 0, steps: int = 1
) -> Mapping[str, Any]:
    """Set a price, at once or in equal steps over so many seconds; the last one is exact."""
    symbol = simulator.name_symbol(instrument)
    market = _read_market(symbol)
    tick, start = Decimal(market["tick"]), Decimal(market["price"])
    if price % tick:
        raise BadPrice(f"The price must be a multiple of {tick:f}.")
    prices = list(divide_move(start, price, steps=steps, tick=tick))
    times = [round(seconds * 1000 * (number + 1) / steps) for number in range(steps)]
    moves = [
        MarketStep(
            after_ms=after_ms,
            act="price",
            body={"symbol": symbol, "price": format_money(each), "anchor": True},
        )
        for after_ms, each in zip(times, prices, strict=True)
    ]
    over = f" in {steps} steps over {seconds} s" if seconds else ""
    act = MarketAct(
        act="price",
        target=symbol,
        message=f"{format_money(start)} to {format_money(price)}{over}",
        plan=f"price:{symbol}",
        steps=moves,
        before={"price": market["price"]},
    )
    record.run_act(operator, act, lambda: simulator.send_steps(act.plan, act.steps))
    return {
        "symbol": symbol,
        "from": format_money(start),
        "price": format_money(price),
        "steps": steps,
    }


def move_price(
    operator: User, *, instrument: str, percent: Decimal, seconds: int = 0
) -> Mapping[str, Any]:
    """Move a price by percent of what it is, over so many seconds with one step for each."""
    market = _read_market(simulator.name_symbol(instrument))
    tick, start = Decimal(market["tick"]), Decimal(market["price"])
    wanted = start * (1 + percent / 100)
    price = max(tick, (wanted / tick).to_integral_value(ROUND_FLOOR) * tick)
    steps = min(max(1, seconds), MOST_STEPS)
    return set_price(operator, instrument=instrument, price=price, seconds=seconds, steps=steps)


def divide_move(start: Decimal, end: Decimal, *, steps: int, tick: Decimal) -> Iterator[Decimal]:
    """Yield equal parts of a move, each down to the symbol's step, and the end as it is."""
    for number in range(1, steps):
        part = start + (end - start) * number / steps
        yield max(tick, (part / tick).to_integral_value(ROUND_FLOOR) * tick)
    yield end


def set_regime(
    operator: User, *, instruments: Sequence[str], regime: Mapping[str, str]
) -> Mapping[str, Any]:
    """Set how markets walk; what is left out stays as it is."""
    symbols = simulator.name_symbols(instruments)
    markets = simulator.call_simulator("GET", "state")["symbols"]
    before = {
        symbol: {name: markets[symbol][name] for name in REGIME}
        for symbol in symbols
        if symbol in markets
    }
    act = MarketAct(
        act="regime",
        target=", ".join(symbols),
        message=", ".join(f"{name} {value}" for name, value in regime.items()),
        steps=list_regime_steps(symbols, regime),
        before=before,
    )
    record.run_act(operator, act, lambda: simulator.send_steps(act.plan, act.steps))
    return {"symbols": symbols, **regime}


def list_regime_steps(symbols: Sequence[str], regime: Mapping[str, str]) -> list[MarketStep]:
    return [
        MarketStep(after_ms=0, act="regime", body={"symbol": symbol, **regime})
        for symbol in symbols
    ]


def call_off_plans(operator: User) -> Mapping[str, Any]:
    """Call off every price move that is still to come."""
    act = MarketAct(act="call-off", target="all plans", message="all planned moves called off")
    answer = record.run_act(
        operator, act, lambda: simulator.call_simulator("DELETE", "schedule", {})
    )
    return {"cleared": answer["cleared"]}


def _read_market(symbol: str) -> Mapping[str, Any]:
    markets = simulator.call_simulator("GET", "state")["symbols"]
    if symbol not in markets:
        raise simulator.LiveInstrument(f"{symbol} does not trade at the simulated venue.")
    return dict(markets[symbol])
