"""A batch of rules of one kind, and what its evaluator answers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Final, Protocol

from operations.health import present
from operations.health.service_status import ServiceStatus
from operations.models import AlertRule
from realtime.values import format_money
from users.languages.text import Phrase

PAPER: Final = Phrase(" (SIMULATED)")  # behind what concerns paper money
MOST_OF_A_RULE: Final = 50  # alerts that one rule may have open


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A condition that holds now. The subject is what it holds of, such as an order.

    Its texts are phrases: the rule of operators is read by several people.
    """

    rule_id: int
    subject: str
    title: str
    message: str = ""
    link: str = ""
    cause: str = ""  # of a notification that tells the same; ways are told once for both


@dataclass(slots=True)
class Evaluation:
    """The conditions that hold; of `unknown` rules nothing can be said now, so nothing changes."""

    findings: list[Finding] = field(default_factory=list)
    unknown: set[int] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)  # what was compared, in words

    def note_unknown(self, rule: AlertRule, reason: str) -> None:
        self.unknown.add(rule.pk)
        self.reasons[rule.pk] = reason


@dataclass(frozen=True)
class RuleBatch:
    """The rules of one kind that are evaluated together, and which of their alerts are open."""

    rules: Sequence[AlertRule]
    now: datetime
    open_subjects: frozenset[tuple[int, str]] = frozenset()
    read_services: Callable[[], list[ServiceStatus]] | None = None  # shared by several batches

    def is_open(self, rule: AlertRule, subject: str) -> bool:
        return (rule.pk, subject) in self.open_subjects

    def list_user_ids(self) -> list[int]:
        return sorted({rule.user_id for rule in self.rules if rule.user_id is not None})

    @cached_property
    def services(self) -> list[ServiceStatus]:
        """The present health of all services; it is asked at the first use only."""
        return self.read_services() if self.read_services else present.read_services(self.now)


class Evaluator(Protocol):
    def __call__(self, batch: RuleBatch) -> Evaluation: ...


def is_above(value: Decimal, limit: Decimal, clear: Decimal, *, is_open: bool) -> bool:
    """Compare with a limit, and while an alert lasts with the limit below which it ends."""
    return value > clear if is_open else value >= limit


def is_below(value: Decimal, limit: Decimal, clear: Decimal, *, is_open: bool) -> bool:
    return value < clear if is_open else value <= limit


def name_limit(limit: Decimal, *, is_up: bool) -> Phrase:
    value = format_money(limit)
    if is_up:
        return Phrase("above %(limit)s", limit=value)
    return Phrase("below %(limit)s", limit=value)


def add_status(
    evaluation: Evaluation, batch: RuleBatch, services: Iterable[ServiceStatus], good: str
) -> Evaluation:
    """Add each of these services to the findings of every rule; `good` says that none is one."""
    listed = list(services)
    for rule in batch.rules:
        evaluation.reasons[rule.pk] = "; ".join(one.reason for one in listed) or good
        evaluation.findings += [
            Finding(
                rule_id=rule.pk,
                subject=one.service,
                title=f"{one.label}: {one.status}",
                message=f"{one.reason} {one.remedy}".strip(),
            )
            for one in listed
        ]
    return evaluation
