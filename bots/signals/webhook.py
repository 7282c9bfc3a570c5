"""The webhook's view: no session and no token, only the secret of the hook in the address."""

from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from bots.signals import hooks, rate_limit
from bots.signals.parse import UnreadableSignal
from users.addresses import client_network

SIGNATURE: Final = "X-Signature"  # sha256=<hex of the HMAC of "<timestamp>.<body>" with the secret>
TIMESTAMP: Final = "X-Timestamp"  # when it was signed, in seconds since 1970
STRANGERS_A_MINUTE: Final = 30
USAGE: Final = (
    "Send a signal by POST: JSON such as "
    '{"secret": "…", "side": "buy", "symbol": "BTCUSDT"}, or plain text such as "… buy BTCUSDT", '
    "where … is the hook's secret."
)
NO_QUERY: Final = "A hook's address has no question mark; the secret is in the body."


@csrf_exempt  # no browser calls it, and the secret is in the body
def receive_webhook(request: HttpRequest, name: str) -> JsonResponse:
    """Answer 201: a new signal, 200: a duplicate, 400: unreadable, 404: a wrong secret."""
    if request.method != "POST":
        return _detail_response(USAGE, 405, Allow="POST")
    if request.META["QUERY_STRING"]:  # proxies log addresses, and senders would put it there
        return _detail_response(NO_QUERY, 400)
    signature, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    if signature and not timestamp:
        return _detail_response(f"A signature needs its time, in {TIMESTAMP}.", 400)
    return _store_signal(request, name, {"signature": signature, "timestamp": timestamp})


def _store_signal(
    request: HttpRequest, name: str, signature_headers: dict[str, str]
) -> JsonResponse:
    now = timezone.now()
    try:
        signal, is_new = hooks.receive_signal(name, request.body, now=now, **signature_headers)
    except UnreadableSignal as error:
        return _detail_response(str(error), 400)
    except hooks.HookRateExceeded as error:
        return _detail_response(str(error), 429, **{"Retry-After": error.seconds})
    except hooks.HookNotFound:
        return _reject_sender(request)
    return JsonResponse({"signal": signal.pk}, status=201 if is_new else 200)


def _reject_sender(request: HttpRequest) -> JsonResponse:
    """Count a wrong secret against the sender's address.

    Only now: a sender with the right secret never waits for others behind the same address.
    """
    name = f"from {client_network(request)}"
    if seconds := rate_limit.count_request(name, most=STRANGERS_A_MINUTE, now=timezone.now()):
        return _detail_response("Too many wrong requests.", 429, **{"Retry-After": seconds})
    return _detail_response("There is no such hook, or this is not its secret.", 404)


def _detail_response(message: str, status: int, **headers: Any) -> JsonResponse:
    return JsonResponse({"detail": message}, status=status, headers=headers)
