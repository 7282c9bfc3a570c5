"""Create, change, switch and delete rules. The only writer of rules, beside defaults.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from operations.alerts import record as alerts
from operations.alerts.evaluators.registry import KINDS, RuleKind
from operations.models import Alert, AlertRule
from users.models import User

MOST_RULES: Final = 100  # of one user, or of operators
CHANGEABLE: Final = frozenset(
    {"name", "level", "cooldown_seconds", "clear_seconds", "tells_end", "is_active"}
)


class RuleRefused(Exception):
    """The rule cannot be added or deleted; the text says why."""


class UnknownKind(Exception):
    """The owner cannot have rules of this kind."""


@dataclass(frozen=True, slots=True)
class RuleOwner:
    """Owner of rules: a user, or without one the operators."""

    user_id: int | None

    def list_rules(self) -> QuerySet[AlertRule]:
        return AlertRule.objects.filter(user=self.user_id)

    def find_kind(self, name: str) -> RuleKind | None:
        kind = KINDS.get(name)
        return kind if kind and kind.is_operators == (self.user_id is None) else None

    def list_kinds(self) -> dict[str, RuleKind]:
        is_operators = self.user_id is None
        return {name: kind for name, kind in KINDS.items() if kind.is_operators == is_operators}


OPERATORS: Final = RuleOwner(None)


def draft_rule(
    owner: RuleOwner, kind: str, conditions: Mapping[str, Any], *, now: datetime, **fields: Any
) -> AlertRule:
    """Build a rule that is not saved; raise BadConditions or UnknownKind."""
    found = owner.find_kind(kind)
    if found is None:
        raise UnknownKind("There is no such kind of rule. `kinds/` lists them.")
    cleaned = found.clean(conditions, user_id=owner.user_id)
    defaults = {"name": found.label, "level": found.level}
    return AlertRule(
        user_id=owner.user_id,
        kind=kind,
        conditions=cleaned,
        active_since=now,
        created_at=now,
        **(defaults | fields),
    )


def create_rule(
    owner: RuleOwner, kind: str, conditions: Mapping[str, Any], *, now: datetime, **fields: Any
) -> AlertRule:
    """Add a rule; raise BadConditions, UnknownKind or RuleRefused."""
    rule = draft_rule(owner, kind, conditions, now=now, **fields)
    with transaction.atomic():
        if owner.user_id is not None:  # one after the other, so that the limit holds
            User.objects.select_for_update(of=("self",)).get(pk=owner.user_id)
        if owner.list_rules().count() >= MOST_RULES:
            raise RuleRefused(f"There can be {MOST_RULES} rules. Delete one that is not needed.")
        rule.save(force_insert=True)
    return rule


def change_rule(
    owner: RuleOwner,
    rule_id: int,
    *,
    now: datetime,
    conditions: Mapping[str, Any] | None = None,
    **fields: Any,
) -> AlertRule:
    """Change what is named. Other conditions, or switching it off, end the rule's alerts."""
    if unknown := fields.keys() - CHANGEABLE:
        raise ValueError(f"not changeable: {sorted(unknown)}")
    with transaction.atomic():
        rule = owner.list_rules().select_for_update(of=("self",)).get(pk=rule_id)
        was_active, former = rule.is_active, rule.conditions
        if conditions is not None:
            kind = KINDS[rule.kind]
            # Another limit without an end of its own: the former end may lie on its wrong side.
            reset = {"clear": None} if kind.limit in conditions else {}
            rule.conditions = kind.clean({**former, **reset, **conditions}, user_id=owner.user_id)
        for name, value in fields.items():
            setattr(rule, name, value)
        is_other = rule.conditions != former
        if rule.is_active and (is_other or not was_active):
            rule.active_since = now
        rule.save()
        if is_other or not rule.is_active:
            end_alerts_of(rule, now=now)
    return rule


def delete_rule(owner: RuleOwner, rule_id: int, *, now: datetime) -> None:
    """Delete a rule; its alerts end and stay in the history. Rules of Fillwatch's own stay."""
    with transaction.atomic():
        rule = owner.list_rules().select_for_update(of=("self",)).get(pk=rule_id)
        if rule.is_default:
            raise RuleRefused("This rule came with Fillwatch. Switch it off instead.")
        end_alerts_of(rule, now=now)
        rule.delete()


def end_alerts_of(rule: AlertRule, *, now: datetime) -> None:
    """End the open alerts of a rule without a message: nobody has to do anything."""
    open_ids = Alert.objects.filter(rule=rule, ended_at=None).order_by("pk")
    for alert_id in open_ids.values_list("pk", flat=True):
        alerts.end_cleared(alert_id, is_told=False, now=now)
