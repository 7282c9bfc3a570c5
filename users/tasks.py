"""Prune expired tokens and sessions. Records of sign-ins go with the nightly clean-up."""

import structlog
from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from users.api_tokens.actions import prune_tokens
from users.models import ApiSignIn, EndedSignIn

log = structlog.get_logger(__name__)


@shared_task(name="users.prune_expired")
def prune_expired() -> None:
    now = timezone.now()
    tokens, _ = OutstandingToken.objects.filter(expires_at__lte=now).delete()
    EndedSignIn.objects.filter(expires_at__lte=now).delete()
    ApiSignIn.objects.filter(expires_at__lte=now).delete()
    sessions, _ = Session.objects.filter(expire_date__lte=now).delete()
    kept = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=kept).delete()
    api_tokens = prune_tokens(now=now)
    log.info(
        "expired sign-ins pruned",
        tokens=tokens,
        sessions=sessions,
        api_tokens=api_tokens,
    )
