"""How secrets look in texts: names of fields, shapes of tokens, addresses with a secret in them."""

import re
from typing import Final

SHORTEST: Final = 6  # characters of a text that is worth hiding

NAMES: Final = (
    r"(?:[\w-]*(?:pass(?:word|phrase|wd)|secret|authorization|cookie|signature|api[_-]?key"
    r"|credential|csrf|sessionid|private[_-]?key|[_-]sign|bearer|apprise)[\w-]*"
    r"|token|access[_-]?token|refresh[_-]?token|api[_-]?token|refresh|code|otp|sign|sid|key)"
)
IS_SECRET_NAME: Final = re.compile(
    r"[\w-]*(pass(word|phrase|wd)|secret|authorization|cookie|signature|api[_-]?key|credential"
    r"|csrf|sessionid|session_key|private[_-]?key|bearer|apprise|token)[\w-]*$|(refresh|otp|sign)$",
    re.IGNORECASE,
)
NAMED: Final = re.compile(
    rf"(?i)\b({NAMES})(\\?[\"']?\s*[=:]\s*\\?[\"']?)([^\s\"'&,;}}\])\\]{{{SHORTEST},}})"
)
SHAPES: Final = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL),
        (r"\bfwt_[\w-]{8,}", 0),
        (r"\bwhsec_[\w+/=-]{8,}", 0),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", 0),
        (r"(?<=\bBearer )\S{6,}|(?<=\bBasic )\S{6,}", re.IGNORECASE),
        (r"\bbot\d{6,}:[\w-]{20,}", 0),
        (r"\b[0-9A-F]{32}\b|\b[0-9a-f]{40}\b", 0),
        # As long and as mixed as keys of venues are; ids of ours have dashes or one case.
        (r"(?<![\w+=-])(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])(?=[\w+=-]*[0-9])[\w+=]{40,}", 0),
    )
)
URL: Final = re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]{1,20})://([^\s\"'<>\\]+)")
WEB: Final = {"http", "https", "ws", "wss"}
SERVERS: Final = {"redis", "rediss", "valkey", "postgres", "postgresql", "amqp", "unix", "file"}
SECRET_PATHS: Final = re.compile(
    r"(?i)(telegram\.org|slack\.com|discord(app)?\.com|office\.com|googleapis\.com|push\.)"
    r"|/hooks?/|webhook|/invitation/|/reset/"
)
