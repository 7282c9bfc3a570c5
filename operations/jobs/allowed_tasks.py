"""The tasks that operators may put into the timetable, and the arguments that each one takes.

To add one: write its task in an app's tasks.py, and one line here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rest_framework import serializers

from exchanges.models import ExchangeKey
from users.rest import KnownFieldsOnly
from users.strict.fields import WholeNumberField


class KeyNumberField(WholeNumberField):
    """The number of an exchange key that is there."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        key_id = super().to_internal_value(data)
        if not ExchangeKey.objects.filter(pk=key_id).exists():
            raise serializers.ValidationError("There is no such key.")
        return key_id


@dataclass(frozen=True, slots=True)
class AllowedTask:
    description: str
    arguments: Mapping[str, serializers.Field[Any, Any, Any, Any]] = field(default_factory=dict)


ALLOWED: Final[Mapping[str, AllowedTask]] = {
    "bots.analyse_markets": AllowedTask("Analyse markets"),
    "bots.count_all_fills": AllowedTask("Count fills into PnL"),
    "bots.expire_signals": AllowedTask("Expire old signals"),
    "bots.prove_books": AllowedTask("Prove the books by the venues' statements"),
    "bots.read_income": AllowedTask("Read funding and other income"),
    "bots.record_portfolio_values": AllowedTask("Record portfolio values"),
    "bots.thin_portfolio_values": AllowedTask("Thin old portfolio values"),
    "exchanges.read_symbols": AllowedTask("Read the venues' symbols"),
    "exchanges.refresh_holdings": AllowedTask(
        "Refresh balances and positions, of one key or of all that are due",
        {"key_id": KeyNumberField(required=False)},
    ),
    "operations.back_up_database": AllowedTask("Back up the database"),
    "operations.clean_up": AllowedTask("Clean up old rows"),
    "operations.finish_broadcasts": AllowedTask("Finish broadcasts"),
    "operations.make_daily_reports": AllowedTask("Make the daily reports that are due"),
    "operations.make_weekly_reports": AllowedTask("Make the weekly reports that are due"),
    "operations.merge_collected": AllowedTask("Send collected messages"),
    "operations.send_outbox": AllowedTask("Send due messages"),
    "orders.check_key": AllowedTask(
        "Compare all orders of a key with its venue", {"key_id": KeyNumberField()}
    ),
    "orders.list_all_open": AllowedTask("List open orders at the venues"),
    "realtime.prune_events": AllowedTask("Prune old events"),
    "users.prune_expired": AllowedTask("Prune expired sign-ins"),
}


def validate_arguments(task: str, arguments: Any) -> dict[str, Any]:
    """Return the task's arguments; ValidationError names those that are wrong or not known."""
    members = dict(ALLOWED[task].arguments)
    serializer = type("TaskArguments", (KnownFieldsOnly,), members)(data=arguments)
    if not serializer.is_valid():
        raise serializers.ValidationError({"arguments": _list_texts(serializer.errors)})
    return dict(serializer.validated_data)


def _list_texts(errors: Any) -> list[str]:
    return [f"{name}: {text}" for name, texts in errors.items() for text in texts]
