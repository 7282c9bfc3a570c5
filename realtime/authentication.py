"""Three ways to prove who one is, one result: session cookie, bearer subprotocol, first frame."""

import binascii
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
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
from rest_framework_simplejwt.tokens import AccessToken

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


def by_token(raw: str) -> tuple[Identity, Standing]:
    """Whose access token this is. The signature is checked before the database is asked."""
    try:
        token = AccessToken(cast(Any, raw.encode("ascii")))  # bytes, as from a header
        user = signing_in.TokenAuthentication().get_user(token)
    except ExpiredTokenError:
        raise Refused(Close.EXPIRED, "The token has expired.") from None
    except AuthenticationFailed as failed:
        raise _refusal(failed) from None
    except (InvalidToken, TokenError, ValueError):
        raise Refused(Close.BAD_TOKEN, "This is not a valid token.") from None
    expires_in = token["exp"] - time.time()
    return _known(user, sign_in=signing_in.of(token), expires_in=expires_in)


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
    return _known(user, session_key=request.session.session_key)


def _known(user: AbstractBaseUser, **more: Any) -> tuple[Identity, Standing]:
    """The credentials are those that were checked: if they changed since, the sweep sees it."""
    found = standing.read([user.pk]).get(user.pk)
    if found is None:
        raise Refused(Close.BAD_TOKEN, "This user does not exist any more.")
    credentials = standing.fingerprint(user.password)
    return Identity(user_id=user.pk, credentials=credentials, **more), found


def subprotocol(scope: Mapping[str, Any]) -> str | None:
    """The one we speak, if it was offered; never the one with the token in it."""
    return frames.PROTOCOL if frames.PROTOCOL in scope.get("subprotocols", ()) else None


def speaks_another_version(scope: Mapping[str, Any]) -> bool:
    plain = [name for name in scope.get("subprotocols", ()) if not name.startswith(BEARER)]
    return bool(plain) and frames.PROTOCOL not in plain
