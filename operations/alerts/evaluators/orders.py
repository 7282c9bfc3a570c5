"""Orders that wait too long, are not checked, are filled, or are ended by their venue.

One query for each kind, however many rules there are. What happened once, such as a fill, counts
since the rule was switched on, and for an hour.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from bots.strategies.decisions import SIDES
from operations.alerts.evaluators.findings import (
    MOST_OF_A_RULE,
    PAPER,
    Evaluation,
    Finding,
    RuleBatch,
)
from operations.models import AlertRule
from orders.lifecycle import ended_by
from orders.models import Status
from realtime.values import format_money, gettext_noop
from users.languages.text import Phrase

LASTS: Final = timedelta(hours=1)
FIND_ORDERS: Final = """
SELECT rule.id, found.id, found.side, found.quantity, found.filled, found.symbol, found.status,
    found.ended_reason, account.label, account.is_paper
FROM unnest(%(rules)s::bigint[], %(users)s::bigint[], %(times)s::timestamptz[], %(bots)s::bigint[])
    AS rule (id, user_id, at, bot_id)
CROSS JOIN LATERAL (
    SELECT * FROM orders_order AS trade WHERE trade.user_id = rule.user_id
    AND (rule.bot_id IS NULL OR trade.bot_id = rule.bot_id) AND {condition}
    ORDER BY {order} LIMIT %(most)s
) AS found
JOIN exchanges_exchangekey AS account ON account.id = found.key_id
"""
STUCK: Final = "trade.status IN ('pending', 'unknown') AND trade.created_at <= rule.at"
UNCHECKED: Final = """trade.status IN ('new', 'partially_filled')
    AND coalesce(trade.checked_at, trade.submitted_at, trade.created_at) <= rule.at
    AND EXISTS (SELECT 1 FROM exchanges_exchangekey AS own
        WHERE own.id = trade.key_id AND own.is_active)"""
PARTLY: Final = """trade.status = 'partially_filled' AND EXISTS (
    SELECT 1 FROM orders_fill AS fill
    WHERE fill.order_id = trade.id AND fill.executed_at <= rule.at)"""
FILLED: Final = "trade.ended_at >= rule.at AND trade.status = 'filled'"
# A venue ends an order by a refusal, by a cancel that nobody asked for, or by silence; and where it
# changes none in place, by the first half of a change.
BY_VENUE: Final = f"""trade.ended_at >= rule.at AND trade.origin = 'fillwatch' AND (
    trade.ended_by IN (
        '{ended_by.REFUSAL}', '{ended_by.ABSENCE}', '{ended_by.SWITCH}', '{ended_by.CHANGE}')
    OR (trade.status = '{Status.CANCELED}' AND trade.ended_by = '{ended_by.EXPIRY}'))"""
NOT_CONFIRMED: Final = gettext_noop("Not confirmed by its venue: %(order)s")
NOT_CHECKED: Final = gettext_noop("Not checked at its venue: %(order)s")
FILLED_IN_PART: Final = gettext_noop("Filled in part for long: %(order)s")
ORDER_FILLED: Final = gettext_noop("Order filled: %(order)s")
ENDED_BY_VENUE: Final = gettext_noop("Ended by its venue: %(order)s")
OLDEST_FIRST: Final = "trade.id"
NEWEST_FIRST: Final = "trade.ended_at DESC"


class OrderRow(NamedTuple):
    """An order that a rule's condition holds of."""

    rule_id: int
    order_id: int
    side: str
    quantity: Decimal
    filled: Decimal
    symbol: str
    status: str
    ended_reason: str
    key_label: str
    is_paper: bool

    def describe(self) -> Phrase:
        return Phrase(
            "%(side)s %(quantity)s %(symbol)s%(paper)s",
            side=SIDES[self.side],
            quantity=format_money(self.quantity),
            symbol=self.symbol,
            paper=PAPER if self.is_paper else "",
        )


def evaluate_stuck(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, STUCK, _list_waits(batch), NOT_CONFIRMED, _name_key)


def evaluate_unchecked(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, UNCHECKED, _list_waits(batch), NOT_CHECKED, _name_key)


def evaluate_partly_filled(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, PARTLY, _list_waits(batch), FILLED_IN_PART, _name_filled)


def evaluate_filled(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, FILLED, _list_begins(batch), ORDER_FILLED, _name_key)


def evaluate_ended_by_venue(batch: RuleBatch) -> Evaluation:
    return _evaluate(batch, BY_VENUE, _list_begins(batch), ENDED_BY_VENUE, _name_reason)


def _list_waits(batch: RuleBatch) -> list[datetime]:
    return [batch.now - timedelta(seconds=rule.read_number("seconds") or 0) for rule in batch.rules]


def _list_begins(batch: RuleBatch) -> list[datetime]:
    return [max(rule.active_since, batch.now - LASTS) for rule in batch.rules]


def _evaluate(
    batch: RuleBatch,
    condition: str,
    times: Sequence[datetime],
    title: str,
    describe: Callable[[OrderRow], str],
) -> Evaluation:
    """Find the orders of each rule's owner of which the condition holds."""
    order = OLDEST_FIRST if "ended_at >=" not in condition else NEWEST_FIRST
    has_ended = order == NEWEST_FIRST
    nothing = Phrase("No order.")
    evaluation = Evaluation(reasons=dict.fromkeys((rule.pk for rule in batch.rules), nothing))
    for row in _query_orders(batch.rules, condition, times, order):
        finding = Finding(
            rule_id=row.rule_id,
            subject=f"order:{row.order_id}",
            title=Phrase(title, order=row.describe()),
            message=describe(row),
            link="/orders/",
            cause=f"order:{row.order_id}:{row.status}" if has_ended else "",
        )
        evaluation.findings.append(finding)
        evaluation.reasons[row.rule_id] = finding.title
    return evaluation


def _query_orders(
    rules: Sequence[AlertRule], condition: str, times: Sequence[datetime], order: str
) -> list[OrderRow]:
    arguments: dict[str, Any] = {
        "rules": [rule.pk for rule in rules],
        "users": [rule.user_id for rule in rules],
        "times": list(times),
        "bots": [rule.read_number("bot") for rule in rules],
        "most": MOST_OF_A_RULE,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIND_ORDERS.format(condition=condition, order=order), arguments)
        return [OrderRow(*row) for row in cursor.fetchall()]


def _name_key(row: OrderRow) -> str:
    return Phrase("Key “%(key)s”.", key=row.key_label)


def _name_filled(row: OrderRow) -> str:
    values = {"filled": format_money(row.filled), "key": row.key_label}
    return Phrase("%(filled)s are filled. Key “%(key)s”.", **values)


def _name_reason(row: OrderRow) -> str:
    if not row.ended_reason:
        return _name_key(row)
    reason = Phrase(row.ended_reason)
    return Phrase("%(reason)s Key “%(key)s”.", reason=reason, key=row.key_label)
