"""Forms of the page of notification settings."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import NotificationCategory, NotificationPreferences, NotificationWay
from operations.notifications.ways.addresses import LONGEST

CATEGORIES: Final = NotificationCategory.choices


class AddressForm(forms.Form):
    """A new way by its address: a webhook's begins with https://, a service's with its name."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, help_text=gettext_lazy("Such as: my phone.")
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "https://… for a webhook, or a URL of Apprise: ntfy://topic, discord://id/token,"
            " tgram://token/chat, mailtos://user:password@host. It is sealed and never shown again."
        ),
    )


class WayChoicesForm(forms.Form):
    """Choices of a way: its categories, and when it is told."""

    categories = forms.MultipleChoiceField(
        label=gettext_lazy("It is told of"),
        choices=CATEGORIES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    collect = forms.ChoiceField(label=gettext_lazy("When"), choices=NotificationWay.Collect.choices)

    def __init__(self, way: NotificationWay, data: Any = None) -> None:
        initial = {"categories": way.categories, "collect": way.collect}
        super().__init__(data, initial=initial, auto_id=f"way-{way.pk}-%s")


class QuietForm(forms.Form):
    """Quiet hours, and what the list in the application shows."""

    in_app = forms.MultipleChoiceField(
        label=gettext_lazy("My list shows"),
        choices=CATEGORIES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("By the time zone of your preferences. Webhooks are not held back."),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    critical_passes = forms.BooleanField(
        label=gettext_lazy("What is critical comes all the same"), required=False
    )

    def __init__(self, preferences: NotificationPreferences, data: Any = None) -> None:
        names = ("in_app", "quiet_from", "quiet_until", "critical_passes")
        super().__init__(data, initial={name: getattr(preferences, name) for name in names})

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if bool(fields.get("quiet_from")) != bool(fields.get("quiet_until")):
            self.add_error("quiet_until", _("Give both times, or neither."))
        return fields
