"""Name a browser or program by its User-Agent, as far as a person needs it. Pure."""

from typing import Final

from django.utils.translation import gettext as _

LONGEST: Final = 60
BROWSERS: Final = [  # the first that fits: many claim to be Chrome or Safari too
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
]
SYSTEMS: Final = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
]


def describe_device(user_agent: str) -> str:
    """Return such as “Firefox on Windows”, or how a program calls itself."""
    browser = _find_name(user_agent, BROWSERS)
    system = _find_name(user_agent, SYSTEMS)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return user_agent.partition(" ")[0][:LONGEST] or _("Unknown")


def _find_name(user_agent: str, names: list[tuple[str, str]]) -> str:
    return next((name for part, name in names if part in user_agent), "")
