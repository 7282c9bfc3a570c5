"""The form of an alert rule: its fields follow the conditions of its kind."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import Bot
from operations.alerts.evaluators.conditions import BadConditions, Condition
from operations.alerts.rules.actions import RuleOwner
from operations.models import AlertLevel, AlertRule
from users.languages.recipient import localize

PREFIX: Final = "condition_"
LONGEST_WAIT: Final = 30 * 86_400
SETTINGS: Final = ("name", "level", "cooldown_seconds", "clear_seconds", "tells_end")


class RuleForm(forms.Form):
    """A new rule of a kind, or with `rule` the changes of one."""

    name = forms.CharField(max_length=60)
    level = forms.ChoiceField(choices=AlertLevel.choices)
    cooldown_seconds = forms.IntegerField(
        label=gettext_lazy("Quiet after its end, seconds"), min_value=0, max_value=LONGEST_WAIT
    )
    clear_seconds = forms.IntegerField(
        label=gettext_lazy("Ends when well for, seconds"), min_value=0, max_value=86_400
    )
    tells_end = forms.BooleanField(label=gettext_lazy("Tell me of its end too"), required=False)

    def __init__(
        self, owner: RuleOwner, kind: str, rule: AlertRule | None = None, data: Any = None
    ) -> None:
        self.owner, self.kind = owner, owner.list_kinds()[kind]
        draft = rule or AlertRule(kind=kind, name=_(self.kind.label), level=self.kind.level)
        initial = {name: getattr(draft, name) for name in SETTINGS}
        initial |= {f"{PREFIX}{name}": value for name, value in draft.conditions.items()}
        super().__init__(data, initial=initial, auto_id=f"rule-{draft.pk or 'new'}-%s")
        for name, condition in self.kind.conditions.items():
            self.fields[f"{PREFIX}{name}"] = self._make_field(condition)
        self.order_fields(["name", *(f"{PREFIX}{name}" for name in self.kind.conditions)])

    def clean(self) -> dict[str, Any]:
        """Check the conditions as the API does."""
        fields = super().clean() or {}
        given = {name: fields.get(f"{PREFIX}{name}") for name in self.kind.conditions}
        try:
            self.conditions = self.kind.clean(given, user_id=self.owner.user_id)
        except BadConditions as bad:
            for name, text in bad.errors.items():
                if f"{PREFIX}{name}" not in self.errors:
                    self.add_error(f"{PREFIX}{name}", localize(text))
        return fields

    def list_settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in SETTINGS}

    def _make_field(self, condition: Condition) -> forms.Field:
        shared: dict[str, Any] = {"label": _(condition.label), "required": False}
        if condition.type == "flag":
            return forms.BooleanField(**shared)
        if condition.type == "choice":
            choices = [(value, _(label)) for value, label in condition.choices]
            return forms.ChoiceField(choices=choices, initial=condition.default, **shared)
        if condition.type == "bot":
            bots = Bot.objects.filter(user=self.owner.user_id).values_list("pk", "name")
            return forms.ChoiceField(choices=[("", _("All")), *bots], **shared)
        if condition.type == "whole":
            return forms.IntegerField(initial=condition.default, **shared)
        return forms.CharField(
            max_length=100, initial=condition.default, help_text=_(condition.help), **shared
        )
