"""Serializers of ways. An address and a secret can be written and never read."""

import base64
import binascii
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from operations.models import NotificationCategory, NotificationPreferences, NotificationWay
from operations.notifications.ways.addresses import LONGEST
from users.rest import KnownFieldsOnly

CLOCK_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
KEY_LENGTHS = {"p256dh": 65, "auth": 16}


class WayOut(serializers.ModelSerializer[NotificationWay]):
    class Meta:
        model = NotificationWay
        fields = [
            *("id", "name", "kind", "hint", "categories", "collect", "is_active", "off_reason"),
            *("failures", "last_error", "last_sent_at", "paused_until", "created_at"),
        ]
        read_only_fields = fields


class NewWayOut(WayOut):
    """The new way; `secret` signs a webhook, is empty for others, and is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WayOut.Meta):
        fields = [*WayOut.Meta.fields, "secret"]
        read_only_fields = fields


class SubscriptionKeys(KnownFieldsOnly):
    """The keys of a browser's subscription, in base64 for URLs."""

    p256dh = serializers.CharField(max_length=100, write_only=True)
    auth = serializers.CharField(max_length=40, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        for name, length in KEY_LENGTHS.items():
            if _count_bytes(attrs[name]) != length:
                raise ValidationError({name: [f"It must be {length} bytes, in base64 for URLs."]})
        return attrs


class Subscription(serializers.Serializer[Any]):
    """A browser's subscription as `PushSubscription.toJSON()` gives it; other fields are left."""

    endpoint = serializers.CharField(max_length=LONGEST, write_only=True)
    keys = SubscriptionKeys(write_only=True)


class WayChange(KnownFieldsOnly):
    """Changes of a way; what is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    categories = serializers.ListField(
        child=serializers.ChoiceField(NotificationCategory.choices),
        required=False,
        max_length=len(NotificationCategory.values),
        help_text="Which kinds of messages it is told; a test is sent in any case",
    )
    collect = serializers.ChoiceField(
        NotificationWay.Collect.choices,
        required=False,
        help_text="At once, or in one message an hour or a day; critical ones come at once",
    )
    is_active = serializers.BooleanField(required=False)


class WayRequest(KnownFieldsOnly):
    """A way to add: a service or a webhook by its `url`, a browser by its `subscription`."""

    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(["apprise", "webhook", "web_push"])
    url = serializers.CharField(max_length=LONGEST, required=False, write_only=True)
    subscription = Subscription(required=False, write_only=True)
    categories = WayChange().fields["categories"]
    collect = WayChange().fields["collect"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        wanted, other = ("url", "subscription")
        if attrs["kind"] == "web_push":
            wanted, other = other, wanted
        if wanted not in attrs:
            raise ValidationError({wanted: ["This is needed for a way of this kind."]})
        if other in attrs:
            raise ValidationError({other: ["A way of this kind has none."]})
        return attrs


@extend_schema_field({"type": "string", "pattern": CLOCK_TIME, "example": "22:00:00"})
class ClockTimeField(serializers.TimeField):
    """A time of the day in the user's zone; OpenAPI's format `time` would want an offset."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M:%S", input_formats=["%H:%M:%S", "%H:%M"], **kwargs)


class PreferencesOut(serializers.ModelSerializer[NotificationPreferences]):
    """Quiet hours are in the time zone of `me/`; both null: none."""

    quiet_from = ClockTimeField(read_only=True, allow_null=True)
    quiet_until = ClockTimeField(read_only=True, allow_null=True)

    class Meta:
        model = NotificationPreferences
        fields = ["in_app", "quiet_from", "quiet_until", "critical_passes"]
        read_only_fields = fields


class PreferencesChange(KnownFieldsOnly):
    in_app = serializers.ListField(
        child=serializers.ChoiceField(NotificationCategory.choices),
        required=False,
        max_length=len(NotificationCategory.values),
    )
    quiet_from = ClockTimeField(required=False, allow_null=True)
    quiet_until = ClockTimeField(required=False, allow_null=True)
    critical_passes = serializers.BooleanField(required=False)


class PushKeyOut(serializers.Serializer[Any]):
    """The key that browsers subscribe with; empty: Web Push is not set up here."""

    key = serializers.CharField(read_only=True)


class TelegramLinkOut(serializers.Serializer[Any]):
    """A code to send to the bot, or a link that does it. Good once, for ten minutes."""

    code = serializers.CharField(read_only=True)
    bot = serializers.CharField(read_only=True, help_text="The bot's name; empty: not known yet")
    link = serializers.CharField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)


def _count_bytes(text: str) -> int:
    try:
        return len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return -1
