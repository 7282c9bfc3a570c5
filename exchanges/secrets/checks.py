"""Check at start that the sealing keys are present, valid, and only where they belong."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from exchanges.secrets import sealing

PROCESSES = frozenset({"web", "worker", "stream"})
OPENERS = frozenset({"worker", "stream"})
MAKE_ONE = "`manage.py rotate_secrets --new-key` makes a pair and says what goes where."


@register(Tags.security)
def sealing_keys(**_: Any) -> list[CheckMessage]:
    return [*_check_public_key(), *_check_private_keys()]


def _check_public_key() -> Iterator[CheckMessage]:
    message = "SEAL_PUBLIC_KEY is not set, so no exchange key can be attached."
    if settings.SEAL_PUBLIC_KEY:
        if (problem := _find_problem(settings.SEAL_PUBLIC_KEY)) is not None:
            yield Error(problem, hint=MAKE_ONE, id="exchanges.E002")
    elif settings.FILLWATCH_ROLE in PROCESSES:
        yield Error(message, hint=MAKE_ONE, id="exchanges.E001")
    else:  # commands that make the pair, and those that need none, still run
        yield Warning(message, hint=MAKE_ONE, id="exchanges.W001")


def _check_private_keys() -> Iterator[CheckMessage]:
    role = settings.FILLWATCH_ROLE
    if role == "web" and settings.SEAL_PRIVATE_KEYS:
        message = "The web process has SEAL_PRIVATE_KEYS, so whoever breaks in opens all secrets."
        yield Warning(message, hint="Give them to worker and stream only.", id="exchanges.W002")
    if role in OPENERS and not settings.SEAL_PRIVATE_KEYS:
        message = f"The {role} process has no SEAL_PRIVATE_KEYS, so no venue can be asked."
        yield Error(message, hint=MAKE_ONE, id="exchanges.E003")
    elif settings.SEAL_PRIVATE_KEYS:
        yield from _check_pair()


def _check_pair() -> Iterator[CheckMessage]:
    try:
        publics = [sealing.public_half(private) for private in settings.SEAL_PRIVATE_KEYS]
    except sealing.BadSealingKey as trouble:
        yield Error(str(trouble), hint=MAKE_ONE, id="exchanges.E004")
        return
    if settings.SEAL_PUBLIC_KEY and settings.SEAL_PUBLIC_KEY not in publics:
        message = "No key of SEAL_PRIVATE_KEYS opens what SEAL_PUBLIC_KEY seals."
        yield Error(message, hint="Put its private half first in the list.", id="exchanges.E005")


def _find_problem(public: str) -> str | None:
    try:
        sealing.key_name(public)
    except sealing.BadSealingKey as trouble:
        return str(trouble)
    return None
