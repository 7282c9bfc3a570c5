"""Read what is marked for translation, and the catalogs, without GNU gettext."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

LANGUAGES: Final = [to_locale(code) for code, _name in settings.LANGUAGES if code != "en"]
MARKS: Final = {"_", "gettext", "gettext_lazy", "gettext_noop", "Input", "Phrase"}
PLURALS: Final = {"ngettext", "ngettext_lazy", "CountPhrase"}
APPS: Final = ("bots", "config", "exchanges", "operations", "orders", "realtime", "users")
STRING: Final = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE: Final = re.compile(rf"(\b\w*gettext|\b_)\(({STRING})(?:,\s*({STRING}))?", re.DOTALL)
IN_SCRIPT: Final = re.compile(r'\btranslate\(\s*("(?:[^"\\]|\\.)*")')
KEYWORD: Final = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")$')
PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s|%%")
Finder = Callable[[str], Iterator[tuple[str, str]]]


class Message(NamedTuple):
    """An entry of a catalog; `texts` are its translations, one for each plural form."""

    context: str
    msgid: str
    plural: str
    texts: tuple[str, ...]
    is_fuzzy: bool


def read_catalog(language: str, domain: str) -> list[Message]:
    path = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / f"{domain}.po"
    entries = [_read_entry(block) for block in path.read_text().split("\n\n")[1:] if block.strip()]
    return [entry for entry in entries if entry.msgid]


def _read_entry(block: str) -> Message:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if found := KEYWORD.match(line):
            name = found[1]
            fields[name] = ast.literal_eval(found[2])
        elif line.startswith('"'):
            fields[name] += ast.literal_eval(line)
    texts = tuple(text for name, text in fields.items() if name.startswith("msgstr"))
    is_fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
    context, plural = fields.get("msgctxt", ""), fields.get("msgid_plural", "")
    return Message(context, fields.get("msgid", ""), plural, texts, is_fuzzy)


def list_marked(domain: str) -> set[tuple[str, str]]:
    """Return the context and text of everything that is marked in the source."""
    command = ["git", "ls-files", "*.html", "*.txt", "*.py", "*.js"]
    names = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True).stdout
    paths = [Path(name) for name in names.split() if name.startswith((*APPS, "templates"))]
    finders: dict[str, Finder] = {
        ".py": _find_in_python,
        ".html": _find_in_template,
        ".txt": _find_in_template,
    }
    if domain == "djangojs":
        finders = {".js": _find_in_script}
    sources = ((path, finders.get(path.suffix)) for path in paths)
    return {
        message
        for path, find in sources
        if find
        for message in find((settings.BASE_DIR / path).read_text())
    }


def _find_in_python(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", "")
        text = node.args[1 if name == "pgettext" else 0]
        if name in MARKS | PLURALS and isinstance(text, ast.Constant):
            yield "", str(text.value)


def _find_in_template(source: str) -> Iterator[tuple[str, str]]:
    for name, first, second in IN_TEMPLATE.findall(templatize(source)):
        texts = [ast.literal_eval(text.removeprefix("u")) for text in (first, second) if text]
        yield (texts[0], texts[1]) if "pgettext" in name else ("", texts[0])


def _find_in_script(source: str) -> Iterator[tuple[str, str]]:
    for text in IN_SCRIPT.findall(source):
        yield "", ast.literal_eval(text)
