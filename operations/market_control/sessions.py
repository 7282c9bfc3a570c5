"""Sessions: what was changed between a start and a stop can be made again, and gone back from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from operations.market_control import prices, record, scenarios, simulator
from operations.market_control.record import MarketAct
from operations.market_control.simulator import MarketStep
from operations.models import MarketChange, MarketScenario, MarketSession
from users.models import User

PLAN: Final = "session"
RESTORED: Final = ("markets", "accounts")


class SessionConflict(Exception):
    """The session is not in the state that this needs; the argument says which it is."""


def start_session(operator: User, name: str) -> MarketSession:
    """Begin to record, from a snapshot of prices and accounts."""
    if MarketSession.objects.filter(stopped_at=None).exists():
        raise SessionConflict("A session is open. Stop it first.")
    snapshot, now = _fetch_snapshot(), timezone.now()
    session = MarketSession(
        name=name,
        by=operator.get_username(),
        started_at=now,
        snapshot=snapshot,
        snapshot_at=now,
    )
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError:
        raise SessionConflict("A session is open. Stop it first.") from None
    _note(operator, "start", session, "session started")
    return session


def stop_session(operator: User, session: MarketSession) -> MarketSession:
    if session.stopped_at:
        raise SessionConflict("The session has ended.")
    _note(operator, "stop", session, "session stopped")
    session.stopped_at = timezone.now()
    session.save(update_fields=["stopped_at"])
    return session


def replay_session(operator: User, session: MarketSession) -> int:
    """Make the session's changes again, each as long after the start as it was then."""
    if session.stopped_at is None:
        raise SessionConflict("The session is open. Stop it before it is replayed.")
    steps = list_replay_steps(session.started_at, session.changes.order_by("id"))
    if not steps:
        raise SessionConflict("Nothing was changed in this session.")
    act = MarketAct(
        act="replay",
        target=session.name,
        message=f"{len(steps)} steps replayed",
        plan=PLAN,
        steps=steps,
    )
    record.run_act(operator, act, lambda: simulator.send_steps(PLAN, steps))
    return len(steps)


def list_replay_steps(started_at: datetime, changes: Iterable[MarketChange]) -> list[MarketStep]:
    """Return all steps by the time since the start.

    A plan ends when a later change replaces it or calls it off: what it had not done by then was
    not done at all.
    """
    steps: list[tuple[int, str, MarketStep]] = []
    for change in changes:
        if change.outcome != MarketChange.Outcome.DONE:
            continue
        offset = max(round((change.at - started_at).total_seconds() * 1000), 0)
        if change.act == "call-off":
            steps = [step for step in steps if step[0] <= offset]
        elif change.plan:
            steps = [step for step in steps if step[0] <= offset or step[1] != change.plan]
        for step in change.steps:
            after_ms = offset + step["after_ms"]
            timed = MarketStep(after_ms=after_ms, act=step["act"], body=step["body"])
            steps.append((after_ms, change.plan, timed))
    steps.sort(key=lambda step: step[0])  # a stable sort: one change's steps keep their order
    return [step for _, _, step in steps]


def reset_session(operator: User, session: MarketSession) -> dict[str, Any]:
    """Go back to the session's snapshot: prices, walks and balances; all orders are cancelled."""
    body = {name: session.snapshot[name] for name in RESTORED}
    act = MarketAct(act="reset", target=session.name, message="back to its snapshot")
    with record.record_act(operator, act):
        simulator.call_simulator("DELETE", "schedule", {})
        answer = simulator.call_simulator("POST", "snapshot", body)
    MarketScenario.objects.exclude(active_since=None).update(active_since=None)
    return {name: answer[name] for name in ("cancelled", "markets", "payments")}


def take_snapshot(operator: User, session: MarketSession) -> MarketSession:
    """Keep prices and accounts as they are now instead of as they were at the start."""
    act = MarketAct(
        act="snapshot",
        target=session.name,
        message="snapshot taken",
        before={"snapshot_at": session.snapshot_at.isoformat()},
    )
    with record.record_act(operator, act):
        session.snapshot, session.snapshot_at = _fetch_snapshot(), timezone.now()
        session.save(update_fields=["snapshot", "snapshot_at"])
    return session


def _fetch_snapshot() -> dict[str, Any]:
    answer = simulator.call_simulator("GET", "snapshot")
    return {name: answer[name] for name in RESTORED}


def _note(operator: User, act: str, session: MarketSession, message: str) -> None:
    with record.record_act(
        operator, MarketAct(act=f"session-{act}", target=session.name, message=message)
    ):
        pass


def read_overview() -> dict[str, Any]:
    """Return all there is to see: markets, faults, the scenario that runs and the open session."""
    active = scenarios.list_scenarios().exclude(active_since=None).first()
    session = MarketSession.objects.filter(stopped_at=None).first()
    return {
        **prices.read_markets(),
        "scenario": active.name if active else None,
        "session": session.pk if session else None,
    }
