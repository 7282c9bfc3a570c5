"""Three ways to prove who one is, one result: session cookie, bearer subprotocol, first frame."""

import binascii
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, parse_cookie
from rest_framework_simplejwt.exceptions import (
    AuthenticationFailed,
    ExpiredTokenError,
    InvalidToken,
    TokenError,
)
from rest_framework_simplejwt.tokens import AccessToken, Token

from realtime import frames, origins, standing
from realtime.frames import Close
from realtime.protocol import Identity
from realtime.standing import Standing
from users import signing_in

BEARER = "bearer."


class Refused(Exception):
    """This is nobody we know; with the close code that says what to do."""

    def __init__(self, code: Close, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Offer:
    """What a handshake brought to prove who is there; nothing of it is checked yet."""

    kind: Literal["session", "bearer", "no"]
    secret: str = ""
    foreign: bool = False


def offered(scope: Mapping[str, Any]) -> Offer:
    """Read the handshake. A token outranks the cookie, which a browser sends unasked."""
    for name in scope.get("subprotocols", ()):
        if name.startswith(BEARER):
            return Offer("bearer", _decoded(name.removeprefix(BEARER)))
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    cookies = parse_cookie(headers.get(b"cookie", ""))
    if key := cookies.get(settings.SESSION_COOKIE_NAME):
        ours = origins.is_allowed(headers.get(b"origin"), headers.get(b"host"))
        return Offer("session", key, foreign=not ours)
    return Offer("no")


def _decoded(text: str) -> str:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def by_tokens(raws: Sequence[str]) -> list[tuple[Identity, Standing] | Exception]:
    """Whose access tokens these are; asked together, since a restart brings thousands back."""
    checked = [_checked(raw) for raw in raws]
    people = [one for one in checked if not isinstance(one, Refused)]
    found = standing.read({user.pk for user, _ in people}) if people else {}
    return [
        one if isinstance(one, Refused) else _of_token(*one, found.get(one[0].pk))
        for one in checked
    ]


def _checked(raw: str) -> tuple[AbstractBaseUser, Token] | Refused:
    """The signature is checked before the database is asked."""
    try:
        token = AccessToken(cast(Any, raw.encode("ascii")))  # bytes, as from a header
        return signing_in.TokenAuthentication().get_user(token), token
    except ExpiredTokenError:
        return Refused(Close.EXPIRED, "The token has expired.")
    except AuthenticationFailed as failed:
        return _refusal(failed)
    except (InvalidToken, TokenError, ValueError):
        return Refused(Close.BAD_TOKEN, "This is not a valid token.")


def _of_token(
    user: AbstractBaseUser, token: Token, found: Standing | None
) -> tuple[Identity, Standing] | Refused:
    if found is None:
        return _gone()
    expires_in = token["exp"] - time.time()
    return _identity(user, sign_in=signing_in.of(token), expires_in=expires_in), found


def _gone() -> Refused:
    return Refused(Close.BAD_TOKEN, "This user does not exist any more.")


def _refusal(failed: AuthenticationFailed) -> Refused:
    code = failed.detail.get("code") if isinstance(failed.detail, dict) else None
    if code == "password_changed":
        return Refused(Close.CREDENTIALS_CHANGED, "The password was changed.")
    if code == "signed_out":
        return Refused(Close.CREDENTIALS_CHANGED, "You signed out.")
    if code == "user_inactive":
        return Refused(Close.FORBIDDEN, "This user is not active.")
    return Refused(Close.BAD_TOKEN, "This token belongs to nobody.")


def by_session(key: str) -> tuple[Identity, Standing] | None:
    """Whose session this is; None if it has ended, as a browser's cookie may not know."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if isinstance(user, AnonymousUser):
        return None
    found = standing.read([user.pk]).get(user.pk)
    if found is None:
        raise _gone()
    return _identity(user, session_key=request.session.session_key), found


def _identity(user: AbstractBaseUser, **more: Any) -> Identity:
    """The credentials are those that were checked: if they changed since, the sweep sees it."""
    return Identity(user_id=user.pk, credentials=standing.fingerprint(user.password), **more)


def subprotocol(scope: Mapping[str, Any]) -> str | None:
    """The one we speak, if it was offered; never the one with the token in it."""
    return frames.PROTOCOL if frames.PROTOCOL in scope.get("subprotocols", ()) else None


def speaks_another_version(scope: Mapping[str, Any]) -> bool:
    plain = [name for name in scope.get("subprotocols", ()) if not name.startswith(BEARER)]
    return bool(plain) and frames.PROTOCOL not in plain
