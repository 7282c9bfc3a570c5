"""Texts that name commands between backticks, as pages show them."""

import re
from typing import Final

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
MARKED: Final = re.compile(r"`([^`]+)`")


@register.filter
def code(text: str) -> SafeString:
    """Show what stands between backticks as code; everything else is escaped."""
    return mark_safe(MARKED.sub(r"<code>\1</code>", conditional_escape(text)))  # noqa: S308
