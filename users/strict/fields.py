"""Numbers in JSON bodies: whole ones are JSON integers, amounts are strings of ASCII digits."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from users.http import is_id
from users.strict.numbers import is_plain_number, write_plain


class WholeNumberField(serializers.IntegerField):
    """A JSON integer. REST framework's field also takes "5", 5.0 and "1_000"."""

    default_error_messages = {"invalid": "Send a whole number, such as 5."}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class QueryIdField(serializers.IntegerField):
    """The id of a row, in a query string."""

    default_error_messages = {"invalid": "An id is a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if not is_id(str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.INT)
class OwnRowField(serializers.PrimaryKeyRelatedField[Any]):
    """A row of the current user, by its id. Django would cut 4.7 down to the row 4."""

    default_error_messages = {"incorrect_type": "Send its id, a whole number."}

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not int:
            self.fail("incorrect_type")
        return super().to_internal_value(data)


class AmountField(serializers.DecimalField):
    """A positive decimal in a string; JSON numbers are refused, since they may lose digits."""

    default_error_messages = {"float": 'Send amounts as strings, such as "0.01".'}

    def __init__(self, *, max_digits: int = 38, decimal_places: int = 18, **kwargs: Any) -> None:
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, float):
            self.fail("float")
        if isinstance(data, bool) or not is_plain_number(str(data).strip()):
            self.fail("invalid")
        value = super().to_internal_value(data)
        if value <= 0:
            raise serializers.ValidationError("This must be more than zero.")
        return value

    def to_representation(self, value: Any) -> str:
        return write_plain(Decimal(value))


class PercentField(AmountField):
    """The distance of a trailing stop in per cent, to two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, **kwargs)
