"""The fields of each kind of push, validated before anything is done."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bots.models import Signal
from operations.models import AlertLevel, MessageLevel
from users.models import User
from users.rest import KnownFieldsOnly
from users.strict.fields import AmountField

LARGEST_ID = 2**63 - 1


@extend_schema_field(OpenApiTypes.STR)
class Person(serializers.Field[User, Any, Any, Any]):
    """An active user, by name or by id."""

    default_error_messages = {"unknown": "There is no active user of this name or number."}

    def to_internal_value(self, data: Any) -> User:
        if isinstance(data, str) and "\x00" not in data and data.isprintable():
            found = User.objects.filter(username=data, is_active=True).first()
        elif isinstance(data, int) and not isinstance(data, bool) and 0 < data <= LARGEST_ID:
            found = User.objects.filter(pk=data, is_active=True).first()
        else:
            found = None
        if found is None:
            self.fail("unknown")
        return found

    def to_representation(self, value: User) -> str:
        return value.get_username()


class Link(serializers.CharField):
    """A page of this installation, or one behind https; nothing that a click would run."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=300, required=False, allow_blank=True, default="", **kwargs)

    def to_internal_value(self, data: Any) -> str:
        link: str = super().to_internal_value(data)
        here = link.startswith("/") and not link.startswith(("//", "/\\"))
        plain = link.isprintable() and " " not in link  # browsers leave out what is not
        if link and not (plain and (here or _is_https(link))):
            raise serializers.ValidationError('A path such as "/orders/", or an https address.')
        return link


def _is_https(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc)


class ToPeople(KnownFieldsOnly):
    """The recipients of a push: one user, or all operators."""

    user = Person(required=False, default=None, help_text="A username, or a user's number")
    staff = serializers.BooleanField(default=False, help_text="To all operators instead")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        user, staff = attrs.pop("user"), attrs.pop("staff")
        if bool(user) == staff:
            raise serializers.ValidationError(
                {"user": ['Name one user, or say "staff": true, and not both.']}
            )
        people = [user] if user else User.objects.filter(is_staff=True, is_active=True)
        attrs["people"] = sorted(people, key=lambda person: person.pk)
        attrs["target"] = f"user {user.get_username()}" if user else "all operators"
        return attrs


class NotificationPush(ToPeople):
    title = serializers.CharField(max_length=120)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    level = serializers.ChoiceField(MessageLevel.choices, default=MessageLevel.INFO)
    link = Link()


class AlertPush(ToPeople):
    """The same name again is the same alert with new words; `ended` says that it is over."""

    name = serializers.CharField(max_length=80, help_text="Which trouble it is, for you to end it")
    title = serializers.CharField(max_length=120, required=False, default="")
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    level = serializers.ChoiceField(AlertLevel.choices, default=AlertLevel.WARNING)
    link = Link()
    ended = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if not attrs["title"]:
            if not attrs["ended"]:
                raise serializers.ValidationError({"title": ["Say what is wrong."]})
            attrs["title"] = f"“{attrs['name']}” is over"
        return attrs


class SignalPush(ToPeople):
    source = serializers.CharField(max_length=60)  # type: ignore[assignment]  # a field by that name
    symbol = serializers.CharField(max_length=40)
    side = serializers.ChoiceField(Signal.Side.choices)
    price = AmountField(required=False, allow_null=True, default=None)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class MarketPush(KnownFieldsOnly):
    """A price, the best bid and ask, or both, of a simulated instrument."""

    instrument = serializers.CharField(max_length=80)
    last = AmountField(required=False, allow_null=True, default=None)
    bid = AmountField(required=False, allow_null=True, default=None)
    bid_quantity = AmountField(required=False, allow_null=True, default=None)
    ask = AmountField(required=False, allow_null=True, default=None)
    ask_quantity = AmountField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        last, bid, ask = attrs["last"], attrs["bid"], attrs["ask"]
        if last is bid is ask is None:
            raise serializers.ValidationError({"last": ["Give a last price, a bid or an ask."]})
        for side in ("bid", "ask"):
            if attrs[side] is None and attrs[f"{side}_quantity"] is not None:
                raise serializers.ValidationError({side: ["A quantity needs its price."]})
        if isinstance(bid, Decimal) and isinstance(ask, Decimal) and bid >= ask:
            raise serializers.ValidationError({"bid": ["The bid must be below the ask."]})
        return attrs


class BroadcastPush(KnownFieldsOnly):
    title = serializers.CharField(max_length=120)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    level = serializers.ChoiceField(MessageLevel.choices, default=MessageLevel.INFO)


class Pushed(serializers.Serializer[Any]):
    """The result. The same Idempotency-Key gives the same answer and does nothing again."""

    id = serializers.IntegerField(help_text="Of the record")
    kind = serializers.CharField()
    target = serializers.CharField()
    users = serializers.IntegerField(required=False, help_text="How many are told")
    made = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="What was made, one per user"
    )
    broadcast = serializers.IntegerField(required=False)
    sent = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Frames sent to the watchers"
    )
