"""The texts of the pages' scripts, in the language of the page."""

import json
from functools import cache
from gettext import translation
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, to_locale

register = template.Library()
ESCAPED = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def script_texts() -> str:
    """Write the texts as JSON for translate.js; English ones are in the scripts themselves."""
    language = get_language() or settings.LANGUAGE_CODE
    return "" if language == settings.LANGUAGE_CODE else write_texts(language)


@cache
def write_texts(language: str) -> SafeString:
    """Write the texts of one language once for each process: they change with a release only."""
    folder, names = settings.LOCALE_PATHS[0], [to_locale(language)]
    catalog = translation("djangojs", folder, names, fallback=True)
    entries: dict[Any, str] = getattr(catalog, "_catalog", {})  # empty until it is compiled
    texts = {key: text for key, text in entries.items() if key and text}
    data = mark_safe(json.dumps(texts).translate(ESCAPED))  # noqa: S308 (escaped as json_script does)
    return format_html('<script id="script-texts" type="application/json">{}</script>', data)
