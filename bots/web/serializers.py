"""The inputs and outputs of the API of bots. A bot has the same shape as in events."""

from typing import Any

from rest_framework import serializers

from bots.models import Bot, StopAll, Strategy
from bots.payloads import WholeBotData, bot_data, whole_bot_data
from bots.running import commands
from bots.strategies.settings import Setting
from orders.web.serializers import OwnKeyField
from realtime.shapes.events import BotData
from users.api_tokens.access import ALL_KEYS_ONLY, token_keys
from users.rest import KnownFieldsOnly
from users.strict.fields import AmountField, WholeNumberField

MOST_AT_ONCE = 200
KINDS = {bool: "boolean", int: "whole number"}


class BotOut(serializers.BaseSerializer[Bot]):
    shape = BotData

    def to_representation(self, instance: Bot) -> BotData:
        return bot_data(instance)


class WholeBotOut(serializers.BaseSerializer[Bot]):
    shape = WholeBotData

    def to_representation(self, instance: Bot) -> WholeBotData:
        return whole_bot_data(instance)


class ChangedBot(KnownFieldsOnly):
    """The values of a bot; `settings` replaces all of the strategy's settings."""

    name = serializers.CharField(max_length=60)
    symbol = serializers.CharField(max_length=40)
    strategy = serializers.ChoiceField(Strategy.choices)
    settings = serializers.DictField()
    check_seconds = WholeNumberField(min_value=1, max_value=3600, default=5)
    budget = AmountField(required=False, allow_null=True, default=None)
    most_orders = WholeNumberField(min_value=1, max_value=1000, default=100)
    most_held = AmountField(required=False, allow_null=True, default=None)
    daily_loss = AmountField(required=False, allow_null=True, default=None)
    high_value = AmountField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Orders worth this, in the quote currency, are checked before others",
    )
    is_default = serializers.BooleanField(default=False)

    def validate_is_default(self, is_default: bool) -> bool:
        """Keep signals, which concern all keys, from a token for some of them."""
        if is_default and token_keys(self.context["request"]) is not None:
            raise serializers.ValidationError(ALL_KEYS_ONLY)
        return is_default

    def given_values(self) -> dict[str, Any]:
        """Return only the values of the request: a partial change leaves the others."""
        return {name: self.validated_data[name] for name in self.initial_data}


class NewBot(ChangedBot):
    key = OwnKeyField()


class Bulk(KnownFieldsOnly):
    ids = serializers.ListField(
        child=WholeNumberField(min_value=1), min_length=1, max_length=MOST_AT_ONCE
    )
    action = serializers.ChoiceField([*commands.COMMANDS, commands.CHANGE])
    changes = serializers.DictField(required=False, help_text="To change: as for one bot")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if (data["action"] == commands.CHANGE) != ("changes" in data):
            message = "This is needed to change bots, and for nothing else."
            raise serializers.ValidationError({"changes": message})
        if "changes" in data:
            serializer = ChangedBot(data=data["changes"], partial=True, context=self.context)
            if not serializer.is_valid():
                raise serializers.ValidationError({"changes": serializer.errors})
            data["changes"] = serializer.given_values()
        return data


class BulkOut(serializers.Serializer[Any]):
    done = serializers.ListField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.CharField(), help_text="Why, by id")


class EmergencyOut(serializers.ModelSerializer[StopAll]):
    words = serializers.CharField(source="message", read_only=True)

    class Meta:
        model = StopAll
        fields = ["id", "asked_at", "ended_at", "bots", "orders", "left", "words"]
        read_only_fields = fields


class Execute(KnownFieldsOnly):
    side = serializers.ChoiceField(["buy", "sell"])


class SettingOut(serializers.Serializer[Any]):
    """A setting, with all that a form needs to show it."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field by that name
    kind = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField()
    needed = serializers.BooleanField()
    least = serializers.CharField(allow_null=True)
    most = serializers.CharField(allow_null=True)


class StrategyOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field by that name
    settings = SettingOut(many=True)


def setting_data(setting: Setting) -> dict[str, Any]:
    field = setting.input
    least = field.least if field.least is not None else field.above
    choices = list(setting.kind) if isinstance(setting.kind, tuple) else []
    return {
        "name": setting.name,
        "label": field.label,
        "kind": "choice" if choices else KINDS.get(setting.kind, "number"),
        "choices": choices,
        "unit": field.unit,
        "needed": setting.is_needed,
        "least": None if least is None else str(least),
        "most": None if field.most is None else str(field.most),
    }
