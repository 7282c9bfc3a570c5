"""Filters of lists that refuse what they cannot read, instead of leaving it out."""

from datetime import UTC, datetime
from typing import Any, Final

import django_filters
from django import forms
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from users.http import is_id

YES_NO: Final = {"true": True, "1": True, "false": False, "0": False}
NO_YES_OR_NO: Final = "true or false."
NO_ID: Final = "An id is a whole number."


def read_yes_no(request: Request, name: str) -> bool | None:
    """Read a parameter of the query; None: it is not there."""
    text = request.query_params.get(name, "").strip().lower()
    if text and text not in YES_NO:
        raise ValidationError({name: [NO_YES_OR_NO]})
    return YES_NO.get(text)


class IdInput(forms.Field):
    """An id in ASCII digits: int() and Decimal() also take 1_000 and the digits of any script."""

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if not is_id(value):
            raise forms.ValidationError(NO_ID)
        return int(value)


@extend_schema_field(OpenApiTypes.INT)
class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]
    field_class = IdInput

    def get_max_validator(self) -> None:
        """Return no validator: an id has no more digits than the database's numbers."""


class YesNoInput(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if value.lower() not in YES_NO:
            raise forms.ValidationError(NO_YES_OR_NO)
        return YES_NO[value.lower()]


class YesNoFilter(django_filters.BooleanFilter):  # type: ignore[misc]
    """true or false; the library's filter takes a mistyped value for none."""

    field_class = YesNoInput


class TimeInput(IsoDateTimeField):  # type: ignore[misc]
    def to_python(self, value: Any) -> datetime | None:
        """Return the time in UTC: PostgreSQL refuses offsets that Python reads, such as -22:29."""
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:  # before the year 1 or after 9999
            message = self.error_messages["invalid"]
            raise forms.ValidationError(message, code="invalid") from None


class TimeFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = TimeInput
