"""A run's state: the same whatever was carried over, and read from few rows."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.models import Bot, BotOrder
from bots.pnl.lots import Ledger
from bots.running import run_state
from bots.strategies.decisions import Position
from exchanges.models import ExchangeKey
from orders import reconciler
from orders.models import Fill, Order
from tests.orders.reports import NOON, fill, report
from tests.trading import record_order

LATER = NOON + timedelta(days=1)
Trade = Callable[..., Order]


@pytest.fixture
def bot(key: ExchangeKey) -> Bot:
    return Bot.objects.create(user=key.user, key=key, name="one", symbol="BTC/USDT", run=1)


class Trader:
    """Acts of a bot, and what becomes of them, without a venue."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.parts = bot, 0

    def bot_order(self, slot: str, side: str, quantity: str, price: str = "100") -> BotOrder:
        mine = self.bot.bot_orders.filter(slot=slot)
        turn = mine.count() + 1
        mine.update(is_newest=False)
        order = record_order(self.bot.key, bot=self.bot, side=side, quantity=Decimal(quantity),
                       price=Decimal(price), client_order_id=f"{slot} {turn}")  # fmt: skip
        return BotOrder.objects.create(
            bot=self.bot, run=1, slot=slot, turn=turn, order=order, reason=""
        )

    def fill(self, bot_order: BotOrder, quantity: str, *, at: datetime, fee: str | None = "0",
             ends: str = "partially_filled") -> None:  # fmt: skip
        """A part of it was executed; `ends` says what it is then."""
        self.parts += 1
        order = Order.objects.get(pk=bot_order.order_id)
        part = fill(f"t{self.parts}", quantity, str(order.price), executed_at=at, side=order.side,
                    fee=None if fee is None else Decimal(fee), fee_currency="BTC",
                    exchange_order_id=f"x{order.pk}")  # fmt: skip
        filled = order.filled + Decimal(quantity)
        ends = "filled" if filled == order.quantity else ends
        whole = report(ends, str(filled), exchange_order_id=f"x{order.pk}", side=order.side,
                       quantity=order.quantity, fills=(part,))  # fmt: skip
        reconciler.apply_report(order.pk, whole, source="poll", now=at)

    def evaluate(
        self, *, now: datetime = LATER, least: int = run_state.FOLD_FROM
    ) -> run_state.RunState:
        state = run_state.read_state(self.bot, now=now)
        run_state.carry_over(self.bot, state, now=now, least=least)
        self.bot.refresh_from_db()
        return run_state.read_state(self.bot, now=now)


def sum_position(bot: Bot) -> Position:
    """Slow and obvious: every fill there is."""
    ledger = Ledger("average")
    for one in Fill.objects.filter(order__bot=bot).order_by("executed_at", "pk"):
        ledger.add_fill(run_state.position_fill(one, "BTC"))
    return Position(quantity=ledger.quantity, cost=ledger.cost)


@pytest.mark.parametrize("seed", range(3))
def test_the_position_is_the_same_whenever_it_is_carried_over(bot: Bot, seed: int) -> None:
    chance, hand = random.Random(seed), Trader(bot)  # noqa: S311 (chance that repeats itself)
    open_acts: list[tuple[BotOrder, int]] = []
    for number in range(40):
        at = NOON + timedelta(minutes=number)
        if len(open_acts) < 3:
            side, size = chance.choice(["buy", "buy", "sell"]), chance.randint(1, 4)
            slot = f"lane-{chance.randint(1, 3)}-{number % 3}"
            open_acts.append((hand.bot_order(slot, side, f"{size}", str(90 + number)), size))
        bot_order, left = open_acts.pop(chance.randrange(len(open_acts)))
        part = chance.randint(1, left)
        fee = "0.001" if bot_order.order.side == "buy" and chance.random() < 0.5 else "0"
        hand.fill(bot_order, str(part), at=at, fee=fee)
        if left > part:
            open_acts.append((bot_order, left - part))
        if chance.random() < 0.3:
            hand.evaluate(least=1)
        assert run_state.read_state(bot, now=LATER).position == sum_position(bot)
    assert bot.carried or bot.bot_orders.filter(is_counted=True).exists()


def test_a_fill_after_its_order_was_carried_counts_too(bot: Bot) -> None:
    hand = Trader(bot)
    bot_order = hand.bot_order("buy", "buy", "3")
    hand.fill(bot_order, "1", at=NOON)
    assert hand.evaluate(least=1).position.quantity == 1
    assert bot.carried == 1
    hand.fill(bot_order, "1", at=NOON - timedelta(minutes=1))
    assert hand.evaluate(least=1).position == sum_position(bot)


def test_nothing_is_carried_while_a_fee_is_to_come(bot: Bot) -> None:
    hand = Trader(bot)
    hand.fill(hand.bot_order("buy", "buy", "1"), "1", at=NOON, fee=None)
    hand.bot_order("buy", "buy", "1")
    hand.evaluate(least=1)
    assert bot.carried == 0
    assert not bot.bot_orders.filter(is_counted=True).exists()


def test_a_fee_that_is_never_reported_is_not_waited_for(bot: Bot) -> None:
    """Else a bot at a venue that tells none would stand still after its first purchase."""
    hand = Trader(bot)
    hand.fill(hand.bot_order("buy", "buy", "1"), "1", at=NOON, fee=None)
    soon = NOON + timedelta(minutes=9)
    assert run_state.read_state(bot, now=soon).slots["buy"].is_open
    assert not run_state.read_state(bot, now=NOON + run_state.LATE).slots["buy"].is_open
    untold = hand.bot_order("sell", "sell", "1")
    Order.objects.filter(pk=untold.order_id).update(status="filled", filled=1, ended_at=NOON)
    assert run_state.read_state(bot, now=LATER).slots["sell"].is_open  # parts are always told


def test_what_ended_unfilled_is_read_on_for_a_while(bot: Bot) -> None:
    hand = Trader(bot)
    bot_order = hand.bot_order("buy", "buy", "3")
    hand.fill(bot_order, "1", at=NOON, ends="canceled")
    hand.bot_order("buy", "buy", "3")
    hand.evaluate(now=NOON + timedelta(minutes=1), least=1)
    assert not BotOrder.objects.get(pk=bot_order.pk).is_counted
    hand.fill(bot_order, "1", at=NOON, ends="canceled")
    assert hand.evaluate(least=1).position.quantity == 2
    assert BotOrder.objects.get(pk=bot_order.pk).is_counted


def test_a_long_run_reads_no_more_rows_than_a_short_one(bot: Bot) -> None:
    hand = Trader(bot)
    held = hand.bot_order("step-000", "buy", "2")
    hand.fill(held, "1", at=NOON)  # so that it never holds nothing, and never ends
    costs = []
    for turn in range(60):
        at = NOON + timedelta(minutes=turn)
        bot_order = hand.bot_order(
            f"step-{turn % 3 + 1:03}", "sell" if turn // 3 % 2 else "buy", "1"
        )
        hand.fill(bot_order, "1", at=at)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            state = run_state.read_state(bot, now=LATER)
        costs.append((len(queries), len(state.uncounted)))
        hand.evaluate()
    assert {queries for queries, _ in costs} == {2}
    assert max(rows for _, rows in costs) <= run_state.FOLD_FROM + 5
    assert run_state.read_state(bot, now=LATER).position == sum_position(bot)
