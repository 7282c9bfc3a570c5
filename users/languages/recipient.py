"""The language of what is written to a person outside a request."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from users.models import User


def speak_to(user: User | None) -> AbstractContextManager[None]:
    """Write in the language that the person chose; English where they chose none."""
    return translation.override((user and user.language) or settings.LANGUAGE_CODE)
