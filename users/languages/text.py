"""Texts that are made in one place and read in another, maybe in another language. Pure.

A strategy, a limit or an alert knows the values, but not who reads them. It makes a Phrase: a plain
English string for the API, logs and tests, which remembers its template and its values.
`recipient.localize` and `recipient.write_for` write it in a language.
"""

from typing import Any, Self


class Phrase(str):
    """An English text with values: `Phrase("%(symbol)s is not traded.", symbol=symbol)`.

    `makemessages` collects its template. A value may be a Phrase itself. In an f-string only the
    English is left, so texts are put together with a Phrase again.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        text = super().__new__(cls, template % values if values else template)
        text.template, text.values = template, values
        return text


class CountPhrase(Phrase):
    """A phrase for a number: `CountPhrase("%(count)s bot", "%(count)s bots", count=2)`."""

    many: str

    def __new__(cls, one: str, many: str, /, **values: Any) -> Self:
        text = super().__new__(cls, one if values["count"] == 1 else many, **values)
        text.template, text.many = one, many
        return text
