"""The conditions that rules take: their meaning, their default, and how a value is read.

Amounts and limits are kept as text, with every digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from bots.models import Bot
from realtime.prices import find_known
from realtime.values import format_money
from users.languages.text import Phrase
from users.strict.numbers import is_plain_number

ConditionType = Literal["amount", "signed", "whole", "instrument", "bot", "choice", "flag", "text"]
LARGEST: Final = Decimal(10) ** 20
LONGEST_TEXT: Final = 100
LONGEST_AMOUNT: Final = 45


class BadConditions(Exception):
    """Conditions that a rule cannot have; `errors` says for each what is wrong."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = dict(errors)


class BadValue(ValueError):
    """A value that a condition cannot have; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of a kind of rule. Without a default it has to be given."""

    type: ConditionType
    label: str
    help: str = ""
    default: Any = None
    is_optional: bool = False
    choices: Sequence[tuple[str, str]] = ()
    least: int = 0
    most: int = 2_000_000_000


def clean_conditions(
    conditions: Mapping[str, Condition], given: Mapping[str, Any], *, user_id: int | None
) -> dict[str, Any]:
    """Return all conditions of a rule, with defaults; raise BadConditions in words."""
    unknown: str = Phrase("There is no such condition.")
    errors = {name: unknown for name in given if name not in conditions}
    cleaned: dict[str, Any] = {}
    for name, condition in conditions.items():
        value = given.get(name)
        if value in (None, ""):
            if condition.default is None and not condition.is_optional:
                errors[name] = Phrase("Give it: %(name)s.", name=Phrase(condition.label))
            cleaned[name] = condition.default
            continue
        try:
            cleaned[name] = _read_value(condition, value, user_id)
        except BadValue as error:
            errors[name] = error.message
    if errors:
        raise BadConditions(errors)
    return cleaned


def add_clear(cleaned: dict[str, Any], *, limit: str, is_up: bool, distance: str) -> None:
    """Set or check the second limit at which an alert ends, so that it does not flap.

    `distance` is how far it is from the first one if none is given, as a share of it.
    """
    value = Decimal(cleaned[limit])
    if cleaned.get("clear") is None:
        gap = abs(value) * Decimal(distance)
        cleaned["clear"] = format_money(value - gap if is_up else value + gap)
    clear = Decimal(cleaned["clear"])
    if (clear > value) if is_up else (clear < value):
        text = Phrase("The end of the alert cannot lie below its begin.")
        if is_up:
            text = Phrase("The end of the alert cannot lie above its begin.")
        raise BadConditions({"clear": text})


def _read_value(condition: Condition, value: Any, user_id: int | None) -> Any:
    match condition.type:
        case "amount" | "signed":
            return _read_amount(value, is_signed=condition.type == "signed")
        case "whole":
            return _read_whole(value, condition)
        case "flag":
            return _read_flag(value)
        case "instrument":
            return _read_instrument(value)
        case "bot":
            return _read_bot(value, user_id)
        case "choice":
            if not isinstance(value, str) or value not in dict(condition.choices):
                choices = ", ".join(dict(condition.choices))
                raise BadValue(Phrase("One of: %(choices)s.", choices=choices))
            return value
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\x00" in value:
        raise BadValue(Phrase("A text of at most %(most)s characters.", most=LONGEST_TEXT))
    return value.strip()


def _read_amount(value: Any, *, is_signed: bool) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not is_plain_number(text):
        raise BadValue(Phrase('Send amounts as strings, such as "0.01".'))
    amount = Decimal(text)
    if abs(amount) >= LARGEST or len(format_money(amount)) > LONGEST_AMOUNT:
        raise BadValue(Phrase("This number is too large or too long."))
    if not is_signed and amount <= 0:
        raise BadValue(Phrase("This must be more than zero."))
    return format_money(amount)


def _read_whole(value: Any, condition: Condition) -> int:
    text = str(value) if type(value) in (int, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise BadValue(Phrase("Send a whole number, such as 60."))
    if not condition.least <= int(text) <= condition.most:
        raise BadValue(
            Phrase("From %(least)s to %(most)s.", least=condition.least, most=condition.most)
        )
    return int(text)


def _read_flag(value: Any) -> bool:
    flags = {True: True, False: False, "true": True, "on": True, "false": False}
    if not isinstance(value, bool | str) or value not in flags:
        raise BadValue(Phrase("true or false."))
    return flags[value]


def _read_instrument(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\x00" in value:
        raise BadValue(Phrase("The name of a market, such as binance.spot:BTC/USDT."))
    try:
        known = find_known([value.strip()])
    except ValueError:  # it is no name of an instrument at all
        known = frozenset()
    if not known:
        raise BadValue(Phrase("No venue of this installation trades that."))
    return value.strip()


def _read_bot(value: Any, user_id: int | None) -> int:
    text = str(value) if type(value) in (int, str) else ""
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    if not is_number or not Bot.objects.filter(pk=int(text), user=user_id).exists():
        raise BadValue(Phrase("You have no such bot."))
    return int(text)
