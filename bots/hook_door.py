"""The door for signals from outside: no session, no token, only a secret that fits the address."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bots import executing, hooks
from bots.wording import Nonsense

SIGNATURE = "X-Signature"  # sha256=<hex of the HMAC of the body with the secret>


@csrf_exempt  # nobody's browser is here, and the secret is in the body
@require_POST
def hear(request: HttpRequest, name: str) -> JsonResponse:
    """201: a new signal. 200: the same was heard before. 400: it makes no sense. 404: not yours."""
    if int(request.headers.get("Content-Length") or 0) > hooks.MOST_BYTES:
        return _words(f"A signal has at most {hooks.MOST_BYTES} bytes.", 413)
    now = timezone.now()
    try:
        signal, is_new = hooks.hear(
            name, request.body, signature=request.headers.get(SIGNATURE, ""), now=now
        )
    except Nonsense as nonsense:
        return _words(str(nonsense), 400)
    except hooks.NotYours:
        return _words("There is no such hook, or this is not its secret.", 404)
    if is_new:
        executing.by_itself(signal, now=now)
    return JsonResponse({"signal": signal.pk}, status=201 if is_new else 200)


def _words(words: str, status: int) -> JsonResponse:
    return JsonResponse({"detail": words}, status=status)
