"""Hide secrets in what is logged: by the names of fields, by their look, and known ones exactly.

Nothing should log a secret. This is the second line: error texts of libraries quote addresses with
signatures, headers and bodies, and nobody reads all of them.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from users.redaction.patterns import (
    IS_SECRET_NAME,
    LONG,
    NAMED,
    SECRET_PATHS,
    SERVERS,
    SHAPES,
    SHORT_NAMED,
    SHORTEST,
    URL,
    WEB,
    WORDS,
)

HIDDEN: Final = "[hidden]"
MOST_REMEMBERED: Final = 4000
SHORT_NAMES: Final = {"code", "key", "sid"}  # often the name of what is no secret

# Each with whether it is part of a secret field's name, as the passphrase "phrase" is.
_remembered: OrderedDict[str, bool] = OrderedDict()


def remember_secrets(secrets: Iterable[str]) -> None:
    """Hide these texts from now on; the ones remembered longest ago are forgotten first."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _remembered[secret] = any(secret.lower() in word for word in WORDS)
            _remembered.move_to_end(secret)
    while len(_remembered) > MOST_REMEMBERED:
        _remembered.popitem(last=False)


def redact_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Hide the texts of fields with the name of a secret, at any depth; ids and flags stay."""
    return {name: _redact_value(str(name), value) for name, value in fields.items()}


def redact_text(text: str, more: Iterable[str] = ()) -> str:
    """Hide secrets in a text; `more` are texts to hide in this one alone.

    Those that are part of a field's name come last: hidden first, they would hide that name from
    the patterns, which then show its value.
    """
    remembered = tuple(_remembered.items())
    text = _hide_exactly(text, more)
    text = _hide_exactly(text, (secret for secret, is_in_name in remembered if not is_in_name))
    text = _hide_by_look(text)
    return _hide_exactly(text, (secret for secret, is_in_name in remembered if is_in_name))


def _hide_exactly(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text


def _hide_by_look(text: str) -> str:
    if "://" in text:
        text = URL.sub(_redact_url, text)
    for markers, shape in SHAPES:
        if any(marker in text for marker in markers):
            text = shape.sub(HIDDEN, text)
    text = LONG.sub(_redact_long, text)
    lower = text.lower()
    if any(word in lower for word in WORDS):
        text = NAMED.sub(_redact_named, text)
    return SHORT_NAMED.sub(_redact_named, text)


def _redact_long(match: re.Match[str]) -> str:
    """Hide what is as long and as mixed as venues' keys; ids of ours have dashes or one case."""
    text = match.group()
    is_upper_hex = len(text) == 32 and text.isupper() and all(c in "0123456789ABCDEF" for c in text)
    is_hook_secret = len(text) == 40 and all(c in "0123456789abcdef" for c in text)
    is_mixed = (
        len(text) >= 40
        and not text.isupper()
        and not text.islower()
        and any(map(str.isdigit, text))
    )
    return HIDDEN if is_upper_hex or is_hook_secret or is_mixed else text


def is_secret_name(name: str) -> bool:
    return IS_SECRET_NAME.match(name) is not None


def _redact_value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return redact_fields(value)
    if isinstance(value, list | tuple):
        items = [_redact_value(name, item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    is_text = isinstance(value, str | bytes) and len(value) > 0
    return HIDDEN if is_text and is_secret_name(name) else value


def _redact_named(match: re.Match[str]) -> str:
    name, between, value = match.groups()
    is_plain = name.lower() in SHORT_NAMES and not _is_random(value)
    if is_plain or value.startswith(("[", "…")):
        return match.group()
    return f"{name}{between}{HIDDEN}"


def _is_random(value: str) -> bool:
    """Tell a secret from a word or number: a code of six digits, or letters and digits mixed."""
    return (value.isdigit() and len(value) == SHORTEST) or (
        any(character.isdigit() for character in value) and any(map(str.isalpha, value))
    )


def _redact_url(match: re.Match[str]) -> str:
    """Keep what says where: never a password, a query's values or the path of a chat's webhook."""
    scheme, rest = match.groups()
    if scheme.lower() not in WEB | SERVERS:
        return f"{scheme}://{HIDDEN}"
    place, _, query = rest.partition("?")
    host, slash, path = place.partition("/")
    host = host.rpartition("@")[2]
    if SECRET_PATHS.search(place):
        path = HIDDEN
    hidden_query = "&".join(f"{part.partition('=')[0]}={HIDDEN}" for part in query.split("&"))
    return f"{scheme}://{host}{slash}{path}" + (f"?{hidden_query}" if query else "")
