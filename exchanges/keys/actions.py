"""Attach, rename, activate, deactivate and detach a user's keys, and record their tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from exchanges import payloads
from exchanges.keys import dead_mans_switch
from exchanges.keys.permissions import KeyVerdict
from exchanges.models import ExchangeKey
from exchanges.secrets import sealing
from exchanges.sharing import actions as sharing
from exchanges.streams import leases
from realtime import streams
from realtime.shapes.events import KeyGoneData
from users.models import User

PROVEN_ELSEWHERE: Final = (
    "Another account here has attached this key with its secret, and {venue} accepted it. A key"
    " works in one account at a time, so it was switched off in yours. Switch it on to take it"
    " back. If you know of no such account, revoke the key at {venue} at once."
)


class KeyConflict(Exception):
    """One field of a request conflicts with the keys that there are."""

    field: ClassVar[str]
    message: ClassVar[str]


class DuplicateLabel(KeyConflict):
    field, message = "label", "You already have a key of this name."


class DuplicateKey(KeyConflict):
    """The user has attached it before. What others have attached never matters here."""

    field, message = "api_key", "You have attached this API key already."


class WithdrawalAllowed(KeyConflict):
    """The key may withdraw money, so it is not used."""

    field = "is_active"
    message = "This key may withdraw. Take that right away at the venue, then test it again."


class KeyInUse(Exception):
    """Orders or bots belong to this key, so it cannot be deleted."""


def attach(
    *,
    user: User,
    label: str,
    venue: str,
    market: str,
    api_key: str,
    secret: str,
    passphrase: str = "",
    is_paper: bool = False,
) -> ExchangeKey:
    key = ExchangeKey(
        user=user,
        label=label,
        venue=venue,
        market=market,
        api_key=api_key,
        sealed_secret=sealing.seal(secret),
        sealed_passphrase=sealing.seal(passphrase) if passphrase else b"",
        is_paper=is_paper,
    )
    with _translate_conflicts(), streams.unit() as unit:
        key.save(force_insert=True)
        _publish_key(unit, key)
    return key


def rename(key_id: int, label: str) -> ExchangeKey:
    with _translate_conflicts():
        return _update_key(key_id, label=label)


def activate(key_id: int) -> ExchangeKey:
    with streams.unit():
        key = _lock_key(key_id)
        if "withdraw" in key.permissions:
            raise WithdrawalAllowed
        if not key.is_active:
            leases.note_activation(key_id)
        return _update_key(key_id, is_active=True, last_error="")


def deactivate(key_id: int) -> ExchangeKey:
    """Stop all requests to the venue with this key, when its dead man's switch is disarmed."""
    with streams.unit():
        key = _update_key(key_id, is_active=False)
        dead_mans_switch.queue_renewal(key_id)
    return key


def record(key_id: int, verdict: KeyVerdict, *, now: datetime) -> None:
    """Write down what the venue said of a key; if it could not be asked, nothing changes.

    A venue that accepts the key has accepted its secret: the key is its owner's from now on, and
    is switched off in other accounts, whoever attached it first.
    """
    if not verdict.heard:
        return
    error = "" if verdict.ok else verdict.message
    facts = {"last_error": error, "permissions": list(verdict.permissions)}
    with streams.unit() as unit:
        key, *others = _lock_same_keys(key_id)
        is_active = key.is_active and not verdict.stop
        if is_active:
            for other in others:
                _switch_off_elsewhere(unit, other)
        proof = {"is_active": is_active, "proven_at": now if is_active else None}
        _save_values(unit, key, last_checked_at=now, **facts, **proof)


def detach(key_id: int) -> None:
    """Forget a key and its secrets, unless orders or bots belong to it.

    Raise SwitchArmed if its venue counts down to cancel orders, and cannot be told to stop.
    """
    dead_mans_switch.disarm_before_removal(key_id, now=timezone.now())
    try:
        _delete_key(key_id)
    except (ProtectedError, RestrictedError):
        dead_mans_switch.arm_again(key_id)
        raise KeyInUse from None


def _delete_key(key_id: int) -> None:
    with streams.unit() as unit:
        key = _lock_key(key_id)
        sharing.end_all_grants(unit, key)
        key.delete()
        unit.event(user_id=key.user_id, type="key_deleted", data=KeyGoneData(id=key_id))


def mask_api_key(api_key: str) -> str:
    """Return the last four characters: enough to recognise a key, too few to use it."""
    return f"…{api_key[-4:]}" if len(api_key) >= 12 else "…"


def _lock_key(key_id: int) -> ExchangeKey:
    """The key, ours until the transaction ends. Lock order everywhere: key, order, stream.

    Rows that point to it are checked at the end of their transactions, when the stream is locked
    already: they must not have to wait for this.
    """
    return ExchangeKey.objects.select_for_update(no_key=True).get(pk=key_id)


def _update_key(key_id: int, **values: Any) -> ExchangeKey:
    with streams.unit() as unit:
        key = _lock_key(key_id)
        _save_values(unit, key, **values)
    return key


def _save_values(unit: streams.Unit, key: ExchangeKey, **values: Any) -> None:
    for name, value in values.items():
        setattr(key, name, value)
    key.save(update_fields=values)
    _publish_key(unit, key)


def _lock_same_keys(key_id: int) -> list[ExchangeKey]:
    """Lock this key and what other users attached under the same API key; this one is first.

    In the order of their ids, since tests of two of them may end at the same moment.
    """
    wanted = ExchangeKey.objects.get(pk=key_id)
    same = ExchangeKey.objects.filter(
        venue=wanted.venue, market=wanted.market, api_key=wanted.api_key, is_paper=wanted.is_paper
    )
    keys = {key.pk: key for key in same.select_for_update(no_key=True).order_by("pk")}
    if key_id not in keys:  # detached meanwhile
        raise ExchangeKey.DoesNotExist
    return [keys.pop(key_id), *keys.values()]


def _switch_off_elsewhere(unit: streams.Unit, key: ExchangeKey) -> None:
    """Switch off another user's key, unless it never worked for them: a stranger's guess."""
    if key.proven_at is not None:
        error = PROVEN_ELSEWHERE.format(venue=key.venue_label)
        _save_values(unit, key, is_active=False, proven_at=None, last_error=error)


def _publish_key(unit: streams.Unit, key: ExchangeKey) -> None:
    unit.event(user_id=key.user_id, type="key_update", data=payloads.key_data(key))
    sharing.publish_key(unit, key)


@contextmanager
def _translate_conflicts() -> Iterator[None]:
    """Translate constraint errors: only the database knows which of two requests was first."""
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint == "key_label_once_per_user":
            raise DuplicateLabel from None
        if constraint == "key_attached_once_per_user":
            raise DuplicateKey from None
        raise
