"""The door for signals from outside: no session, no token, only a secret that fits the address."""

from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from bots.signals import hooks, rate_limit
from bots.signals.parse import Nonsense
from users.addresses import client_address

SIGNATURE: Final = "X-Signature"  # sha256=<hex of the HMAC of "<timestamp>.<body>" with the secret>
TIMESTAMP: Final = "X-Timestamp"  # of the same moment, in whole seconds since 1970
STRANGERS_A_MINUTE: Final = 30
HOW: Final = (
    "Send a signal by POST: JSON such as "
    '{"secret": "…", "side": "buy", "symbol": "BTCUSDT"}, or plain text such as "… buy BTCUSDT", '
    "where … is the hook's secret."
)


@csrf_exempt  # nobody's browser is here, and the secret is in the body
def hear(request: HttpRequest, name: str) -> JsonResponse:
    """201: a new signal. 200: the same was heard before. 400: it makes no sense. 404: not yours."""
    if request.method != "POST":
        return _words(HOW, 405, Allow="POST")
    if int(request.headers.get("Content-Length") or 0) > hooks.MOST_BYTES:
        return _words(f"A signal has at most {hooks.MOST_BYTES} bytes.", 413)
    signature, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    if signature and not timestamp:
        return _words(f"A signature needs its time, in {TIMESTAMP}.", 400)
    return _heard(request, name, {"signature": signature, "timestamp": timestamp})


def _heard(request: HttpRequest, name: str, signed: dict[str, str]) -> JsonResponse:
    now = timezone.now()
    try:
        signal, is_new = hooks.hear(name, request.body, now=now, **signed)
    except Nonsense as nonsense:
        return _words(str(nonsense), 400)
    except hooks.TooMany as words:
        return _words(str(words), 429, **{"Retry-After": words.seconds})
    except hooks.NotYours:
        return _turned_away(request)
    return JsonResponse({"signal": signal.pk}, status=201 if is_new else 200)


def _turned_away(request: HttpRequest) -> JsonResponse:
    """Counted by address after the look at the secret: whoever has it never waits for others."""
    name = f"from {client_address(request)}"
    if seconds := rate_limit.wait(name, most=STRANGERS_A_MINUTE, now=timezone.now()):
        return _words("Too many that were not understood.", 429, **{"Retry-After": seconds})
    return _words("There is no such hook, or this is not its secret.", 404)


def _words(words: str, status: int, **headers: Any) -> JsonResponse:
    return JsonResponse({"detail": words}, status=status, headers=headers)
