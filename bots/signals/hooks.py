"""A user's hook: authenticate a webhook request, and turn it into one signal.

The secret is derived from SECRET_KEY, the hook's name and a generation, so that a stolen database
has no secrets. After a rotation the former secret is valid for another hour.

1. A sender without the secret gets the same answer, whatever the request contains.
2. The secret is removed from the body before anything else reads it.
3. A body that is repeated soon, or an id that is repeated ever, is the same signal.
4. The signal and its automatic execution are one transaction.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from bots.models import Hook, Signal
from bots.signals import execute, parse, rate_limit, record, symbol_lookup, webhook_auth
from realtime import streams

MOST_BYTES: Final = 8 * 1024
MOST_A_MINUTE: Final = 60
DUPLICATE_WINDOW: Final = timedelta(seconds=60)  # equal bodies within it are one signal
# As long as a signature is valid, so that a recorded request makes no second signal.
SIGNED_DUPLICATE_WINDOW: Final = 2 * webhook_auth.SKEW + timedelta(seconds=1)
OVERLAP: Final = timedelta(hours=1)
MOST_CHARACTERS: Final = {"source": 60, "message": 2000}


class HookNotFound(Exception):
    """The hook does not exist or the secret is wrong: the sender does not learn which."""


class HookRateExceeded(Exception):
    """The hook has received its signals of this minute."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"A hook accepts {MOST_A_MINUTE} signals a minute. Wait {seconds} s.")
        self.seconds = seconds


def for_user(user_id: int) -> Hook:
    hook, _ = Hook.objects.get_or_create(user_id=user_id, defaults={"name": _new_name()})
    return hook


def derive_secret(hook: Hook, *, former: bool = False) -> str:
    generation = hook.generation - 1 if former else hook.generation
    value = f"{hook.name}:{generation}"
    return salted_hmac("fillwatch.hooks", value, algorithm="sha256").hexdigest()[:40]


def rotate_secret(user_id: int, *, now: datetime) -> Hook:
    """Change the hook's secret; its address stays."""
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=for_user(user_id).pk)
        hook.generation += 1
        hook.former_until = now + OVERLAP
        hook.save(update_fields=["generation", "former_until"])
    return hook


def move_hook(user_id: int) -> Hook:
    """Give the hook a new address and secret; the former address is invalid at once."""
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=for_user(user_id).pk)
        hook.name, hook.former_until = _new_name(), None
        hook.save(update_fields=["name", "former_until"])
    return hook


def receive_signal(
    name: str, body: bytes, *, signature: str = "", timestamp: str = "", now: datetime
) -> tuple[Signal, bool]:
    """Store a request's signal, or find its duplicate; return it, and whether it is new.

    A request that is refused is not stored.
    """
    hook, valid_secrets = _authenticate_sender(
        name, body, signature=signature, timestamp=timestamp, now=now
    )
    if seconds := rate_limit.count_request(f"of {hook.pk}", most=MOST_A_MINUTE, now=now):
        raise HookRateExceeded(seconds)
    text = webhook_auth.redact_secrets(valid_secrets, _decode_body(body))
    request = parse.parse_signal(text)
    dedup_key = ("id:" if request.id else "") + sha256((request.id or text).encode()).hexdigest()
    window = SIGNED_DUPLICATE_WINDOW if signature else DUPLICATE_WINDOW
    with streams.unit():  # the update locks the hook: two equal requests come one after the other
        if not Hook.objects.filter(pk=hook.pk, name=name).update(heard_at=now):
            raise HookNotFound  # it was moved at this moment
        since = None if request.id else now - window
        if duplicate := _find_duplicate(hook, dedup_key, since=since):
            return duplicate, False
        signal = _record_signal(hook, request, dedup_key=dedup_key, raw=text, now=now)
        return execute.auto_execute(signal, now=now), True


def _authenticate_sender(
    name: str, body: bytes, *, signature: str, timestamp: str, now: datetime
) -> tuple[Hook, list[str]]:
    """Return the hook and its secrets. An unknown hook takes the same time as a known one."""
    row = Hook.objects.filter(name=name, user__is_active=True).first()
    hook = row or Hook(name=name)
    valid_secrets = [derive_secret(hook), derive_secret(hook, former=True)]
    if hook.former_until is None or hook.former_until <= now:
        valid_secrets[1] = valid_secrets[0]
    if signature:
        is_authentic = webhook_auth.has_signature(
            valid_secrets, body, signature=signature, timestamp=timestamp
        )
    else:
        is_authentic = webhook_auth.has_secret(valid_secrets, body)
    if row is None or not is_authentic:
        raise HookNotFound
    if signature and not webhook_auth.is_in_time(timestamp, now=now):
        message = "It was signed more than a minute from now, by its X-Timestamp."
        raise parse.UnreadableSignal(message)
    return row, valid_secrets


def _record_signal(
    hook: Hook, request: parse.SignalRequest, *, dedup_key: str, raw: str, now: datetime
) -> Signal:
    return record.create_signal(
        user_id=hook.user_id,
        source=(request.source or "hook")[: MOST_CHARACTERS["source"]],
        symbol=symbol_lookup.find_symbol(hook.user_id, request.symbol) or request.symbol,
        side=Signal.Side(request.side),
        price=request.price,
        message=request.message[: MOST_CHARACTERS["message"]],
        raw=raw,
        dedup_key=dedup_key,
        now=now,
    )


def _decode_body(body: bytes) -> str:
    if len(body) > MOST_BYTES:
        raise parse.UnreadableSignal(f"A signal has at most {MOST_BYTES} bytes.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise parse.UnreadableSignal("A signal is text in UTF-8.") from None
    if "\0" in text:
        raise parse.UnreadableSignal("A signal has no zero bytes in it.")
    return text


def _find_duplicate(hook: Hook, dedup_key: str, *, since: datetime | None) -> Signal | None:
    duplicates = Signal.objects.filter(user=hook.user_id, dedup_key=dedup_key)
    return (duplicates.filter(received_at__gt=since) if since else duplicates).first()


def _new_name() -> str:
    return secrets.token_hex(16)
