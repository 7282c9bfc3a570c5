"""Link a chat of Telegram by API."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from operations.notifications.telegram import bot_name, link
from operations.notifications.ways.serializers import TelegramLinkOut
from users.http import current_user
from users.rest import REASON, Conflict
from users.strict.views import api_view


@extend_schema(tags=["notifications"], request=None, responses={201: TelegramLinkOut, 409: REASON})
@api_view(["POST"])
def link_telegram(request: Request) -> Response:
    """A code that links the chat from which the bot receives it."""
    if not settings.TELEGRAM_BOT_TOKEN:
        raise Conflict("This installation has no bot of Telegram.")
    code, expires_at = link.make_code(current_user(request), now=timezone.now())
    body = {"code": code, "expires_at": expires_at, **bot_name.describe_link(code)}
    return Response(
        TelegramLinkOut(body).data,
        status=status.HTTP_201_CREATED,
        headers={"Cache-Control": "no-store"},
    )
