"""The second factor: codes of an authenticator app, passkeys, recovery codes.

Wrong codes count as wrong passwords do. The secrets behind the codes are stored encrypted with a
key made from SECRET_KEY: a stolen database makes no codes.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import redis
import structlog
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from users.models import User

log = structlog.get_logger(__name__)

MAIN_TYPES: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is wrong, or it was used already."),
    }

    def get_totp_issuer(self) -> str:
        return "Fillwatch"

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Fillwatch"}

    def generate_authenticator_name(self, user: Any, type: str) -> str:
        return _("Key %(count)s") % {
            "count": Authenticator.objects.filter(user=user, type=type).count() + 1
        }

    def encrypt(self, text: str) -> str:
        return b64encode(next(_build_boxes()).encrypt(text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret; of one that cannot be read, nobody can know a code."""
        for box in _build_boxes():
            try:
                return box.decrypt(b64decode(encrypted_text)).decode()
            except CryptoError:
                continue
        log.error("second factor unreadable, SECRET_KEY was changed")
        return str(generate_totp_secret())


def is_required(user: User) -> bool:
    """Tell whether a password alone does not sign this user in."""
    return bool(Authenticator.objects.filter(user=user, type__in=MAIN_TYPES).exists())


class _CountedCode(forms.BaseAuthenticateForm):  # type: ignore[misc]  # allauth has no types
    def clean_code(self) -> str:
        request, credentials = context.request, {"username": self.user.get_username()}
        if not AxesProxyHandler.is_allowed(request, credentials):
            request.axes_locked_out, request.axes_credentials = True, credentials
            raise ValidationError(_("Too many attempts."), code="locked")
        try:
            return str(super().clean_code())
        except ValidationError:
            user_login_failed.send(__name__, credentials=credentials, request=request)
            raise
        except redis.RedisError as error:
            log.warning("codes not checked, Redis is away", error=str(error))
            message = _("Codes cannot be checked right now. Try again in a minute.")
            raise ValidationError(message, code="unavailable") from None


class SignInCodeForm(_CountedCode, forms.AuthenticateForm):  # type: ignore[misc]
    pass


class RepeatCodeForm(_CountedCode, forms.ReauthenticateForm):  # type: ignore[misc]
    pass


def check_code(user: User, code: str) -> None:
    """Check the code of a sign-in by API, as the page does; a wrong one raises ValidationError."""
    form = SignInCodeForm(user=user, data={"code": code})
    if not form.is_valid():
        raise ValidationError(form.errors.as_data()["code"])
    form.authenticator.record_usage()


def _build_boxes() -> Iterator[SecretBox]:
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield SecretBox(sha256(b"fillwatch.second_factor" + secret.encode()).digest())
