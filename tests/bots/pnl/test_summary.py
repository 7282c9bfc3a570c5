"""The statistics of the API equal those computed slowly from every fill.

The slow way has no book and no ledger: a trade runs from holding nothing to holding nothing again,
and its result is the money that came in less the money that went out.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, groupby
from statistics import mean, stdev
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from rest_framework.test import APIClient

from exchanges.models import ExchangeKey
from tests.bots.pnl.fills import FillSpec, count_fills, create_key, write_fills
from tests.orders.reports import NOON
from users.models import User

SYMBOLS = ["BTC/USDT", "ETH/USDT", "ETH/BTC"]
TRADES = some.lists(
    some.tuples(
        some.sampled_from(SYMBOLS),
        some.booleans(),  # live
        some.integers(0, 9),  # days
        some.sampled_from([Decimal(-2), Decimal(-1), Decimal(1), Decimal(2)]),
        some.decimals("1", "200", places=2),
        some.sampled_from([Decimal(0), Decimal("0.25"), Decimal("-0.125"), Decimal(300)]),
    ),
    max_size=24,
)
Trade = tuple[str, bool, int, Decimal, Decimal, Decimal]
Result = tuple[int, Decimal]  # on which day, and what a round brought


def rounds(trades: Iterable[Trade]) -> list[Result]:
    """Of one symbol at one key. A fill that turns a position round ends one and begins another."""
    held = money = Decimal(0)
    over: list[Result] = []
    for _, _, day, quantity, price, fee in trades:
        closing = -held if held * quantity < 0 and abs(quantity) > abs(held) else quantity
        for part in (closing, quantity - closing):
            if part:
                held += part
                money -= part * price + fee * part / quantity
                if not held:
                    over.append((day, money))
                    money = Decimal(0)
    return over


def by_hand(trades: Sequence[Trade]) -> dict[tuple[bool, str], dict[str, Any]]:
    """For each result: paper or live, and the currency."""
    found: dict[tuple[bool, str], dict[str, Any]] = {}
    for group in {(one[1], one[0].partition("/")[2]) for one in trades}:
        mine = [one for one in trades if (one[1], one[0].partition("/")[2]) == group]
        books = [[one for one in mine if one[0] == symbol] for symbol in SYMBOLS]
        results = [rounds(book) for book in books if book]
        nets = [net for some in results for _, net in some]
        won, lost = (sum((abs(n) for n in nets if n * sign > 0), Decimal(0)) for sign in (1, -1))
        wins, losses = (sum(1 for net in nets if net * sign > 0) for sign in (1, -1))
        found[group] = {
            "rounds": len(nets),
            "wins": wins,
            "losses": losses,
            "win_rate": ratio(wins, len(nets)),
            "profit_factor": ratio(won, lost),
            "average_win": ratio(won, wins),
            "average_loss": ratio(lost, losses),
            "best": max(nets, default=None),
            "worst": min(nets, default=None),
            "longest_wins": max((streak(some, 1) for some in results), default=0),
            "longest_losses": max((streak(some, -1) for some in results), default=0),
            "drawdown": fall(nets) if len(results) == 1 else None,
            "fills": len(mine),
            "hours": hours(results),
        }
    return found


def streak(results: Sequence[Result], sign: int) -> int:
    runs = groupby(results, lambda one: one[1] * sign > 0)
    return max((len(list(run)) for wins, run in runs if wins), default=0)


def hours(results: Sequence[Sequence[Result]]) -> dict[int, Decimal]:
    """All of them at noon: by weekday."""
    found: dict[int, Decimal] = {}
    for day, net in (one for book in results for one in book):
        weekday = (NOON + timedelta(days=day)).weekday()
        found[weekday] = found.get(weekday, Decimal(0)) + net
    return found


def fall(nets: Iterable[Decimal]) -> Decimal:
    """The deepest, from where the curve stood highest before."""
    curve = list(accumulate(nets, initial=Decimal(0)))
    return max(max(curve[: place + 1]) - value for place, value in enumerate(curve))


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return round(Decimal(part) / whole, 8) if whole else None


def said(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def day_by_day(days: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the days say of the curve, with floats and the textbook's words."""
    first, last = (date.fromisoformat(days[place]["on"]) for place in (0, -1))
    nets = {date.fromisoformat(day["on"]): Decimal(day["net"]) for day in days}
    every = [nets.get(first + timedelta(n), Decimal(0)) for n in range((last - first).days + 1)]
    spread = stdev(every) if len(every) > 1 else 0
    ratio = float(mean(every)) / float(spread) * 365**0.5 if spread else None
    return {"drawdown": fall(every), "sharpe": ratio, "equity": sum(every, Decimal(0))}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trades=TRADES)
def test_all_statistics_equal_those_computed_from_every_fill(
    user: User, trades: list[Trade]
) -> None:
    trades = sorted(trades, key=lambda one: one[2])
    api = APIClient()
    api.force_authenticate(user)
    with transaction.atomic():
        keys = {
            live: create_key(user, label=str(live), is_paper=not live) for live in (True, False)
        }
        for one in trades:
            write_one(keys[one[1]], one)
        for key in keys.values():
            count_fills(key)
        summaries, curves, maps = (
            {(not one["simulated"], one["currency"]): one for one in get(api, name)}
            for name in ("summary", "daily", "hours")
        )
        expected = by_hand(trades)
        assert summaries.keys() == expected.keys()
        for group, slow in expected.items():
            told = summaries[group]
            weekdays = {one["weekday"]: Decimal(one["net"]) for one in maps[group]["hours"]}
            assert weekdays == slow.pop("hours")
            curve = day_by_day(curves[group]["days"])
            if slow["drawdown"] is None:  # of several books, from day to day
                slow["drawdown"] = curve["drawdown"]
            assert {name: said(told[name]) for name in slow} == slow
            assert Decimal(told["net"]) == curve["equity"]
            assert float(told["sharpe"] or 0) == pytest.approx(curve["sharpe"] or 0, abs=1e-6)
        transaction.set_rollback(True)


def write_one(key: ExchangeKey, trade: Trade) -> None:
    symbol, _, day, quantity, price, fee = trade
    side = "buy" if quantity > 0 else "sell"
    quote = symbol.partition("/")[2]
    write_fills(key, [FillSpec(day * 1440, side, abs(quantity), price, fee, quote)], symbol=symbol)


def get(api: APIClient, name: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = api.get(f"/api/v1/analytics/{name}/").json()
    return answer


def test_the_case_of_34_that_another_system_counted_as_24(user: User) -> None:
    """It paired the first purchase with the first sale, the second with the second.

    100 → 110 with one coin is 10. Two were bought for 100 then; one sold for 114 is 14, the other
    for 110 is 10: 34 together. Pairing by turns forgot the last sale, and said 10 + 14 = 24.
    """
    key, api = create_key(user), APIClient()
    api.force_authenticate(user)
    deals = [("buy", 1, 100), ("sell", 1, 110), ("buy", 2, 100), ("sell", 1, 114), ("sell", 1, 110)]
    write_fills(key, [
        FillSpec(minute, side, Decimal(quantity), Decimal(price))
        for minute, (side, quantity, price) in enumerate(deals)
    ])  # fmt: skip
    count_fills(key)
    (told,) = get(api, "summary")
    assert (told["gross"], told["net"], told["rounds"], told["wins"]) == ("34", "34", 2, 2)
    assert [one["net"] for one in api.get("/api/v1/analytics/rounds/").json()["results"]] == [
        "24",  # the second round by itself: 14 and 10
        "10",
    ]
