"""Serializers of keys. A secret can be written and never read."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from exchanges import paper, payloads, venues
from exchanges.keys import actions
from exchanges.limits import bans
from exchanges.models import ExchangeKey, PositionMode, StreamLease
from exchanges.secrets import private_keys
from exchanges.venue_row import Venue
from exchanges.venues import MarketKind
from realtime.shapes.notes import StreamData
from users.rest import KnownFieldsOnly

LONGEST_SECRET = 8192  # an RSA key in PEM is a secret too
KNOWN_VENUES = ", ".join(venues.list_served())
NO_SPACES = r"^[\x21-\x7e]+\Z"


class NewKey(KnownFieldsOnly):
    """A key to attach."""

    label = serializers.CharField(max_length=60)  # type: ignore[assignment]  # a field by that name
    venue = serializers.ChoiceField(
        choices=venues.choices(),
        error_messages={"invalid_choice": f"Unknown venue; known: {KNOWN_VENUES}."},
    )
    market = serializers.ChoiceField(
        choices=MarketKind.choices,
        default=MarketKind.SPOT,
        error_messages={
            "invalid_choice": f"Unknown market; known: {', '.join(MarketKind.values)}."
        },
    )
    api_key = serializers.RegexField(
        NO_SPACES, max_length=200, error_messages={"invalid": "An API key has no spaces in it."}
    )
    secret = serializers.CharField(
        max_length=LONGEST_SECRET,
        write_only=True,
        help_text="the venue's secret, or at Binance a private key in PEM: Ed25519 or RSA",
    )
    passphrase = serializers.CharField(
        max_length=200, write_only=True, required=False, default="", allow_blank=True
    )
    simulated = serializers.BooleanField(default=False, help_text="a key of the paper venue")

    def validate_simulated(self, simulated: bool) -> bool:
        if simulated and not paper.is_enabled():
            raise ValidationError("Paper trading is switched off on this installation.")
        return simulated

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        venue = venues.get(attrs["venue"])
        if attrs["market"] not in venue.markets:
            raise ValidationError(
                {"market": [f"{venue.label} {attrs['market']} is not served yet."]}
            )
        if attrs["passphrase"] and venue.passphrase is False:
            raise ValidationError(
                {"passphrase": [f"{venue.label} has no passphrases: leave it out."]}
            )
        if not attrs["passphrase"] and venue.passphrase:
            raise ValidationError({"passphrase": [f"{venue.label} needs the key's passphrase."]})
        if private_keys.is_pem(attrs["secret"]):
            attrs["secret"] = _read_private_key(venue, attrs["secret"])
        return attrs


def _read_private_key(venue: Venue, secret: str) -> str:
    if not venue.signs_with_private_keys:
        refusal = f"At {venue.label}, a key has a secret. Private keys are not used there."
        raise ValidationError({"secret": [refusal]})
    try:
        return private_keys.normalise_private_key(secret)[1]
    except private_keys.UnusableKey as error:
        raise ValidationError({"secret": [str(error)]}) from None


class KeyChange(KnownFieldsOnly):
    """The fields of a key that can be changed."""

    unknown_field_message = "This cannot be changed; attach a new key instead."

    label = serializers.CharField(  # type: ignore[assignment]  # a field by that name
        max_length=60, required=False
    )
    is_active = serializers.BooleanField(required=False)


class Key(serializers.ModelSerializer[ExchangeKey]):
    """A key as its owner sees it."""

    api_key = serializers.SerializerMethodField(help_text="its last four characters")
    simulated = serializers.BooleanField(source="is_paper")
    permissions = serializers.ListField(
        child=serializers.CharField(), help_text="read, trade, withdraw: as the venue said"
    )

    position_mode = serializers.ChoiceField(
        PositionMode.choices, allow_blank=True, help_text="Of futures; empty: not read yet"
    )
    stream = serializers.SerializerMethodField(help_text="how its own stream at the venue fares")
    waits_until = serializers.SerializerMethodField(help_text="its venue said so; else null")

    class Meta:
        model = ExchangeKey
        fields = [
            "id",
            "label",
            "venue",
            "market",
            "simulated",
            "api_key",
            "is_active",
            "permissions",
            "last_error",
            "last_checked_at",
            "created_at",
            "holdings_at",
            "position_mode",
            "stream",
            "waits_until",
        ]
        read_only_fields = fields

    def get_api_key(self, key: ExchangeKey) -> str:
        return actions.mask_api_key(key.api_key)

    def get_stream(self, key: ExchangeKey) -> StreamData | None:
        lease: StreamLease | None = getattr(key, "stream", None)
        return payloads.stream_data(lease, now=timezone.now()) if lease else None

    def get_waits_until(self, key: ExchangeKey) -> datetime | None:
        return bans.get_end(key, now=timezone.now())


@extend_schema_serializer(component_name="Tested")  # its public name
class KeyTestResult(serializers.Serializer[Any]):
    """The venue's verdict about a key."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
