"""Make and revoke API tokens."""

import hashlib
import ipaddress
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from users.models import ApiToken, User

log = structlog.get_logger(__name__)

PREFIX: Final = "fwt_"  # tools that look for leaked secrets know tokens by such beginnings
HINT_LENGTH: Final = len(PREFIX) + 6
MOST_TOKENS: Final = 50
MOST_NETWORKS: Final = 20
LONGEST_DAYS: Final = 366
KEPT_DAYS: Final = 90  # after its end a token stays in the list of its owner


class TokenRefused(Exception):
    """The requested token is not allowed; `field` names the wrong field of the request."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """The wanted name, scopes and limits of a new token; `key_ids` of None means all keys."""

    name: str
    scopes: Collection[str]
    days: int
    key_ids: Collection[int] | None = None
    networks: Sequence[str] = ()


def create_token(user: User, request: NewToken, *, now: datetime) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which nobody can learn again."""
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        # One after the other: two at once would both find the name free and the list not full.
        User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        _check_request(user, request)
        token = ApiToken.objects.create(
            user=user,
            name=request.name,
            digest=hash_token(text),
            hint=text[:HINT_LENGTH],
            scopes=_order_scopes(request.scopes),
            key_ids=None if request.key_ids is None else sorted(set(request.key_ids)),
            networks=[parse_network(network) for network in request.networks],
            created_at=now,
            expires_at=now + timedelta(days=request.days),
        )
    log.info("API token made", user=user.pk, token=token.pk, scopes=token.scopes)
    return token, text


def revoke_token(user_id: int, token_id: int, *, now: datetime) -> bool:
    """Revoke a user's token. The next request with it is refused, its sockets end within a sweep.

    Return False if there is no such token or it was revoked before.
    """
    tokens = ApiToken.objects.filter(user=user_id, pk=token_id, revoked_at=None)
    revoked = tokens.update(revoked_at=now) == 1
    if revoked:
        log.info("API token revoked", user=user_id, token=token_id)
    return revoked


def list_tokens(user_id: int) -> QuerySet[ApiToken]:
    """List a user's tokens, the newest first; those that were revoked are not shown."""
    return ApiToken.objects.filter(user=user_id, revoked_at=None).order_by("-pk")


def prune_tokens(*, now: datetime) -> int:
    """Delete tokens that ended long ago."""
    before = now - timedelta(days=KEPT_DAYS)
    expired, _counts = ApiToken.objects.filter(expires_at__lt=before).delete()
    revoked, _counts = ApiToken.objects.filter(revoked_at__lt=before).delete()
    return expired + revoked


def label_keys(user: User) -> dict[int, str]:
    """Name the keys that a token of this user may be for: their own, and those shared with them."""
    own_keys = dict(user.exchange_keys.order_by("pk").values_list("pk", "label"))
    accepted = user.key_grants.filter(accepted_at__isnull=False).order_by("key")
    shared = accepted.values_list("key", "key__label", "key__user__username")
    return own_keys | {pk: f"{label} · {owner}" for pk, label, owner in shared}


def hash_token(text: str) -> str:
    """Hash a token for the database. It is random, so that no slow hash is needed."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def parse_network(text: str) -> str:
    """Return an address or network in its usual form; raise ValueError if it is none."""
    return str(ipaddress.ip_network(text.strip(), strict=False))


def _check_request(user: User, request: NewToken) -> None:
    live = ApiToken.objects.filter(user=user, revoked_at=None)
    if live.filter(name=request.name).exists():
        raise TokenRefused("name", _("Another of your tokens has this name."))
    if live.count() >= MOST_TOKENS:
        raise TokenRefused(
            "name",
            _("There are %(most_tokens)s tokens already. Revoke one first.")
            % {"most_tokens": MOST_TOKENS},
        )
    if ApiToken.Scope.OPERATE in request.scopes and not user.is_staff:
        raise TokenRefused("scopes", _("Only operators can make tokens that operate."))
    wanted = request.key_ids
    if wanted is not None and (not wanted or set(wanted) - label_keys(user).keys()):
        raise TokenRefused("keys", _("Choose keys of yours, or keys that are shared with you."))


def _order_scopes(scopes: Collection[str]) -> list[str]:
    """Add what a scope includes, since whoever trades reads the answers."""
    included = {ApiToken.Scope.READ} if ApiToken.Scope.TRADE in scopes else set()
    return [scope for scope in ApiToken.Scope.values if scope in {*scopes, *included}]
