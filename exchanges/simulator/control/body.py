"""Bodies of control requests, read with clear errors."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

Json = dict[str, object]


class BadRequest(Exception):
    """The request is invalid; the argument is the message."""


class NotFound(BadRequest):
    """The request names something that does not exist."""


class Body:
    def __init__(self, content: object) -> None:
        if not isinstance(content, dict):
            raise BadRequest("the body must be a JSON object")
        self._content: dict[str, object] = content

    def has(self, name: str) -> bool:
        return self._content.get(name) is not None

    def get_text(self, name: str, default: str | None = None) -> str:
        value = self._content.get(name)
        if value is None:
            if default is None:
                raise BadRequest(f"{name} is missing")
            return default
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
        raise BadRequest(f"{name} must be a string")

    def get_decimal(self, name: str) -> Decimal | None:
        return None if not self.has(name) else parse_decimal(self._content[name], name)

    def get_signed_decimal(self, name: str) -> Decimal | None:
        return _parse_finite(self._content[name], name) if self.has(name) else None

    def get_int(self, name: str) -> int | None:
        value = self._content.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
            raise BadRequest(f"{name} must be a whole number")
        return int(str(value))

    def get_flag(self, name: str, default: bool) -> bool:
        value = self._content.get(name, default)
        if not isinstance(value, bool):
            raise BadRequest(f"{name} must be true or false")
        return value

    def get_mapping(self, name: str) -> Mapping[str, object]:
        value = self._content.get(name, {})
        if not isinstance(value, dict):
            raise BadRequest(f"{name} must be an object")
        return value

    def get_object(self, name: str) -> "Body":
        return Body(self._content.get(name, {}))

    def get_raw(self, name: str) -> object:
        return self._content.get(name)


def parse_decimal(value: object, name: str) -> Decimal:
    parsed = _parse_finite(value, name)
    if parsed < 0:
        raise BadRequest(f"{name} must be a number, not below zero")
    return parsed


def _parse_finite(value: object, name: str) -> Decimal:
    try:
        parsed = Decimal(str(value))
    except InvalidOperation as error:
        raise BadRequest(f"{name} must be a decimal number") from error
    if not parsed.is_finite():
        raise BadRequest(f"{name} must be a number")
    return parsed
