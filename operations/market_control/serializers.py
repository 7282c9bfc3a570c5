"""Serializers of market control. Every answer says that it is simulated."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from rest_framework import serializers

from operations.market_control.prices import MOST_STEPS, REGIME
from operations.models import MarketChange, MarketScenario, MarketSession
from users.rest import KnownFieldsOnly
from users.strict.fields import AmountField, WholeNumberField
from users.strict.numbers import is_plain_number, write_plain

INSTRUMENT: Final = "a simulated one, such as binance.spot.paper:BTC/USDT"
DAY: Final = 24 * 3600
MOST_FACTOR: Final = 1000


class FactorField(serializers.DecimalField):
    """A decimal in a string that may be zero, and below zero where `min_value` allows it."""

    default_error_messages = {"float": 'Send it as a string, such as "2.5".'}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=10, decimal_places=4, max_value=MOST_FACTOR, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, float):
            self.fail("float")
        text = str(data).strip()
        if isinstance(data, bool) or not is_plain_number(text.removeprefix("-")):
            self.fail("invalid")
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> str:
        return write_plain(Decimal(value))


class RegimeFields(KnownFieldsOnly):
    volatility = FactorField(min_value=0, required=False, help_text="how wide; 1 is usual")
    trend = FactorField(min_value=-MOST_FACTOR, required=False, help_text="percent an hour")
    volume = FactorField(min_value=0, required=False, help_text="how much is traded; 1 is usual")

    def regime(self) -> dict[str, str]:
        """Return the given factors as text."""
        given = self.validated_data
        return {name: write_plain(given[name]) for name in REGIME if name in given}


class RegimeChange(RegimeFields):
    instruments = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=50,
        required=False,
        default=list,
        help_text=f"{INSTRUMENT}; empty: all",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(name in attrs for name in REGIME):
            raise serializers.ValidationError("Name volatility, trend or volume.")
        return attrs


class PriceChange(KnownFieldsOnly):
    instrument = serializers.CharField(max_length=80, help_text=INSTRUMENT)
    price = AmountField()
    seconds = WholeNumberField(
        min_value=0, max_value=DAY, default=0, help_text="until the price is there; 0: at once"
    )
    steps = WholeNumberField(min_value=1, max_value=MOST_STEPS, default=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["steps"] > 1 and not attrs["seconds"]:
            raise serializers.ValidationError({"steps": ["Several steps need seconds."]})
        return attrs


class FaultMatch(KnownFieldsOnly):
    path = serializers.CharField(max_length=200, required=False)
    method = serializers.CharField(max_length=10, required=False)
    key = serializers.CharField(
        max_length=100, required=False, help_text="an API key at the simulated venue, or its label"
    )
    venue = serializers.CharField(max_length=20, required=False)
    symbol = serializers.CharField(max_length=40, required=False)
    order = serializers.CharField(max_length=60, required=False)


class NewFault(KnownFieldsOnly):
    """A fault of the simulated venue; `GET faults/` lists the kinds and what each needs."""

    kind = serializers.CharField(max_length=40)
    match = FaultMatch(required=False, help_text="which requests; without it all")
    times = WholeNumberField(min_value=1, max_value=1_000_000, required=False)
    seconds = WholeNumberField(min_value=1, max_value=DAY, required=False)
    latency_ms = WholeNumberField(min_value=0, max_value=600_000, required=False)
    status = WholeNumberField(min_value=100, max_value=599, required=False)
    code = WholeNumberField(min_value=-1_000_000, max_value=1_000_000, required=False)
    retry_after = WholeNumberField(min_value=0, max_value=DAY, required=False)
    count = WholeNumberField(min_value=1, max_value=1000, required=False)
    skip = WholeNumberField(min_value=0, max_value=1_000_000, required=False)
    message = serializers.CharField(max_length=200, required=False)
    value = serializers.CharField(max_length=100, required=False)
    asset = serializers.CharField(max_length=20, required=False)
    amount = FactorField(min_value=-MOST_FACTOR, required=False)

    def fault(self) -> dict[str, Any]:
        """Return the fault as the simulated venue takes it."""
        given = dict(self.validated_data)
        if "amount" in given:
            given["amount"] = write_plain(given["amount"])
        return given | ({"match": dict(given["match"])} if "match" in given else {})


MISSING = serializers.Field.default_error_messages["required"]


class PlannedMove(KnownFieldsOnly):
    after_seconds = WholeNumberField(min_value=1, max_value=DAY)
    percent = FactorField(min_value=Decimal("-99.9999"))

    def to_internal_value(self, data: Any) -> Mapping[str, Any]:
        move = super().to_internal_value(data)
        # Within a change of a scenario REST framework takes each field for optional.
        if missing := sorted(set(self.fields) - set(move)):
            raise serializers.ValidationError({name: [MISSING] for name in missing})
        return {**move, "percent": write_plain(move["percent"])}  # it is kept as JSON


class ScenarioFields(RegimeFields):
    name = serializers.RegexField(r"^[\w .-]+\Z", max_length=40)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    instruments = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=50,
        required=False,
        help_text=f"{INSTRUMENT}; empty: all",
    )
    moves = serializers.ListField(child=PlannedMove(), max_length=200, required=False)


class NewSession(KnownFieldsOnly):
    name = serializers.CharField(max_length=60)


class Simulated(serializers.Serializer[Any]):
    """The label of every answer: nothing here is real."""

    simulated = serializers.SerializerMethodField()

    def get_simulated(self, _: Any) -> bool:
        return True


class MarketScenarioOut(Simulated, serializers.ModelSerializer[MarketScenario]):
    protected = serializers.BooleanField(source="is_protected")
    volatility = FactorField()
    trend = FactorField()
    volume = FactorField()
    instruments = serializers.ListField(child=serializers.CharField())
    moves = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = MarketScenario
        fields = [
            *("id", "simulated", "name", "description", "protected", "instruments", "volatility"),
            *("trend", "volume", "moves", "active_since"),
        ]


class MarketSessionOut(Simulated, serializers.ModelSerializer[MarketSession]):
    changes = serializers.SerializerMethodField()

    class Meta:
        model = MarketSession
        fields = [
            *("id", "simulated", "name", "by", "started_at", "stopped_at", "snapshot_at"),
            "changes",
        ]

    def get_changes(self, session: MarketSession) -> int:
        return session.changes.count()


class MarketChangeOut(Simulated, serializers.ModelSerializer[MarketChange]):
    before = serializers.DictField()
    steps = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = MarketChange
        fields = [
            *("id", "simulated", "at", "by", "act", "target", "steps", "before", "outcome"),
            *("reason", "session"),
        ]


class MarketsOut(Simulated):
    symbols = serializers.DictField(child=serializers.DictField())
    paused = serializers.BooleanField()
    planned = serializers.DictField(child=serializers.IntegerField(), help_text="steps, by plan")
    scenario = serializers.CharField(allow_null=True)
    session = serializers.IntegerField(allow_null=True)


class PriceOut(Simulated):
    symbol = serializers.CharField()
    price = serializers.CharField()
    steps = serializers.IntegerField()


class RegimeOut(Simulated):
    symbols = serializers.ListField(child=serializers.CharField())


class FaultsOut(Simulated):
    faults = serializers.ListField(child=serializers.DictField())
    kinds = serializers.DictField(child=serializers.CharField())


class FaultOut(Simulated):
    fault = serializers.DictField()


class ClearedOut(Simulated):
    cleared = serializers.IntegerField()


class ReplayOut(Simulated):
    steps = serializers.IntegerField()


class ResetOut(Simulated):
    cancelled = serializers.IntegerField(help_text="orders")
    markets = serializers.IntegerField()
    payments = serializers.IntegerField(help_text="that brought balances back")
