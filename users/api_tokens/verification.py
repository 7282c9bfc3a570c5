"""Verify API tokens, those of requests and those of sockets."""

import ipaddress
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from django.db.models import Q

from users.api_tokens.actions import PREFIX, hash_token
from users.models import ApiToken

USE_SECONDS: Final = 60  # the last use is noted once in so long, or each request would write

RefusalCode = Literal["bad_token", "token_expired", "user_inactive", "wrong_address"]


class TokenRefusal(NamedTuple):
    """The reason why a token is not accepted."""

    code: RefusalCode
    message: str


def is_api_token(text: str) -> bool:
    """Tell whether this credential is one of our tokens, and no JSON Web Token."""
    return text.startswith(PREFIX)


def find_tokens(texts: Collection[str]) -> Mapping[str, ApiToken]:
    """Find the tokens of these texts, with their users, in one query."""
    digests = {hash_token(text): text for text in texts}
    rows = ApiToken.objects.select_related("user").filter(digest__in=digests, revoked_at=None)
    return {digests[row.digest]: row for row in rows}


def find_refusal(
    token: ApiToken | None, *, address: str | None, now: datetime
) -> TokenRefusal | None:
    """Return why a token is refused to a client at this address, if it is."""
    if token is None:
        return TokenRefusal("bad_token", "This API token does not exist, or was revoked.")
    if token.expires_at <= now:
        return TokenRefusal("token_expired", "This API token has expired. Make another.")
    if not token.user.is_active:
        return TokenRefusal("user_inactive", "This account is switched off.")
    if token.networks and not is_within(address, token.networks):
        message = f"This API token is not for use from {address or 'an unknown address'}."
        return TokenRefusal("wrong_address", message)
    return None


def is_within(address: str | None, networks: Collection[str]) -> bool:
    """Tell whether an address belongs to one of the networks; an unknown one does not."""
    if address is None:
        return False
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)  # how a socket for both families has IPv4
    return any((mapped or found) in ipaddress.ip_network(network) for network in networks)


def note_use(token: ApiToken, *, address: str | None, now: datetime) -> None:
    """Note when and from where a token was used; of many uses at once one writes."""
    before = now - timedelta(seconds=USE_SECONDS)
    if token.last_used_at is not None and token.last_used_at > before:
        return
    token.last_used_at, token.last_address = now, address
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=before)
    ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now, last_address=address)
