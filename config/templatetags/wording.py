"""Words inside of sentences."""

from django import template
from django.utils.translation import get_language

register = template.Library()

#: Languages that write nouns with a capital letter, so that a label keeps its own.
KEEPS_CAPITALS = ("de",)


@register.filter
def lower_in_sentence(label: object) -> str:
    """Return a label in lower case, unless the language writes nouns with a capital letter."""
    language = get_language() or ""
    return str(label) if language.split("-")[0] in KEEPS_CAPITALS else str(label).lower()
