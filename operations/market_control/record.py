"""Record each change of the simulated markets, and tell the other operators.

A row is written before the venue is called: a process that dies between the two leaves a row that
says "begun", and no change without a row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from exchanges.paper import SimulatorRefused, SimulatorUnavailable
from operations.market_control.simulator import MarketStep, SwitchedOff
from operations.models import MarketChange, MarketSession
from realtime import operator_messages
from users.models import User

LONGEST_REASON: Final = 500
SIMULATED: Final = "SIMULATED"
Outcome = MarketChange.Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class MarketAct:
    """An act of an operator; a replay of the session does its `steps` again."""

    act: str
    target: str
    message: str
    plan: str = ""
    steps: Sequence[MarketStep] = field(default=())
    before: Mapping[str, Any] = field(default_factory=dict)


def run_act(operator: User, act: MarketAct, call: Callable[[], Any]) -> Any:
    """Record an act, do it by `call`, and record and tell its outcome."""
    with record_act(operator, act):
        return call()


@contextmanager
def record_act(operator: User, act: MarketAct) -> Iterator[MarketChange]:
    row = _begin_change(operator, act, now=timezone.now())
    try:
        yield row
    except SimulatorRefused as error:
        _end_change(row, act, Outcome.REFUSED, error.reason)
        raise
    except (SimulatorUnavailable, SwitchedOff) as error:
        _end_change(row, act, Outcome.FAILED, str(error))
        raise
    _end_change(row, act, Outcome.DONE)


def _begin_change(operator: User, act: MarketAct, *, now: datetime) -> MarketChange:
    return MarketChange.objects.create(
        session=MarketSession.objects.filter(stopped_at=None).first(),
        operator=operator,
        by=operator.get_username(),
        act=act.act,
        target=act.target[:200],
        plan=act.plan,
        steps=list(act.steps),
        before=dict(act.before),
        at=now,
    )


def _end_change(row: MarketChange, act: MarketAct, outcome: str, reason: str = "") -> None:
    row.outcome, row.reason = outcome, reason[:LONGEST_REASON]
    message = act.message if outcome == Outcome.DONE else f"{outcome}: {row.reason}"
    with transaction.atomic():
        row.save(update_fields=["outcome", "reason"])
        operator_messages.notify_staff(
            by=row.by,
            action=f"market {row.act}",
            target=f"{SIMULATED} {row.target}",
            message=message,
            now=timezone.now(),
        )
