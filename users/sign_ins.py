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

from users.models import ApiSignIn, EndedSignIn

CLAIM = "sid"
LONGEST_AGENT = 200


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


def sign_out_everywhere(
    user_id: int, *, but_session: str | None = None, but_sign_in: str | None = None
) -> None:
    """Sign a user out of all browsers and programs; the password stays valid.

    The session that asks for it may be kept.
    """
    tokens = OutstandingToken.objects.filter(user=user_id, expires_at__gt=timezone.now())
    sids = tokens.exclude(token="").values_list("token", flat=True).distinct()
    end_sign_ins(sid for sid in sids if sid != but_sign_in)
    sessions = Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=but_session)
    own = [session.pk for session in sessions.iterator() if _belongs_to(session, user_id)]
    Session.objects.filter(pk__in=own).delete()


def _belongs_to(session: Session, user_id: int) -> bool:
    return bool(session.get_decoded().get(SESSION_KEY) == str(user_id))


def note_sign_in(user_id: int, token: Token, *, address: str | None, user_agent: str) -> None:
    """List a new sign-in among its owner's sessions."""
    now = timezone.now()
    ApiSignIn.objects.create(
        sid=token[CLAIM],
        user_id=user_id,
        address=address,
        user_agent=user_agent[:LONGEST_AGENT],
        last_seen_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )


def note_renewal(token: Token) -> None:
    now = timezone.now()
    ApiSignIn.objects.filter(sid=sign_in_id(token)).update(
        last_seen_at=now, expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME
    )


def end_sign_ins(sids: Iterable[str]) -> None:
    """End these sign-ins. Rows outlive the newest token, which may have been made a moment ago."""
    expires_at = timezone.now() + api_settings.REFRESH_TOKEN_LIFETIME
    rows = [EndedSignIn(sid=sid, expires_at=expires_at) for sid in sids]
    EndedSignIn.objects.bulk_create(rows, ignore_conflicts=True)
