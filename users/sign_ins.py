"""Sign-ins by API. All tokens of one carry its id, so that it can be ended as a whole."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import Token

from users.models import EndedSignIn

CLAIM = "sid"


class TokenAuthentication(JWTAuthentication):
    """Accept an access token until it expires or its sign-in has ended."""

    def get_user(self, validated_token: Token) -> Any:
        user = super().get_user(validated_token)
        if is_ended(validated_token):
            raise AuthenticationFailed("You signed out.", "signed_out")
        return user


def sign_in_id(token: Token) -> str | None:
    """Return the id of the token's sign-in; tokens made in other ways have none."""
    sid: str | None = token.get(CLAIM)
    return sid


def is_ended(token: Token) -> bool:
    sid = sign_in_id(token)
    return sid is not None and EndedSignIn.objects.filter(sid=sid).exists()


def end_sign_in(*tokens: Token) -> None:
    end_sign_ins(filter(None, map(sign_in_id, tokens)))


def sign_out_everywhere(user_id: int) -> None:
    """Sign a user out of all browsers and programs; the password stays valid."""
    tokens = OutstandingToken.objects.filter(user=user_id, expires_at__gt=timezone.now())
    end_sign_ins(tokens.exclude(token="").values_list("token", flat=True).distinct())
    sessions = Session.objects.filter(expire_date__gt=timezone.now())
    own = [session.pk for session in sessions.iterator() if _belongs_to(session, user_id)]
    Session.objects.filter(pk__in=own).delete()


def _belongs_to(session: Session, user_id: int) -> bool:
    return bool(session.get_decoded().get(SESSION_KEY) == str(user_id))


def end_sign_ins(sids: Iterable[str]) -> None:
    """End these sign-ins. Rows outlive the newest token, which may have been made a moment ago."""
    expires_at = timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME
    rows = [EndedSignIn(sid=sid, expires_at=expires_at) for sid in sids]
    EndedSignIn.objects.bulk_create(rows, ignore_conflicts=True)
