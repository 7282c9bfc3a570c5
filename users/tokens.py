"""Refresh tokens: each works once, and none outlives its sign-in, a password or an account."""

import time
import uuid
from datetime import timedelta
from typing import Any, cast

import structlog
from axes.utils import reset
from django.contrib.auth.models import update_last_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt import serializers as jwt
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.exceptions import AuthenticationFailed as SecondFactorRefused
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.utils import datetime_from_epoch, get_md5_hash_password

from users import sign_ins
from users.addresses import client_address, client_network
from users.models import User
from users.rest import KnownFieldsOnly
from users.sign_in import recent, second_factor

log = structlog.get_logger(__name__)

LONGEST_USERNAME = 150
LONGEST_PASSWORD = 1024
LONGEST_CODE = 40
CODE_HELP = (
    "Of an authenticator app, or a recovery code: when this account has a second factor. Without it"
    " the answer is 401 with the code `code_needed`."
)
CODE_NEEDED = (
    "This account has a second factor. Send the code of the authenticator app, or a recovery code,"
    " in `code` too."
)
# Two tabs may renew at the same moment; that is no theft, the later one is only refused.
SIMULTANEOUS = timedelta(seconds=10)


class RefreshToken(tokens.RefreshToken):
    """A refresh token stored by its id only: a stolen database signs nobody in."""

    @classmethod
    def for_user(cls, user: Any) -> "RefreshToken":
        token: RefreshToken = super(tokens.BlacklistMixin, cls).for_user(user)
        token[sign_ins.CLAIM] = uuid.uuid4().hex  # inherited by all tokens that follow
        token[recent.CLAIM] = int(time.time())
        token.outstand()
        return token

    def outstand(self) -> OutstandingToken:
        return OutstandingToken.objects.create(
            user_id=self[api_settings.USER_ID_CLAIM],
            jti=self[api_settings.JTI_CLAIM],
            token=self.get(sign_ins.CLAIM, ""),  # not the token itself, see above
            created_at=self.current_time,
            expires_at=datetime_from_epoch(self["exp"]),
        )


class UsedRefreshToken(tokens.Token):
    """A refresh token that may have been used already."""

    token_type = RefreshToken.token_type
    lifetime = RefreshToken.lifetime


class SignIn(KnownFieldsOnly, jwt.TokenObtainPairSerializer):
    """Exchange a name and a password, and a code where it is needed, for a pair of tokens."""

    token_class = RefreshToken
    default_error_messages = {"no_active_account": "This name and password do not fit."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = serializers.CharField(
            write_only=True, max_length=LONGEST_USERNAME
        )
        self.fields["password"] = serializers.CharField(
            write_only=True, trim_whitespace=False, max_length=LONGEST_PASSWORD
        )
        self.fields["code"] = serializers.CharField(
            write_only=True, required=False, max_length=LONGEST_CODE, help_text=CODE_HELP
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        super(jwt.TokenObtainPairSerializer, self).validate(attrs)  # the name and the password
        user, request = cast(User, self.user), self.context["request"]
        if second_factor.is_required(user):
            _check_code(user, attrs.get("code"))
        refresh = self.token_class.for_user(user)
        address = client_address(request)
        agent = request.headers.get("User-Agent", "")
        sign_ins.note_sign_in(user.pk, refresh, address=address, user_agent=agent)
        update_last_login(User, user)
        # A success clears earlier failures, as on the sign-in page.
        reset(username=attrs["username"], ip=client_network(request))
        return {"refresh": str(refresh), "access": str(refresh.access_token)}


class Refresh(KnownFieldsOnly, jwt.TokenRefreshSerializer):
    """Exchange a refresh token for a new pair; of two uses at once, one wins.

    A token that is used again later was copied, by one side or the other: the whole sign-in ends.
    """

    token_class = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        try:
            token = self.token_class(attrs["refresh"])
        except TokenError:
            _end_if_reused(UsedRefreshToken(attrs["refresh"]))
            raise
        with transaction.atomic():
            _check_still_valid(_lock_owner(token), token)
            pair = super().validate(attrs)  # reads the blacklist again, now under the lock
            sign_ins.note_renewal(token)
        return pair


class Blacklist(KnownFieldsOnly, jwt.TokenBlacklistSerializer):
    """Sign out; a token that was used already is accepted."""

    token_class = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[Any, Any]:
        sign_ins.end_sign_in(UsedRefreshToken(attrs["refresh"]))
        return super().validate(attrs)


class Pair(serializers.Serializer[Any]):
    """The answer with a pair of tokens."""

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)


def _check_code(user: User, code: str | None) -> None:
    if code is None:
        raise SecondFactorRefused(CODE_NEEDED, "code_needed")
    try:
        second_factor.check_code(user, code)
    except ValidationError as error:
        raise SecondFactorRefused(" ".join(error.messages), "wrong_code") from None


def _lock_owner(token: RefreshToken) -> User:
    outstanding = OutstandingToken.objects.select_for_update(of=("self",)).select_related("user")
    row = outstanding.filter(jti=token[api_settings.JTI_CLAIM]).first()
    if row is None or row.user is None:
        raise AuthenticationFailed("The account of this token is gone.", "user_not_found")
    return row.user


def _end_if_reused(token: UsedRefreshToken) -> None:
    used = BlacklistedToken.objects.filter(token__jti=token[api_settings.JTI_CLAIM])
    if used.filter(blacklisted_at__lt=timezone.now() - SIMULTANEOUS).exists():
        log.warning("refresh token reused, sign-in ended", user=token.get("user_id"))
        sign_ins.end_sign_in(token)


def _check_still_valid(user: User, token: RefreshToken) -> None:
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise AuthenticationFailed("The password was changed: sign in again.", "password_changed")
    if not user.is_active:
        raise AuthenticationFailed("This account is switched off.", "user_inactive")
    if sign_ins.is_ended(token):
        raise AuthenticationFailed("You signed out.", "signed_out")
