"""Read request parameters as OKX and Bybit do, whose numbers are strings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from secrets import token_hex
from typing import Any, TypeVar

Params = Mapping[str, Any]
Choice = TypeVar("Choice")

NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
# The engine names every order. This prefix marks names of its own, which venues do not show.
UNNAMED_PREFIX = "~"


@dataclass(frozen=True)
class ParamReader:
    """Readers of one dialect, which raise its own errors."""

    missing: Callable[[str], Exception]
    invalid: Callable[[str], Exception]
    invalid_in_order: Callable[[str], Exception]
    client_id: re.Pattern[str]

    def read_text(self, params: Params, name: str, default: str | None = None) -> str:
        value = params.get(name)
        if value is None or value == "":
            if default is None:
                raise self.missing(name)
            return default
        return str(value)

    def read_choice(
        self, params: Params, name: str, choices: Mapping[str, Choice], default: str | None = None
    ) -> Choice:
        """Return what a word stands for, or refuse the word."""
        word = self.read_text(params, name, default)
        if word not in choices:
            raise self.invalid_in_order(name)
        return choices[word]

    def read_decimal(self, params: Params, name: str) -> Decimal:
        """Return a positive decimal, or zero if the parameter was not sent."""
        value = self.read_text(params, name, "0")
        if not NUMBER.fullmatch(value):
            raise self.invalid_in_order(name)
        return Decimal(value)

    def read_integer(self, params: Params, name: str) -> int | None:
        value = self.read_text(params, name, "")
        if value and not value.isdigit():
            raise self.invalid(name)
        return int(value) if value else None

    def read_set(self, params: Params, name: str) -> set[str]:
        """Return the values of a comma-separated list."""
        return {value for value in self.read_text(params, name, "").split(",") if value}

    def read_client_id(self, params: Params, name: str) -> str:
        value = self.read_text(params, name, "")
        if value and not self.client_id.fullmatch(value):
            raise self.invalid_in_order(name)
        return value or UNNAMED_PREFIX + token_hex(8)


def read_flag(params: Params, name: str) -> bool:
    return params.get(name) in (True, "true")


def wire_client_id(client_id: str) -> str:
    """Return the client id as venues show it: empty if its owner gave none."""
    return "" if client_id.startswith(UNNAMED_PREFIX) else client_id
