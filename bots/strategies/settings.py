"""Read a strategy's settings from JSON or a form, and write them back."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from users.languages.text import Phrase
from users.strict.numbers import is_plain_number

S = TypeVar("S")
MOST_CHARACTERS = 40
MOST_DIGITS = 18  # after the point
MOST_WHOLE_DIGITS = 18  # as large as the database's money columns are


class InvalidSetting(ValueError):
    """A value that a setting cannot have; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidSettings(Exception):
    """Settings that are refused: a message for each field. Nothing was changed."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Input:
    """The label, unit and bounds of a setting: `Annotated[Decimal, Input("Buy at")]`."""

    label: str
    unit: str = ""
    least: int | str | None = None
    most: int | str | None = None
    above: int | str | None = None  # must be more than this


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a strategy, as its Settings class declares it."""

    name: str
    kind: Any  # Decimal, int, bool, or a tuple of the choices
    input: Input
    is_needed: bool


def list_settings(settings_class: type) -> list[Setting]:
    hints = get_type_hints(settings_class, include_extras=True)
    return [
        Setting(field.name, _value_kind(hint), hint.__metadata__[0], field.default is MISSING)
        for field in fields(settings_class)
        if (hint := hints[field.name])
    ]


def _value_kind(hint: Any) -> Any:
    kind = get_args(hint)[0]
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, UnionType):
        return next(option for option in get_args(kind) if option is not type(None))
    return kind


def read_settings(settings_class: type[S], raw: Mapping[str, Any]) -> S:
    """Check all settings before raising, so that every error is reported at once."""
    values, errors = dict[str, Any](), dict[str, str]()
    declared = list_settings(settings_class)
    for name in raw.keys() - {setting.name for setting in declared}:
        errors[name] = Phrase("This strategy has no such setting.")
    for setting in declared:
        raw_value = raw.get(setting.name)
        if raw_value is None or raw_value == "":
            if setting.is_needed:
                errors[setting.name] = Phrase("This is required.")
            continue
        try:
            values[setting.name] = _parse_value(raw_value, setting)
        except InvalidSetting as error:
            errors[setting.name] = error.message
    if errors:
        raise InvalidSettings(errors)
    return settings_class(**values)


def write_settings(settings: Any) -> dict[str, str | int | bool | None]:
    """Return the settings as they are stored and sent: decimal numbers as strings."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def _parse_value(raw_value: Any, setting: Setting) -> Any:
    if setting.kind is bool:
        if not isinstance(raw_value, bool):
            raise InvalidSetting(Phrase("This must be true or false."))
        return raw_value
    if isinstance(setting.kind, tuple):
        if raw_value not in setting.kind:
            choices = ", ".join(setting.kind)
            raise InvalidSetting(Phrase("This must be one of %(choices)s.", choices=choices))
        return raw_value
    number = _parse_number(raw_value)
    if setting.kind is int and number != number.to_integral_value():
        raise InvalidSetting(Phrase("This must be a whole number."))
    _check_bounds(number, setting.input)
    return int(number) if setting.kind is int else number


def _parse_number(raw_value: Any) -> Decimal:
    """Accept strings and integers only: a float has lost its last digits already."""
    if isinstance(raw_value, bool | float) or len(str(raw_value)) > MOST_CHARACTERS:
        raise InvalidSetting(Phrase("This must be a number, written as a string."))
    text = str(raw_value).strip()
    if not is_plain_number(text):
        raise InvalidSetting(Phrase("This is not a number."))
    number = Decimal(text)
    if number and number.adjusted() >= MOST_WHOLE_DIGITS:
        raise InvalidSetting(Phrase("This is too large."))
    last_place = int(number.normalize().as_tuple().exponent)
    if number and -min(number.adjusted(), last_place) > MOST_DIGITS:
        raise InvalidSetting(Phrase("At most %(most)s digits after the point.", most=MOST_DIGITS))
    return number


def _check_bounds(number: Decimal, bounds: Input) -> None:
    if bounds.above is not None and number <= Decimal(bounds.above):
        raise InvalidSetting(Phrase("This must be more than %(limit)s.", limit=bounds.above))
    if bounds.least is not None and number < Decimal(bounds.least):
        raise InvalidSetting(Phrase("This must be at least %(limit)s.", limit=bounds.least))
    if bounds.most is not None and number > Decimal(bounds.most):
        raise InvalidSetting(Phrase("This must be at most %(limit)s.", limit=bounds.most))
