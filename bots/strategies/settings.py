"""A strategy's settings: from what somebody wrote to what can be reckoned with, or why not."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

S = TypeVar("S")
LONGEST = 40
MOST_DIGITS = 18
LARGEST = 18  # digits before the point: what is kept and reckoned with is as large at most


class Wrong(Exception):
    """Which settings make no sense, and in words why; nothing was changed."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in words.items()))
        self.words = dict(words)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a setting is asked for, and what it may be: `Annotated[Decimal, Asked("Buy at")]`."""

    label: str
    unit: str = ""
    least: int | str | None = None
    most: int | str | None = None
    above: int | str | None = None  # must be more than this


@dataclass(frozen=True, slots=True)
class Setting:
    """One of a strategy's settings, as its Settings class declares it."""

    name: str
    kind: Any  # Decimal, int, bool, or the tuple of words to choose from
    asked: Asked
    is_needed: bool


def settings_of(wanted: type) -> list[Setting]:
    hints = get_type_hints(wanted, include_extras=True)
    return [
        Setting(one.name, _kind(hints[one.name]), _asked(hints[one.name]), one.default is MISSING)
        for one in fields(wanted)
    ]


def _asked(hint: Any) -> Asked:
    (asked,) = (one for one in hint.__metadata__ if isinstance(one, Asked))
    return asked


def _kind(hint: Any) -> Any:
    kind = get_args(hint)[0]
    if get_origin(kind) is Literal:
        return get_args(kind)
    if isinstance(kind, UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def read(wanted: type[S], raw: Mapping[str, Any]) -> S:
    """All of them at once, so that all that is wrong is said at once."""
    values, wrong = dict[str, Any](), dict[str, str]()
    declared = settings_of(wanted)
    for name in raw.keys() - {one.name for one in declared}:
        wrong[name] = "This strategy has no such setting."
    for one in declared:
        given = raw.get(one.name)
        if given is None or given == "":
            if one.is_needed:
                wrong[one.name] = "This is needed."
            continue
        try:
            values[one.name] = _value(given, one)
        except ValueError as error:
            wrong[one.name] = str(error)
    if wrong:
        raise Wrong(wrong)
    return wanted(**values)


def write(settings: Any) -> dict[str, str | int | bool | None]:
    """As it is kept and told: numbers with a point are strings."""
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def _value(given: Any, one: Setting) -> Any:
    if one.kind is bool:
        return _truth(given)
    if isinstance(one.kind, tuple):
        return _choice(given, one.kind)
    number = _number(given)
    if one.kind is int and number != number.to_integral_value():
        raise ValueError("This is a whole number.")
    _bound(number, one.asked)
    return int(number) if one.kind is int else number


def _truth(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    raise ValueError("This is true or false.")


def _choice(given: Any, choices: tuple[str, ...]) -> str:
    if isinstance(given, str) and given in choices:
        return given
    raise ValueError(f"This is one of {', '.join(choices)}.")


def _number(given: Any) -> Decimal:
    """A string or a whole number: what passed through a float has lost its last digits."""
    if isinstance(given, bool | float) or len(str(given)) > LONGEST:
        raise ValueError("This is a number, written as a string.")
    try:
        number = Decimal(str(given).strip())
    except InvalidOperation:
        raise ValueError("This is not a number.") from None
    if not number.is_finite():
        raise ValueError("This is not a number.")
    if number and number.adjusted() >= LARGEST:
        raise ValueError("This is too large.")
    if number and -number.adjusted() > MOST_DIGITS:
        raise ValueError(f"At most {MOST_DIGITS} digits after the point.")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MOST_DIGITS:
        raise ValueError(f"At most {MOST_DIGITS} digits after the point.")
    return number


def _bound(number: Decimal, asked: Asked) -> None:
    if asked.above is not None and number <= Decimal(asked.above):
        raise ValueError(f"This is more than {asked.above}.")
    if asked.least is not None and number < Decimal(asked.least):
        raise ValueError(f"This is at least {asked.least}.")
    if asked.most is not None and number > Decimal(asked.most):
        raise ValueError(f"This is at most {asked.most}.")
