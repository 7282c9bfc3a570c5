"""Evaluate all rules on what is true now: raise alerts, and end those whose condition is over.

Each kind of rule is one batch with few queries. Any number of workers may do this at once: an open
alert is unique by its user and name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Final

import structlog
from django.db import Error as DatabaseError
from django.db.models import Q

from operations.alerts import record as alerts
from operations.alerts.evaluators.findings import Evaluation, Finding, RuleBatch
from operations.alerts.evaluators.orders import LASTS
from operations.alerts.evaluators.registry import KINDS
from operations.alerts.record import RULE_PREFIX, AlertText
from operations.health import present
from operations.models import Alert, AlertLevel, AlertRule
from operations.models.alert_rules import RIGHT
from users.languages.recipient import write_for
from users.models import User

log = structlog.get_logger(__name__)
MOST_RAISED: Final = 300  # in one run, which is due every ten seconds; the next one goes on
ONCE_REMEMBERED: Final = 2 * LASTS
MODEL_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
AlertKey = tuple[int, str]  # user and name


class EvaluatorsFailed(Exception):
    """Some kinds of rules could not be evaluated; all others were."""


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An open alert of a rule."""

    id: int
    rule_id: int
    user_id: int
    name: str
    clear_since: datetime | None


@dataclass(slots=True)
class RuleFindings:
    """All findings by the alerts that they are, and the rules of which nothing is known."""

    findings: dict[AlertKey, tuple[AlertRule, Finding]] = field(default_factory=dict)
    unknown: set[int] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)


def evaluate_rules(*, now: datetime) -> str:
    """Evaluate every active rule; return what was done. Raise EvaluatorsFailed at the end."""
    rules = {rule.pk: rule for rule in AlertRule.objects.filter(is_active=True, kind__in=KINDS)}
    open_alerts = _read_open()
    outcome = _evaluate_kinds(rules.values(), open_alerts.values(), now)
    raised = _raise_new(outcome, open_alerts, now)
    ended = _end_old(rules, outcome, open_alerts, now)
    if outcome.failures:
        raise EvaluatorsFailed("; ".join(f"{kind}: {e}" for kind, e in outcome.failures.items()))
    return f"rules: {len(rules)}, raised: {raised}, ended: {ended}" if raised or ended else ""


def try_rule(rule: AlertRule, *, now: datetime) -> Evaluation:
    """Evaluate one rule without raising anything."""
    return KINDS[rule.kind].evaluate(RuleBatch([rule], now))


def list_operators() -> list[int]:
    """List the staff who get the alerts of operators."""
    allowed = User.objects.with_perm(f"operations.{RIGHT}", backend=MODEL_BACKEND)
    return sorted(allowed.filter(is_staff=True, is_active=True).values_list("pk", flat=True))


def name_alert(finding: Finding) -> str:
    return f"{RULE_PREFIX}{finding.rule_id}:{finding.subject}"


def _read_open() -> dict[AlertKey, OpenAlert]:
    rows = Alert.objects.filter(ended_at=None).exclude(rule=None).order_by()
    fields = rows.values_list("id", "rule_id", "user_id", "name", "clear_since")
    return {(row[2], row[3]): OpenAlert(*row) for row in fields if row[1] is not None}


def _evaluate_kinds(
    rules: Iterable[AlertRule], open_alerts: Iterable[OpenAlert], now: datetime
) -> RuleFindings:
    """Ask each kind's evaluator; one that fails costs the others nothing."""
    by_kind: dict[str, list[AlertRule]] = defaultdict(list)
    for rule in rules:
        by_kind[rule.kind].append(rule)
    subjects = frozenset(
        (alert.rule_id, alert.name.removeprefix(f"{RULE_PREFIX}{alert.rule_id}:"))
        for alert in open_alerts
    )
    outcome, operators = RuleFindings(), list_operators()
    # Once for all kinds: while a server hangs each reading takes seconds, and the alert waits.
    read_services = cache(partial(present.read_services, now))
    for kind, listed in by_kind.items():
        try:
            evaluation = KINDS[kind].evaluate(RuleBatch(listed, now, subjects, read_services))
        except Exception as error:  # every other kind of rule must still be evaluated
            log.exception("alert evaluator failed", kind=kind)
            outcome.failures[kind] = f"{type(error).__name__}: {error}"
            outcome.unknown.update(rule.pk for rule in listed)
        else:
            _add_findings(outcome, {rule.pk: rule for rule in listed}, evaluation, operators)
    return outcome


