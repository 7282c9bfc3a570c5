"""The table of all settings in docs/settings.md, made from the code and from .env.example.

The code says which settings there are, their kind and default; .env.example says what they do.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.launcher.home import BASE

SOURCES: Final = ("config/*settings.py", "config/database/limits.py")
DOCUMENT: Final = BASE / "docs/settings.md"
EXAMPLE: Final = BASE / ".env.example"
KINDS: Final = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "`true` or `false`",
    "list": "list, with commas",
    "dict": "pairs, `name=value` with commas",
}
NOT_FOR_PEOPLE: Final = {"FILLWATCH_ROLE", "LIFE_SIGN_FILE"}  # set by what starts a process
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
SECTION: Final = re.compile(r"# --- (.+?) -+$")
EXAMPLE_LINE: Final = re.compile(r"#([A-Z][A-Z0-9_]+)=")


@dataclass(frozen=True, slots=True)
class EnvironmentSetting:
    """One environment variable that the code reads."""

    name: str
    kind: str
    default: str  # as Markdown


@dataclass(frozen=True, slots=True)
class SettingExample:
    """Description of a setting, as .env.example gives it."""

    section: str
    description: str


def read_settings(base: Path = BASE) -> dict[str, EnvironmentSetting]:
    found = {"FILLWATCH_HOME": EnvironmentSetting("FILLWATCH_HOME", "text", "`.fillwatch`")}
    for path in sorted(path for pattern in SOURCES for path in base.glob(pattern)):
        for setting in _find_settings(path.read_text()):
            found.setdefault(setting.name, setting)
    return {name: setting for name, setting in found.items() if name not in NOT_FOR_PEOPLE}


def _find_settings(text: str) -> Iterator[EnvironmentSetting]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        reader, kind = node.func.value, KINDS.get(node.func.attr)
        if not isinstance(reader, ast.Name) or reader.id not in ("env", "_env") or kind is None:
            continue
        yield EnvironmentSetting(ast.literal_eval(node.args[0]), kind, _describe_default(node))


def _describe_default(call: ast.Call) -> str:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "default"]
    value = [*call.args[1:], *named][0]
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return "computed"
    if default in ("", [], {}):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def read_examples(text: str) -> dict[str, SettingExample]:
    """Read the sections, and the comment before each setting."""
    found: dict[str, SettingExample] = {}
    section, words = "", list[str]()
    for line in text.splitlines():
        if match := SECTION.match(line):
            section, words = match[1], []
        elif match := EXAMPLE_LINE.match(line):
            found[match[1]] = SettingExample(section, " ".join(words))
            words = []
        elif line.startswith("# "):
            words.append(line[2:])
        else:
            words = []
    return found


def render_tables() -> str:
    settings = read_settings()
    sections: dict[str, list[str]] = {}
    for name, example in read_examples(EXAMPLE.read_text()).items():
        row = _render_row(settings[name], example.description)
        sections.setdefault(example.section, []).append(row)
    head = "| setting | kind | default | what it does |\n|---|---|---|---|"
    return "\n\n".join(
        "\n".join((f"## {title}", "", head, *rows)) for title, rows in sections.items()
    )


def _render_row(setting: EnvironmentSetting, description: str) -> str:
    description = description.replace("|", "\\|")
    return f"| `{setting.name}` | {setting.kind} | {setting.default} | {description} |"


def render_document(text: str) -> str:
    """Return the document with its tables made anew; its other words stay."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{render_tables()}\n{END}{after}"
