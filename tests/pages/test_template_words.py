"""Every text of a template that people read is marked for translation."""

import re
from pathlib import Path

import pytest

from tests.pages.test_template_style import names, template_name

#: Documents for developers; they stay English.
ENGLISH = ("api/", "events/")
#: What is the same in all languages: names, units and technical short words.
SAME = {"Fillwatch", "UTC", "CSV", "API", "TradingView", "Inc", "uPlot", "tradingview", "com"}

TRANSLATED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
SHOWN_AS_IT_IS = re.compile(r"<(script|style|svg|code|kbd|pre)\b.*?</\1>", re.DOTALL)
DJANGO = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}")
ATTRIBUTE = re.compile(r'\b(?:title|aria-label|placeholder|alt)="([^"]*)"')
TAG = re.compile(r'<(?:"[^"]*"|[^">])*>')
ARGUMENT = re.compile(r'\b(?:all=|label=|default:|yesno:)"([^"]*)"')
ENTITY = re.compile(r"&#?\w+;")
WORD = re.compile(r"[A-Za-z]{3,}")


def find_unmarked_words(source: str) -> set[str]:
    """Return the words of a template's text, attributes and arguments that have no translation."""
    arguments = ARGUMENT.findall(" ".join(re.findall(r"{%.*?%}|{{.*?}}", source)))
    text = DJANGO.sub(" ", TRANSLATED.sub(" ", source))
    text = SHOWN_AS_IT_IS.sub(" ", text)
    shown = [*arguments, *ATTRIBUTE.findall(text), TAG.sub(" ", text)]
    return set(WORD.findall(ENTITY.sub(" ", " ".join(shown)))) - SAME


@names
def test_each_text_is_marked(path: Path) -> None:
    if template_name(path).startswith(ENGLISH):
        return
    assert find_unmarked_words(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "<p>Orders</p>",
        '<a title="Orders">{% translate "Bots" %}</a>',
        '{% include "filters/_search.html" with label="Orders" %}',
        '{{ name|default:"Orders" }}',
        '{% if name %}{% translate "Bots" %}{% else %}Orders{% endif %}',
    ],
)
def test_an_unmarked_text_is_found(source: str) -> None:
    assert find_unmarked_words(source) == {"Orders"}
