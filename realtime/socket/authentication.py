"""Three ways to prove who one is, one result: session cookie, bearer subprotocol, first frame."""

import binascii
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Literal, NamedTuple, cast

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, parse_cookie
from django.utils import timezone
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token

from realtime import frames
from realtime.frames import Close
from realtime.socket import authorization, origins
from realtime.socket.authorization import Authorization
from realtime.socket.session import Identity
from users import sign_ins as signing_in
from users.api_tokens import verification
from users.api_tokens.verification import RefusalCode
from users.models import ApiToken

BEARER = "bearer."
REFUSALS: Mapping[RefusalCode, Close] = {
    "bad_token": Close.BAD_TOKEN,
    "token_expired": Close.EXPIRED,
    "user_inactive": Close.FORBIDDEN,
    "wrong_address": Close.FORBIDDEN,
}
USER_ID = api_settings.USER_ID_CLAIM


class CredentialsRefused(Exception):
    """The credentials are not valid; `code` is the close code to end the socket with."""

    def __init__(self, code: Close, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


Admission = tuple[Identity, Authorization] | Exception  # what the batcher answers


@dataclass(frozen=True, slots=True)
class OfferedCredentials:
    """The credentials of a handshake; nothing of them is checked yet."""

    kind: Literal["session", "bearer", "no"]
    secret: str = ""
    foreign: bool = False


def read_credentials(scope: Mapping[str, Any]) -> OfferedCredentials:
    """Read a handshake's credentials. A token outranks a cookie, which browsers send unasked."""
    for name in scope.get("subprotocols", ()):
        if name.startswith(BEARER):
            return OfferedCredentials("bearer", _decode_token(name.removeprefix(BEARER)))
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    cookies = parse_cookie(headers.get(b"cookie", ""))
    if key := cookies.get(settings.SESSION_COOKIE_NAME):
        ours = origins.is_allowed(headers.get(b"origin"), headers.get(b"host"))
        return OfferedCredentials("session", key, foreign=not ours)
    return OfferedCredentials("no")


def _decode_token(text: str) -> str:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


class OfferedToken(NamedTuple):
    """A token, and the address of the client who has it."""

    text: str
    address: str | None


def authenticate_tokens(offers: Sequence[OfferedToken]) -> list[Admission]:
    """Find the users of many tokens in few queries: a restart brings thousands back."""
    ours = [offer for offer in offers if verification.is_api_token(offer.text)]
    others = [offer for offer in offers if not verification.is_api_token(offer.text)]
    answers = dict(zip(ours, _authenticate_api_tokens(ours), strict=True))
    answers |= zip(others, _authenticate_access_tokens(others), strict=True)
    return [answers[offer] for offer in offers]


def _authenticate_api_tokens(offers: Sequence[OfferedToken]) -> list[Admission]:
    if not offers:
        return []
    now, tokens = timezone.now(), verification.find_tokens({offer.text for offer in offers})
    users = {token.user_id for token in tokens.values()}
    authorizations = authorization.fetch_authorizations(
        users, api_tokens=[token.pk for token in tokens.values()]
    )
    return [
        _admit_api_token(offer, tokens.get(offer.text), authorizations, now) for offer in offers
    ]


def _admit_api_token(
    offer: OfferedToken,
    token: ApiToken | None,
    authorizations: Mapping[int, Authorization],
    now: datetime,
) -> Admission:
    if refusal := verification.find_refusal(token, address=offer.address, now=now):
        return CredentialsRefused(REFUSALS[refusal.code], refusal.message)
    assert token is not None  # noqa: S101 (refused above)
    rights = authorizations.get(token.user_id)
    if rights is None:
        return _refuse_missing()
    verification.note_use(token, address=offer.address, now=now)
    identity = _build_identity(
        token.user,
        expires_in=(token.expires_at - now).total_seconds(),
        api_token=token.pk,
        scopes=frozenset(token.scopes),
        key_ids=None if token.key_ids is None else frozenset(token.key_ids),
    )
    return identity, rights


def _authenticate_access_tokens(offers: Sequence[OfferedToken]) -> list[Admission]:
    """Check the signatures of JSON Web Tokens before the database is asked."""
    signed = [_verify_signature(offer.text) for offer in offers]
    tokens = [token for token in signed if not isinstance(token, CredentialsRefused)]
    if not tokens:
        return [refusal for refusal in signed if isinstance(refusal, CredentialsRefused)]
    users = get_user_model().objects.in_bulk({int(token[USER_ID]) for token in tokens})
    sign_ins = [sid for token in tokens if (sid := signing_in.sign_in_id(token))]
    authorizations = authorization.fetch_authorizations(users, (), sign_ins)
    checks = JWTAuthentication()
    checks.user_model = cast(Any, LoadedUsers(users))
    return [
        token
        if isinstance(token, CredentialsRefused)
        else _check_user(token, checks, authorizations)
        for token in signed
    ]


class LoadedUsers:
    """The user model for the library's checks, with users that were read together."""

    class DoesNotExist(Exception): ...

    def __init__(self, users: Mapping[int, AbstractBaseUser]) -> None:
        self.objects, self._users = self, users

    def get(self, *, id: str) -> AbstractBaseUser:
        try:
            return self._users[int(id)]
        except KeyError:
            raise self.DoesNotExist from None


def _verify_signature(raw: str) -> Token | CredentialsRefused:
    try:
        token = AccessToken(cast(Any, raw.encode("ascii")))  # bytes, as from a header
        int(token[USER_ID])  # only then the others' questions can be asked with it
        return token
    except ExpiredTokenError:
        return CredentialsRefused(Close.EXPIRED, "The token has expired.")
    except (TokenError, ValueError, KeyError, TypeError):
        return CredentialsRefused(Close.BAD_TOKEN, "This is not a valid token.")


def _check_user(
    token: Token, checks: JWTAuthentication, authorizations: Mapping[int, Authorization]
) -> tuple[Identity, Authorization] | CredentialsRefused:
    try:
        user = checks.get_user(token)
    except AuthenticationFailed as failed:
        return _explain_failure(failed)
    rights, sign_in = authorizations.get(user.pk), signing_in.sign_in_id(token)
    if rights is None:
        return _refuse_missing()
    if sign_in in rights.ended:
        return CredentialsRefused(Close.CREDENTIALS_CHANGED, "You signed out.")
    expires_in = token["exp"] - time.time()
    return _build_identity(user, sign_in=sign_in, expires_in=expires_in), rights


def _refuse_missing() -> CredentialsRefused:
    return CredentialsRefused(Close.BAD_TOKEN, "This user does not exist any more.")


def _explain_failure(failed: AuthenticationFailed) -> CredentialsRefused:
    code = failed.detail.get("code") if isinstance(failed.detail, dict) else None
    if code == "password_changed":
        return CredentialsRefused(Close.CREDENTIALS_CHANGED, "The password was changed.")
    if code == "user_inactive":
        return CredentialsRefused(Close.FORBIDDEN, "This user is not active.")
    return CredentialsRefused(Close.BAD_TOKEN, "This token belongs to nobody.")


def authenticate_session(key: str) -> tuple[Identity, Authorization] | None:
    """Find the user of a session; None if it has ended, which a browser's cookie may not know."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if isinstance(user, AnonymousUser):
        return None
    rights = authorization.fetch_authorizations([user.pk]).get(user.pk)
    if rights is None:
        raise _refuse_missing()
    return _build_identity(user, session_key=request.session.session_key), rights


def _build_identity(user: AbstractBaseUser, **more: Any) -> Identity:
    """Build the identity with the credentials that were checked: the sweep sees later changes."""
    return Identity(
        user_id=user.pk, credentials=authorization.hash_credentials(user.password), **more
    )


def choose_subprotocol(scope: Mapping[str, Any]) -> str | None:
    """Choose our protocol, if it was offered; never the one with the token in it."""
    return frames.PROTOCOL if frames.PROTOCOL in scope.get("subprotocols", ()) else None


def speaks_another_version(scope: Mapping[str, Any]) -> bool:
    plain = [name for name in scope.get("subprotocols", ()) if not name.startswith(BEARER)]
    return bool(plain) and frames.PROTOCOL not in plain
