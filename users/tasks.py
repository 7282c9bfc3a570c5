"""Prune expired tokens and sessions, and old access records."""

from datetime import timedelta
from typing import Final

import structlog
from allauth.usersessions.models import UserSession
from axes.handlers.proxy import AxesProxyHandler
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from users.api_tokens.actions import prune_tokens
from users.models import ApiSignIn, EndedSignIn, Invitation

log = structlog.get_logger(__name__)

ACCESS_LOG_DAYS: Final = 90


@shared_task(name="users.prune_expired")
def prune_expired() -> None:
    now = timezone.now()
    tokens, _ = OutstandingToken.objects.filter(expires_at__lte=now).delete()
    EndedSignIn.objects.filter(expires_at__lte=now).delete()
    ApiSignIn.objects.filter(expires_at__lte=now).delete()
    Invitation.objects.filter(expires_at__lte=now - timedelta(days=ACCESS_LOG_DAYS)).delete()
    sessions, _ = Session.objects.filter(expire_date__lte=now).delete()
    kept = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=kept).delete()
    api_tokens = prune_tokens(now=now)
    entries = AxesProxyHandler.reset_logs(age_days=ACCESS_LOG_DAYS)
    log.info(
        "expired sign-ins pruned",
        tokens=tokens,
        sessions=sessions,
        api_tokens=api_tokens,
        entries=entries,
    )
