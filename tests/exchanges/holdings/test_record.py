"""What a key holds is mirrored: the newest word counts, changes are told once, to the owner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from secrets import token_hex
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from exchanges.base import BalanceReport
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.models import Balance, ExchangeKey, Position
from realtime.models import Event
from tests.exchanges.holding_reports import balance_report, position_report
from users.models import User

Attach = Callable[..., ExchangeKey]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERP = "BTC/USDT:USDT"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def key(attach: Attach) -> ExchangeKey:
    return attach()


def say(key: ExchangeKey, at: float, *said: Any, answer: bool = False) -> int:
    """Heard (or asked for) so many seconds after noon."""
    balances = [one for one in said if hasattr(one, "free")]
    positions = [one for one in said if hasattr(one, "quantity")]
    seen = HoldingsReport(at=after(at), balances=balances, positions=positions, complete=answer)
    return record.record(key.pk, seen, now=after(at))


def held(key: ExchangeKey) -> dict[str, Decimal]:
    return {row.currency: row.free for row in Balance.objects.filter(key=key) if row.free}


def the_position(key: ExchangeKey) -> Position:
    return Position.objects.get(key=key)


def told(user: User, kind: str = "balance_update") -> list[dict[str, Any]]:
    events = Event.objects.filter(user=user, type=kind).order_by("seq")
    return [event.data for event in events]


def test_a_change_is_written_and_told(key: ExchangeKey, user: User) -> None:
    say(key, 0, balance_report("USDT", "100.50", "20"))
    assert told(user) == [
        {
            "key": key.pk,
            "key_label": "Main",
            "venue": "binance",
            "market": "spot",
            "simulated": False,
            "currency": "USDT",
            "free": "100.5",
            "held": "20",
            "total": "120.5",
            "version": 1,
            "changed_at": "2026-11-21T12:00:00.000000Z",
        }
    ]


def test_only_changes_are_told(key: ExchangeKey, user: User) -> None:
    both = balance_report("USDT", "100"), balance_report("BTC", "1")
    assert say(key, 0, *both) == 2
    assert say(key, 1, *both) == 0
    assert (
        say(key, 2, balance_report("USDT", "100.000"), balance_report("BTC", "2"), answer=True) == 1
    )
    assert [(one["currency"], one["version"]) for one in told(user)] == [
        ("USDT", 1),
        ("BTC", 1),
        ("BTC", 2),
    ]


def test_an_answer_is_complete_and_a_message_is_not(key: ExchangeKey) -> None:
    say(key, 0, balance_report("USDT", "1"), balance_report("BTC", "1"))
    say(key, 1, balance_report("USDT", "2"))
    assert held(key) == {"USDT": 2, "BTC": 1}
    say(key, 2, balance_report("USDT", "2"), answer=True)
    assert held(key) == {"USDT": 2}
    key.refresh_from_db()
    assert key.holdings_at == after(2)


def test_what_was_never_held_makes_no_row(key: ExchangeKey, user: User) -> None:
    say(key, 0, balance_report("DOGE", "0"), position_report(PERP, "0", leverage="20"), answer=True)
    assert not Balance.objects.exists()
    assert not Position.objects.exists()
    assert not told(user)


def test_an_answer_does_not_undo_what_was_heard_after_its_question(key: ExchangeKey) -> None:
    say(key, 5, balance_report("USDT", "70"))
    say(key, 4, balance_report("USDT", "100"), balance_report("BTC", "1"), answer=True)
    assert held(key) == {"USDT": 70, "BTC": 1}


def test_a_currency_heard_of_after_the_question_is_not_taken_for_gone(key: ExchangeKey) -> None:
    say(key, 5, balance_report("ETH", "3"))
    say(key, 4, balance_report("USDT", "100"), answer=True)
    assert held(key) == {"USDT": 100, "ETH": 3}


def test_what_was_heard_before_the_question_comes_too_late(key: ExchangeKey) -> None:
    say(key, 5, balance_report("USDT", "100"), answer=True)
    say(key, 4, balance_report("USDT", "70"))
    assert held(key) == {"USDT": 100}


def test_money_that_is_gone_does_not_come_back_by_an_old_message(key: ExchangeKey) -> None:
    say(key, 1, balance_report("BTC", "1", said=after(1)))
    say(key, 2, balance_report("BTC", "0", said=after(2)))
    say(key, 3, balance_report("BTC", "1", said=after(1)))
    assert held(key) == {}


def test_a_clock_that_was_set_back_does_not_freeze_the_mirror(key: ExchangeKey) -> None:
    say(key, 0, balance_report("BTC", "1", said=after(3600)))
    say(key, 1, balance_report("BTC", "2", said=after(1)))
    assert held(key) == {"BTC": 1}
    say(key, 90, balance_report("BTC", "3", said=after(90)))
    assert held(key) == {"BTC": 3}


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_messages_by_whatever_way_they_come_end_at_the_newest(
    key: ExchangeKey, user: User, order: tuple[int, ...]
) -> None:
    for heard_at, n in enumerate(order):
        say(key, heard_at, balance_report("USDT", str(n), said=after(n)))
    assert held(key) == {"USDT": 3}
    totals = [Decimal(one["total"]) for one in told(user)]
    assert totals == sorted(totals)


def test_digits_beyond_the_column_are_no_change(key: ExchangeKey, user: User) -> None:
    for at in range(3):
        say(key, at, balance_report("SHIB", "123456789012345678.1234567890123456789"))
    assert len(told(user)) == 1


# Positions


def test_a_position_opens_turns_and_closes(key: ExchangeKey, user: User) -> None:
    say(
        key,
        0,
        position_report(PERP, "0.5", entry_price="60000", leverage="10", margin_mode="cross"),
    )
    say(key, 1, position_report(PERP, "-0.2", entry_price="61000"))
    say(key, 2, position_report(PERP, "0"))
    shown = [(one["quantity"], one["entry_price"]) for one in told(user, "position_update")]
    assert shown == [("0.5", "60000"), ("-0.2", "61000"), ("0", None)]


def test_what_a_message_leaves_out_stays(key: ExchangeKey) -> None:
    say(
        key,
        0,
        position_report(PERP, "0.5", leverage="10", margin_mode="isolated", mark_price="60000"),
    )
    say(key, 1, position_report(PERP, "0.7", unrealised="5"))
    row = the_position(key)
    assert (row.leverage, row.mark_price) == (Decimal(10), Decimal(60000))
    assert row.margin_mode == "isolated"


def test_a_liquidation_price_of_another_quantity_is_not_shown(key: ExchangeKey) -> None:
    say(key, 0, position_report(PERP, "0.5", liquidation_price="40000", unrealised="7"))
    say(key, 1, position_report(PERP, "0.5", mark_price="60000"))
    assert the_position(key).liquidation_price == 40000
    say(key, 2, position_report(PERP, "1"))
    assert (the_position(key).liquidation_price, the_position(key).unrealised) == (None, None)


def test_a_moving_market_alone_is_told_now_and_then(key: ExchangeKey, user: User) -> None:
    say(key, 0, position_report(PERP, "1", mark_price="60000", unrealised="0"))
    for second in range(1, 70):
        say(key, second, position_report(PERP, "1", mark_price=str(60000 + second)))
    prices = [one["mark_price"] for one in told(user, "position_update")]
    assert prices == ["60000", "60030", "60060"]


def test_both_sides_of_a_hedge_stand_beside_each_other(key: ExchangeKey) -> None:
    say(
        key,
        0,
        position_report(PERP, "1", side="long"),
        position_report(PERP, "-2", side="short"),
        answer=True,
    )
    say(key, 1, position_report(PERP, "-3", side="short"))
    rows = {row.side: row.quantity for row in Position.objects.filter(key=key)}
    assert rows == {"long": 1, "short": -3}


# Whose it is


def test_each_key_and_each_owner_for_themselves(
    key: ExchangeKey, attach: Attach, user: User, other_user: User
) -> None:
    other = attach(user=other_user, api_key="another")
    say(key, 0, balance_report("USDT", "1"), answer=True)
    say(other, 0, balance_report("USDT", "2"), answer=True)
    say(key, 1, answer=True)
    assert held(key) == {}
    assert held(other) == {"USDT": 2}
    assert {one["key"] for one in told(user)} == {key.pk}
    assert {one["key"] for one in told(other_user)} == {other.pk}


def test_nothing_is_told_of_what_was_not_written(key: ExchangeKey, user: User) -> None:
    with pytest.raises(ExchangeKey.DoesNotExist):
        record.record(
            key.pk + 1, HoldingsReport(at=NOON, balances=[balance_report("USDT", "1")]), now=NOON
        )
    assert not Event.objects.filter(type="balance_update").exists()


@pytest.mark.django_db(transaction=True)
def test_processes_that_speak_of_a_key_at_once_wait_for_each_other(
    transactional_db: None, key: ExchangeKey, user: User
) -> None:
    start = Barrier(6)

    def hear(n: int) -> None:
        start.wait()
        try:
            say(key, n, balance_report("USDT", str(n + 1)), balance_report("BTC", "1"))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(hear, range(6)))
    assert held(key) == {"USDT": 6, "BTC": 1}
    amounts = [one["free"] for one in told(user) if one["currency"] == "USDT"]
    assert amounts == sorted(amounts)
    assert [one["version"] for one in told(user) if one["currency"] == "BTC"] == [1]


# However stream and answers meet

STEPS = some.lists(
    some.sampled_from(["move", "move", "hear", "hear", "cut", "ask", "answer", "pass"]), max_size=40
)


class Meeting:
    """A venue whose money moves, a stream that may break, and answers that may come late."""

    def __init__(self, key: ExchangeKey) -> None:
        self.key = key
        self.now = 0
        self.amount = 100
        self.frames: list[BalanceReport] = []
        self.asked: list[tuple[int, BalanceReport]] = []

    def move(self) -> None:
        self.amount += 1
        self.frames.append(balance_report("USDT", str(self.amount), said=after(self.now)))

    def hear(self) -> None:
        if self.frames:
            say(self.key, self.now, self.frames.pop(0))

    def cut(self) -> None:
        """What is on its way is lost; who reconnects asks, and waits for the answer."""
        self.frames.clear()
        self.ask()
        self.answer()

    def ask(self) -> None:
        self.asked.append((self.now, balance_report("USDT", str(self.amount))))

    def answer(self) -> None:
        while self.asked:
            at, said = self.asked.pop()
            say(self.key, at, said, answer=True)

    def step(self, name: str) -> None:
        self.now += 1
        getattr(self, name, lambda: None)()

    def end(self) -> None:
        """Everything that is on its way arrives."""
        while self.frames:
            self.step("hear")
        self.step("answer")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_when_all_has_arrived_the_mirror_is_right(
    attach: Attach, user: User, steps: list[str]
) -> None:
    key = attach(label=token_hex(8), api_key=token_hex(16))
    meeting = Meeting(key)
    meeting.cut()
    for name in steps:
        meeting.step(name)
    meeting.end()
    assert held(key) == {"USDT": meeting.amount}
    versions = [one["version"] for one in told(user) if one["key"] == key.pk]
    assert versions == list(range(1, len(versions) + 1))
