"""Serializers of alert rules."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from operations.alerts.evaluators.findings import Evaluation
from operations.alerts.evaluators.registry import RuleKind
from operations.models import AlertLevel, AlertRule
from users.rest import KnownFieldsOnly
from users.strict.fields import WholeNumberField

LONGEST_WAIT: Final = 30 * 86_400
CONDITIONS: Final = {"type": "object", "additionalProperties": {}}


@extend_schema_field(CONDITIONS)
class ConditionsField(serializers.DictField):
    """The conditions of a rule by their names; the kind says which it takes."""


class RuleOut(serializers.ModelSerializer[AlertRule]):
    conditions = ConditionsField(read_only=True)

    class Meta:
        model = AlertRule
        fields = [
            *("id", "kind", "name", "conditions", "level", "cooldown_seconds", "clear_seconds"),
            *("tells_end", "is_active", "is_default", "active_since", "created_at"),
        ]
        read_only_fields = fields


class RuleChange(KnownFieldsOnly):
    """Changes of a rule; what is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    conditions = ConditionsField(required=False)
    level = serializers.ChoiceField(AlertLevel.choices, required=False)
    cooldown_seconds = WholeNumberField(
        min_value=0, max_value=LONGEST_WAIT, required=False, help_text="quiet after an alert ended"
    )
    clear_seconds = WholeNumberField(
        min_value=0, max_value=86_400, required=False, help_text="well for so long before it ends"
    )
    tells_end = serializers.BooleanField(
        required=False, help_text="whether your ways are told of the end too"
    )
    is_active = serializers.BooleanField(required=False)


class RuleRequest(RuleChange):
    """A new rule. `alert-rules/kinds/` lists the kinds and their conditions."""

    kind = serializers.CharField(max_length=30)


class DraftRequest(KnownFieldsOnly):
    """A rule that is tried and not kept."""

    kind = serializers.CharField(max_length=30)
    conditions = ConditionsField(required=False)


class TrialFinding(serializers.Serializer[Any]):
    subject = serializers.CharField(help_text="what the condition holds of")
    title = serializers.CharField()
    message = serializers.CharField()
    link = serializers.CharField()


class TrialOut(serializers.Serializer[Any]):
    fires = serializers.BooleanField(help_text="whether its condition holds now")
    known = serializers.BooleanField(help_text="false: it cannot be said now; `reason` says why")
    reason = serializers.CharField(help_text="what was compared, in words")
    findings = TrialFinding(many=True)


class ConditionOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    is_required = serializers.BooleanField()
    default = serializers.JSONField(help_text="taken if it is left out")
    choices = serializers.ListField(child=serializers.CharField())


class RuleKindOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    title = serializers.CharField()
    level = serializers.CharField()
    happens_once = serializers.BooleanField(help_text="an event, such as a fill, and no state")
    conditions = ConditionOut(many=True)


def describe_trial(rule: AlertRule, evaluation: Evaluation) -> dict[str, Any]:
    fields = ("subject", "title", "message", "link")
    return {
        "fires": bool(evaluation.findings),
        "known": rule.pk not in evaluation.unknown,
        "reason": evaluation.reasons.get(rule.pk, ""),
        "findings": [{name: getattr(row, name) for name in fields} for row in evaluation.findings],
    }


def describe_kinds(kinds: Mapping[str, RuleKind]) -> list[dict[str, Any]]:
    return [
        {
            "kind": name,
            "title": kind.label,
            "level": kind.level,
            "happens_once": kind.happens_once,
            "conditions": _list_conditions(kind),
        }
        for name, kind in kinds.items()
    ]


def _list_conditions(kind: RuleKind) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "type": one.type,
            "title": one.label,
            "help": one.help,
            "is_required": one.default is None and not one.is_optional,
            "default": one.default,
            "choices": [value for value, _ in one.choices],
        }
        for name, one in kind.conditions.items()
    ]
