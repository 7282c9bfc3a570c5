"""The form that attaches a key; the API's own rules decide, so that there is one truth."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from exchanges import paper, venues
from exchanges.keys.serializers import NewKey
from exchanges.venues import MarketKind

SECRET = {"autocomplete": "off", "spellcheck": "false"}


class KeyForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=60,
        help_text=gettext_lazy("What you call it, such as Main or Grid bots."),
    )
    venue = forms.ChoiceField(label=gettext_lazy("Venue"), choices=venues.choices)
    market = forms.ChoiceField(
        label=gettext_lazy("Market"), choices=MarketKind.choices, initial=MarketKind.SPOT
    )
    api_key = forms.CharField(
        label=gettext_lazy("API key"), max_length=200, widget=forms.TextInput(attrs=SECRET)
    )
    secret = forms.CharField(
        label=gettext_lazy("Secret"),
        strip=False,
        widget=forms.PasswordInput(attrs=SECRET | {"autocomplete": "new-password"}),
        help_text=(
            gettext_lazy(
                "Sealed at once; it is never shown again, to anybody. For an Ed25519 or RSA key of"
                " Binance, paste the whole private key, from -----BEGIN to the end."
            )
        ),
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs=SECRET | {"autocomplete": "new-password"}),
        help_text=gettext_lazy("Only for venues that gave you one."),
    )
    simulated = forms.BooleanField(
        required=False,
        label=gettext_lazy("Simulated: a key of the paper venue, not of the real one"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not paper.is_enabled():
            del self.fields["simulated"]
        if all(venue.passphrase is False for venue in venues.list_served().values()):
            del self.fields["passphrase"]

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        serializer = NewKey(data=self.cleaned_data)
        if serializer.is_valid():
            return dict(serializer.validated_data)
        for name, message in serializer.errors.items():
            self.add_error(name if name in self.fields else None, [str(word) for word in message])
        return self.cleaned_data