def _add_findings(
    outcome: RuleFindings,
    rules: Mapping[int, AlertRule],
    evaluation: Evaluation,
    operators: Iterable[int],
) -> None:
    outcome.unknown |= evaluation.unknown
    for finding in evaluation.findings:
        rule = rules[finding.rule_id]
        for user_id in [rule.user_id] if rule.user_id is not None else operators:
            outcome.findings[user_id, name_alert(finding)] = rule, finding


def _raise_new(
    outcome: RuleFindings, open_alerts: Mapping[AlertKey, OpenAlert], now: datetime
) -> int:
    new = {key: row for key, row in outcome.findings.items() if key not in open_alerts}
    if not new:
        return 0
    quiet = _list_quiet(new, now)
    raised = 0
    for key, (rule, finding) in new.items():
        if key not in quiet and raised < MOST_RAISED:
            raised += _raise_one(key, rule, finding, now)
    return raised


def _list_quiet(new: Mapping[AlertKey, tuple[AlertRule, Finding]], now: datetime) -> set[AlertKey]:
    """List those that ended within their rule's cooldown, or that happen once and were told."""
    rules = {rule.pk: rule for rule, _ in new.values()}
    longest = max(rule.cooldown_seconds for rule in rules.values())
    once = [pk for pk, rule in rules.items() if KINDS[rule.kind].happens_once]
    told = Q(rule__in=once, began_at__gt=now - ONCE_REMEMBERED)
    recent = Q(ended_at__gt=now - timedelta(seconds=longest)) | told
    rows = Alert.objects.filter(recent, rule__in=rules, ended_at__isnull=False).order_by()
    quiet = set()
    for user_id, name, rule_id, ended_at in rows.values_list("user", "name", "rule", "ended_at"):
        cooldown = timedelta(seconds=rules[rule_id or 0].cooldown_seconds)
        if rule_id in once or (ended_at is not None and ended_at + cooldown > now):
            quiet.add((user_id, name))
    return quiet


def _raise_one(key: AlertKey, rule: AlertRule, finding: Finding, now: datetime) -> bool:
    user_id, name = key
    user = User.objects.filter(pk=user_id).first()
    text = AlertText(
        level=AlertLevel(rule.level),
        title=write_for(user, finding.title),
        message=write_for(user, finding.message),
        link=finding.link,
    )
    try:
        return alerts.raise_for_rule(
            rule, user_id=user_id, name=name, text=text, cause=finding.cause, now=now
        )
    except DatabaseError as error:  # its rule or user was deleted meanwhile
        log.warning("alert not raised", rule=rule.pk, name=name, error=str(error))
        return False


def _end_old(
    rules: Mapping[int, AlertRule],
    outcome: RuleFindings,
    open_alerts: Mapping[AlertKey, OpenAlert],
    now: datetime,
) -> int:
    """End what is well for long enough, and what no rule stands for any more."""
    again, well, over = [], [], []
    for key, alert in open_alerts.items():
        rule = rules.get(alert.rule_id)
        if key in outcome.findings:
            again += [alert.id] if alert.clear_since else []
        elif rule is None:
            over.append((alert, False))
        elif alert.rule_id not in outcome.unknown:
            is_told = rule.tells_end and not KINDS[rule.kind].happens_once
            if now - (alert.clear_since or now) >= timedelta(seconds=rule.clear_seconds):
                over.append((alert, is_told))
            elif alert.clear_since is None:
                well.append(alert.id)
    alerts.mark_clear(again, since=None)
    alerts.mark_clear(well, since=now)
    end = partial(alerts.end_cleared, now=now)
    return sum(end(alert.id, is_told=is_told) for alert, is_told in over)
