"""What the API of bots takes and gives. What it gives is the shape of the events, said once."""

from typing import Any

from rest_framework import serializers

from bots.models import Bot, StopAll, Strategy
from bots.payloads import WholeBotData, bot_data, whole_bot_data
from bots.running import commands
from bots.strategies.settings import Setting
from orders.web.serializers import AmountField, OwnKeyField
from realtime.shapes import BotData
from users.rest import KnownFieldsOnly

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
    """What can be set of a bot; `settings` replaces all of the strategy's settings."""

    name = serializers.CharField(max_length=60)
    symbol = serializers.CharField(max_length=40)
    strategy = serializers.ChoiceField(Strategy.choices)
    settings = serializers.DictField()
    check_seconds = serializers.IntegerField(min_value=1, max_value=3600, default=5)
    budget = AmountField(required=False, allow_null=True, default=None)
    most_orders = serializers.IntegerField(min_value=1, max_value=1000, default=100)
    most_held = AmountField(required=False, allow_null=True, default=None)
    daily_loss = AmountField(required=False, allow_null=True, default=None)
    is_default = serializers.BooleanField(default=False)

    def wanted(self) -> dict[str, Any]:
        """What was asked for, and no more: where only a part is given, the rest stays."""
        return {name: self.validated_data[name] for name in self.initial_data}


class NewBot(ChangedBot):
    key = OwnKeyField()


class Bulk(KnownFieldsOnly):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST_AT_ONCE
    )
    action = serializers.ChoiceField([*commands.DO, commands.CHANGE])
    changes = serializers.DictField(required=False, help_text="To change: as for one bot")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if (given["action"] == commands.CHANGE) != ("changes" in given):
            words = "This is needed to change bots, and for nothing else."
            raise serializers.ValidationError({"changes": words})
        if "changes" in given:
            wanted = ChangedBot(data=given["changes"], partial=True)
            if not wanted.is_valid():
                raise serializers.ValidationError({"changes": wanted.errors})
            given["changes"] = wanted.wanted()
        return given


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
    """How a setting is asked for: enough to draw a form."""

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


def setting_data(one: Setting) -> dict[str, Any]:
    asked, least = one.asked, one.asked.least if one.asked.least is not None else one.asked.above
    choices = list(one.kind) if isinstance(one.kind, tuple) else []
    return {
        "name": one.name,
        "label": asked.label,
        "kind": "choice" if choices else KINDS.get(one.kind, "number"),
        "choices": choices,
        "unit": asked.unit,
        "needed": one.is_needed,
        "least": None if least is None else str(least),
        "most": None if asked.most is None else str(asked.most),
    }
