"""Check the addresses of ways as far as a web process can: it does not load Apprise."""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

LONGEST: Final = 2000
SCHEME: Final = re.compile(r"([a-z0-9]{1,20})://\S*", re.IGNORECASE)
# Services of Apprise that act on this very machine, or speak protocols whose hosts are not checked.
LOCAL_SERVICES: Final = frozenset(
    {
        *("amqp", "amqps", "aprs", "blink1", "dbus", "deltachat", "deltachats", "fcm", "file"),
        *("gio", "glib", "gnome", "growl", "irc", "ircs", "kde", "macosx", "mqtt", "mqtts"),
        *("nostr", "qt", "rsyslog", "smpp", "smpps", "syslog", "vapid", "windows", "xmpp", "xmpps"),
    }
)
# Parameters of Apprise's URLs that name files of this server.
FILE_PARAMETERS: Final = frozenset(
    {"template", "keyfile", "subfile", "attach", "pgpkey", "pgp", "pem", "cert", "config", "wkd"}
)


class BadAddress(Exception):
    """The address cannot be used; the text says why and repeats no secret of it."""


def check_webhook_url(url: str) -> str:
    """Check a webhook's URL and return its host, which may be shown."""
    parts = _split_url(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise BadAddress("It must begin with https:// or http:// and name a host.")
    if parts.username or parts.password:
        raise BadAddress("It must not hold a name or password: the signature proves who sends.")
    return parts.hostname[:100]


def check_service_url(url: str) -> str:
    """Check a URL of Apprise and return its service, which may be shown."""
    match = SCHEME.fullmatch(url)
    if match is None or len(url) > LONGEST:
        raise BadAddress("It must be a URL of Apprise, such as ntfy://topic or discord://id/token.")
    scheme = match[1].lower()
    if scheme in ("http", "https"):
        raise BadAddress("Use json:// or jsons:// for an address of HTTP, or add a webhook.")
    if scheme in LOCAL_SERVICES:
        raise BadAddress(f"{scheme}:// is not offered: it acts on this server, or is not checked.")
    if names := sorted(_list_parameters(url) & FILE_PARAMETERS):
        raise BadAddress(f"The parameter {names[0]} is not offered: it reads files of this server.")
    return scheme


def _list_parameters(url: str) -> set[str]:
    names = {name.strip().lower() for name, _ in parse_qsl(url.partition("?")[2], True)}
    return names | {name.lstrip("+-:") for name in names}


def _split_url(url: str) -> SplitResult:
    if len(url) > LONGEST or not url.isprintable() or " " in url:
        raise BadAddress(f"It must be a URL of at most {LONGEST} characters, without spaces.")
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        raise BadAddress("This is no URL.") from None
    return parts
