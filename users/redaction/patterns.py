"""How secrets look in texts: names of fields, shapes of tokens, addresses with a secret in them."""

import re
from typing import Final

SHORTEST: Final = 6  # characters of a text that is worth hiding

IS_SECRET_NAME: Final = re.compile(
    r"[\w-]*(pass(word|phrase|wd)|secret|authorization|cookie|signature|api[_-]?key|credential"
    r"|csrf|sessionid|session_key|private[_-]?key|bearer|apprise|token)[\w-]*$|(refresh|otp|sign)$",
    re.IGNORECASE,
)
# A name with one of these words, and its value. Each pattern begins with fixed text, and is tried
# only on lines that have one of its markers: this runs for every line of the log.
VALUE: Final = rf"[\w-]*)(\\?[\"']?\s*[=:]\s*\\?[\"']?)([^\s\"'&,;}}\])\\]{{{SHORTEST},}})"
WORDS: Final = (
    *("passphrase", "password", "passwd", "secret", "authorization", "cookie", "signature"),
    *("api_key", "api-key", "apikey", "credential", "csrf", "sessionid", "private_key"),
    *("private-key", "_sign", "-sign", "bearer", "apprise"),
)
NAMED: Final = re.compile(f"(?i)((?:{'|'.join(WORDS)}){VALUE}")
SHORT_NAMED: Final = re.compile(
    r"(?i)(\b(?:token|access[_-]?token|refresh[_-]?token|api[_-]?token|refresh|code|otp|sign|sid|key)"
    + VALUE.removeprefix(r"[\w-]*")
)
SHAPES: Final = tuple(
    (markers, re.compile(pattern, flags))
    for markers, pattern, flags in (
        (
            ("PRIVATE KEY",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
            re.DOTALL,
        ),
        (("fwt_",), r"\bfwt_[\w-]{8,}", 0),
        (("whsec_",), r"\bwhsec_[\w+/=-]{8,}", 0),
        (("eyJ",), r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", 0),
        (("earer ", "asic "), r"(?i:(?<=\bBearer )|(?<=\bBasic ))\S{6,}", 0),
        (("bot",), r"\bbot\d{6,}:[\w-]{20,}", 0),
    )
)
LONG: Final = re.compile(r"[\w+=]{32,}")  # runs that may be a secret by their look
URL: Final = re.compile(r"\b([a-zA-Z][a-zA-Z0-9+.-]{1,20})://([^\s\"'<>\\]+)")
WEB: Final = {"http", "https", "ws", "wss"}
SERVERS: Final = {"redis", "rediss", "valkey", "postgres", "postgresql", "amqp", "unix", "file"}
SECRET_PATHS: Final = re.compile(
    r"(?i)(telegram\.org|slack\.com|discord(app)?\.com|office\.com|googleapis\.com|push\.)"
    r"|/hooks?/|webhook|/invitation/|/reset/"
)
