"""The language of what is written to a person outside a request."""

from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext

from users.languages.text import CountPhrase, Phrase
from users.models import User


def speak_to(user: User | None) -> AbstractContextManager[None]:
    """Write in the language that the person chose; English where they chose none."""
    return translation.override((user and user.language) or settings.LANGUAGE_CODE)


def write_for(user: User | None, text: str) -> str:
    """Write a text in the language that the person chose: for what is stored and sent."""
    with speak_to(user):
        return localize(text)


def localize(text: str) -> str:
    """Write a text in the language of the request or task; any other string stays as it is."""
    if not isinstance(text, Phrase):
        return text
    values = {name: _localize_value(value) for name, value in text.values.items()}
    if isinstance(text, CountPhrase):
        return ngettext(text.template, text.many, values["count"]) % values
    template = gettext(text.template)
    return template % values if values else template


def _localize_value(value: Any) -> Any:
    return localize(value) if isinstance(value, Phrase) else value
