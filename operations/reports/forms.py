"""The form with which a report is made now."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from operations.models import ReportKind


class ReportForm(forms.Form):
    kind = forms.ChoiceField(choices=ReportKind.choices, label=gettext_lazy("Report"))
    on = forms.DateField(
        label=gettext_lazy("Of the day, or the week with it"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def read_choice(self) -> dict[str, Any]:
        return {"kind": ReportKind(self.cleaned_data["kind"]), "day": self.cleaned_data["on"]}
