"""The form for a new API token."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users.api_tokens.actions import MOST_NETWORKS, NewToken, label_keys, parse_network
from users.models import User

DAYS: Final = [
    (7, gettext_lazy("7 days")),
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (365, gettext_lazy("1 year")),
]
SCOPES: Final = [
    ("read", gettext_lazy("Read: orders, holdings, bots, results; never a secret")),
    ("trade", gettext_lazy("Trade: place and cancel orders, run bots, settle signals; reads too")),
]
OPERATE: Final = (
    "operate",
    gettext_lazy("Operate: tell users something, see the installation's figures"),
)


class ApiTokenForm(forms.Form):
    """The form for a new API token. No key ticked means all keys, also those added later."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Which program it is for."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("It expires after"), choices=DAYS, coerce=int, initial=90
    )
    keys = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Only for these keys"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all keys, those to come included."),
    )
    networks = forms.CharField(
        label=gettext_lazy("Only from these addresses"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy(
            "Such as 203.0.113.7 or 203.0.113.0/24, with blanks between them. Empty: all."
        ),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"scopes": ["read"]})
        scopes, keys = self.fields["scopes"], self.fields["keys"]
        assert isinstance(scopes, forms.ChoiceField)  # noqa: S101
        assert isinstance(keys, forms.ChoiceField)  # noqa: S101
        scopes.choices = [*SCOPES, OPERATE] if user.is_staff else SCOPES
        keys.choices = list(label_keys(user).items())

    def clean_networks(self) -> list[str]:
        networks = []
        for text in self.cleaned_data["networks"].replace(",", " ").split():
            try:
                networks.append(parse_network(text))
            except ValueError:
                message = _("“%(text)s” is no address and no network.") % {"text": text}
                raise forms.ValidationError(message) from None
        if len(networks) > MOST_NETWORKS:
            raise forms.ValidationError(
                _("At most %(most_networks)s.") % {"most_networks": MOST_NETWORKS}
            )
        return networks

    def read_request(self) -> NewToken:
        data = self.cleaned_data
        return NewToken(
            name=data["name"],
            scopes=data["scopes"],
            days=data["days"],
            key_ids=data["keys"] or None,
            networks=data["networks"],
        )
