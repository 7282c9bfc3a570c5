"""Each kind of a user's rule: when it holds, when it does not, and at the edge."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bots.models import Bot, PnlBook, PnlDay, PortfolioValue
from exchanges.models import DeadMansSwitch, ExchangeKey, StreamLease, StreamState
from operations.alerts import evaluate
from operations.models import AlertRule
from orders.models import Fill, Order
from tests.operations.alerts.conftest import evaluate_at, find_subjects, make_rule
from tests.orders.reports import NOON
from tests.pages.bots.bot_records import create_key, create_running_bot
from tests.trading import record_order
from users.models import User


@pytest.fixture
def own(user: User) -> ExchangeKey:
    return create_key(user)


@pytest.fixture
def foreign(other_user: User) -> ExchangeKey:
    return create_key(other_user)


def place_order(key: ExchangeKey, **changes: Any) -> str:
    """Write down an order of noon in this state; return what a rule calls it."""
    order = record_order(key, created_at=NOON)
    Order.objects.filter(pk=order.pk).update(**changes)
    return f"order:{order.pk}"


def end_order(key: ExchangeKey, status: str, ended_by: str, *, minutes: int = 0) -> str:
    at = NOON - timedelta(minutes=minutes)
    return place_order(key, status=status, ended_by=ended_by, ended_at=at, filled=0)


def test_an_order_that_its_venue_does_not_confirm(own: ExchangeKey, foreign: ExchangeKey) -> None:
    rule = make_rule(own.user, "order_stuck", {"seconds": 60})
    stuck = place_order(own)
    place_order(own, status="new")
    place_order(foreign)
    assert find_subjects(rule, seconds=59.9) == []
    assert find_subjects(rule, seconds=60) == [stuck]


def test_an_order_that_is_not_checked(own: ExchangeKey) -> None:
    rule = make_rule(own.user, "order_unchecked", {"seconds": 30})
    never = place_order(own, status="new", submitted_at=NOON)
    checked = place_order(own, status="partially_filled", checked_at=NOON + timedelta(seconds=5))
    assert find_subjects(rule, seconds=29) == []
    assert find_subjects(rule, seconds=30) == [never]
    assert find_subjects(rule, seconds=35) == sorted([never, checked])
    ExchangeKey.objects.update(is_active=False)
    assert find_subjects(rule, seconds=35) == [], "nothing of a key that is off is checked"


def test_an_order_that_is_filled_in_part_for_long(own: ExchangeKey) -> None:
    rule = make_rule(own.user, "order_partly_filled", {"seconds": 600})
    subject = place_order(own, status="partially_filled", filled=Decimal("0.001"))
    assert find_subjects(rule, seconds=9_999) == [], "no fill is known yet"
    order = Order.objects.get()
    Fill.objects.create(
        user=own.user,
        key=own,
        order=order,
        symbol=order.symbol,
        side="buy",
        trade_id="1",
        price=1,
        quantity=1,
        executed_at=NOON,
    )
    assert find_subjects(rule, seconds=599) == []
    assert find_subjects(rule, seconds=600) == [subject]


def test_a_filled_order_is_told_once_and_ends_after_an_hour(own: ExchangeKey) -> None:
    make_rule(own.user, "order_filled", clear_seconds=0, cooldown_seconds=0)
    end_order(own, "filled", "venue", minutes=61)
    end_order(own, "canceled", "user")
    end_order(own, "filled", "venue")
    assert len(evaluate_at(0)) == 1
    assert len(evaluate_at(3_599)) == 1
    assert evaluate_at(3_601) == []
    assert evaluate_at(3_602) == []


@pytest.mark.parametrize(
    ("status", "ended_by", "fires"),
    [
        ("rejected", "refused", True),
        ("canceled", "expiry", True),
        ("canceled", "absence", True),
        ("canceled", "switch", True),
        ("expired", "expiry", False),
        ("canceled", "user", False),
        ("canceled", "bot", False),
        ("canceled", "hand", False),
        ("denied", "fillwatch", False),
        ("filled", "venue", False),
    ],
)
def test_an_order_that_its_venue_ended(
    own: ExchangeKey, status: str, ended_by: str, fires: bool
) -> None:
    rule = make_rule(own.user, "order_ended_by_venue")
    subject = end_order(own, status, ended_by)
    assert find_subjects(rule) == ([subject] if fires else [])


def test_rules_about_one_bot(own: ExchangeKey) -> None:
    bot = create_running_bot(own, "grid")
    rule = make_rule(own.user, "order_stuck", {"seconds": 1, "bot": bot.pk})
    place_order(own)
    of_bot = place_order(own, bot=bot)
    assert find_subjects(rule, seconds=60) == [of_bot]


def test_a_bot_that_stopped(own: ExchangeKey, foreign: ExchangeKey) -> None:
    errors = make_rule(own.user, "bot_stopped", {"why": "error"})
    every = make_rule(own.user, "bot_stopped", {"why": "any"})
    stopped, failed = create_running_bot(own, "stopped"), create_running_bot(own, "failed")
    create_running_bot(own, "running")
    ended = Bot.objects.filter(pk__in=[stopped.pk, failed.pk])
    ended.update(run=3, changed_at=NOON)
    Bot.objects.filter(pk=stopped.pk).update(mode="stopped")
    Bot.objects.filter(pk=failed.pk).update(mode="error")
    names = [f"bot:{stopped.pk}:3", f"bot:{failed.pk}:3"]
    assert find_subjects(errors) == [names[1]]
    assert find_subjects(every) == sorted(names)
    ended.update(changed_at=NOON - timedelta(hours=2))
    assert find_subjects(every) == [], "before the rule was switched on"


def make_book(key: ExchangeKey, gross: str, **fields: Any) -> PnlBook:
    return PnlBook.objects.create(
        user=key.user,
        key=key,
        symbol="BTC/USDT",
        **({"quote": "USDT", "gross": gross, "fees": "1"} | fields),
    )


def test_a_pnl_beyond_its_limit(own: ExchangeKey, foreign: ExchangeKey) -> None:
    conditions = {"value": "-50", "clear": "-40", "simulated": own.is_paper}
    rule = make_rule(own.user, "pnl_below", conditions)
    book = make_book(own, "-48.99")
    make_book(foreign, "-500")
    assert find_subjects(rule) == []
    PnlBook.objects.filter(pk=book.pk).update(gross="-49")
    assert find_subjects(rule) == ["pnl"]
    high = make_rule(own.user, "pnl_above", conditions | {"value": "-49.99", "clear": "-60"})
    assert find_subjects(high) == []
    other = make_rule(own.user, "pnl_below", conditions | {"simulated": not own.is_paper})
    assert find_subjects(other) == [], "paper and live are never added up"


def test_the_pnl_of_this_day(own: ExchangeKey) -> None:
    conditions = {"value": "-5", "measure": "day", "simulated": own.is_paper}
    rule = make_rule(own.user, "pnl_below", conditions)
    book = make_book(own, "-500")
    PnlDay.objects.create(book=book, on=NOON.date() - timedelta(days=1), gross="-99", fees=0)
    assert find_subjects(rule) == []
    PnlDay.objects.create(book=book, on=NOON.date(), gross="-4", fees="1")
    assert find_subjects(rule) == ["pnl"]


def test_an_unrealised_pnl_without_a_price_is_not_known(own: ExchangeKey) -> None:
    conditions = {"value": "-5", "measure": "total", "simulated": own.is_paper}
    rule = make_rule(own.user, "pnl_below", conditions)
    make_book(own, "-500", held="1", cost="100")
    evaluation = evaluate.try_rule(rule, now=NOON)
    assert (evaluation.findings, evaluation.unknown) == ([], {rule.pk})


def test_a_drawdown(user: User) -> None:
    rule = make_rule(user, "drawdown", {"percent": "10", "days": 1})

    def note_value(value: str, minutes: int) -> list[str]:
        at = NOON - timedelta(minutes=minutes)
        PortfolioValue.objects.create(user=user, is_paper=False, at=at, value=value)
        return find_subjects(rule)

    note_value("5000", 25 * 60)
    assert note_value("1000", 60) == []
    assert evaluate.try_rule(rule, now=NOON).unknown == {rule.pk}, "its newest value is old"
    assert note_value("900.06", 2) == []
    assert note_value("900", 1) == ["portfolio"]


def test_a_key_that_no_stream_follows(own: ExchangeKey) -> None:
    ExchangeKey.objects.update(created_at=NOON)
    rule = make_rule(own.user, "feed_stale", {"seconds": 60})
    assert find_subjects(rule, seconds=59) == []
    assert find_subjects(rule, seconds=60) == [f"key:{own.pk}"]
    lease = StreamLease.objects.create(
        key=own, state=StreamState.LIVE, expires_at=NOON + timedelta(seconds=100)
    )
    assert find_subjects(rule, seconds=60) == []
    assert find_subjects(rule, seconds=150) == [f"key:{own.pk}"], "its lease ran out"
    StreamLease.objects.filter(pk=lease.pk).update(
        state=StreamState.WAITING,
        last_message_at=NOON - timedelta(days=3),  # nothing was traded
        silent_since=NOON + timedelta(seconds=10),
    )
    assert find_subjects(rule, seconds=69) == []
    assert find_subjects(rule, seconds=70) == [f"key:{own.pk}"]


def test_a_switch_that_its_venue_does_not_renew(own: ExchangeKey, foreign: ExchangeKey) -> None:
    rule = make_rule(own.user, "switch_failing", {"seconds": 60})
    for key in (own, foreign):
        DeadMansSwitch.objects.create(key=key, seconds=120, renewed_at=NOON)
    assert find_subjects(rule, seconds=999) == [], "nothing was refused"
    DeadMansSwitch.objects.update(last_error="The venue does not answer.")
    assert find_subjects(rule, seconds=59) == []
    assert find_subjects(rule, seconds=60) == [f"key:{own.pk}"]
    DeadMansSwitch.objects.update(seconds=0)
    assert find_subjects(rule, seconds=60) == [], "it is off"


def test_many_rules_cost_as_few_queries_as_one(
    user: User, own: ExchangeKey, django_assert_max_num_queries: Any
) -> None:
    kinds: dict[str, Any] = {
        "order_stuck": {},
        "order_filled": {},
        "bot_stopped": {},
        "feed_stale": {},
        "pnl_below": {"value": "-5", "measure": "total"},
        "drawdown": {"percent": "5"},
    }
    for _ in range(10):
        for kind, conditions in kinds.items():
            make_rule(user, kind, conditions)
    assert AlertRule.objects.count() == 60
    with django_assert_max_num_queries(12):
        evaluate.evaluate_rules(now=NOON)
