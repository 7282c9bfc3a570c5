"""A user's hook: who knows its secret may wish for trades, each wish once, and nothing else.

The secret is made from the installation's own key, the hook's name and a generation: nothing that
a stolen database could give away. Rotating it leaves the one before valid for an hour.

1. Whoever cannot prove to know the secret hears the same words, whatever it was that they sent.
2. The secret is taken out of the body before anything else reads it.
3. Equal words that come again soon are the same signal; so are those of the same id, for ever.
4. A signal and what its owner has set to be done with it are one transaction.
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
AGAIN: Final = timedelta(seconds=60)  # equal words within it are one signal
AGAIN_SIGNED: Final = 2 * webhook_auth.SKEW + timedelta(seconds=1)  # while a signature is good
OVERLAP: Final = timedelta(hours=1)
LONGEST: Final = {"source": 60, "message": 2000}


class NotYours(Exception):
    """No such hook, or not its secret: which of the two is not said."""


class TooMany(Exception):
    """This hook has had its share of the minute."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"A hook hears {MOST_A_MINUTE} signals a minute. Wait {seconds} s.")
        self.seconds = seconds


def of(user_id: int) -> Hook:
    hook, _ = Hook.objects.get_or_create(user_id=user_id, defaults={"name": _new_name()})
    return hook


def secret_of(hook: Hook, *, former: bool = False) -> str:
    generation = hook.generation - 1 if former else hook.generation
    words = f"{hook.name}:{generation}"
    return salted_hmac("fillwatch.hooks", words, algorithm="sha256").hexdigest()[:40]


def rotate(user_id: int, *, now: datetime) -> Hook:
    """A new secret, at the same address."""
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=of(user_id).pk)
        hook.generation += 1
        hook.former_until = now + OVERLAP
        hook.save(update_fields=["generation", "former_until"])
    return hook


def move(user_id: int) -> Hook:
    """A new address with a secret of its own. The one before is nobody's, from this moment on."""
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=of(user_id).pk)
        hook.name, hook.former_until = _new_name(), None
        hook.save(update_fields=["name", "former_until"])
    return hook


def hear(
    name: str, body: bytes, *, signature: str = "", timestamp: str = "", now: datetime
) -> tuple[Signal, bool]:
    """The signal, and whether it is new. If it is refused in words, nothing is stored."""
    hook, known = _proven(name, body, signature=signature, timestamp=timestamp, now=now)
    if seconds := rate_limit.wait(f"of {hook.pk}", most=MOST_A_MINUTE, now=now):
        raise TooMany(seconds)
    text = webhook_auth.without(known, _text(body))
    wish = parse.read(text)
    mark = ("id:" if wish.id else "") + sha256((wish.id or text).encode()).hexdigest()
    again = AGAIN_SIGNED if signature else AGAIN
    with streams.unit():  # one at a time for each hook: so equal ones meet
        if not Hook.objects.filter(pk=hook.pk, name=name).update(heard_at=now):
            raise NotYours  # it has moved this moment
        if before := _heard_before(hook, mark, since=None if wish.id else now - again):
            return before, False
        signal = _receive(hook, wish, mark=mark, raw=text, now=now)
        return execute.by_itself(signal, now=now), True


def _proven(
    name: str, body: bytes, *, signature: str, timestamp: str, now: datetime
) -> tuple[Hook, list[str]]:
    """The hook and its secrets. One that does not exist is as much work as one that does."""
    found = Hook.objects.filter(name=name, user__is_active=True).first()
    hook = found or Hook(name=name)
    good = [secret_of(hook), secret_of(hook, former=True)]
    if hook.former_until is None or hook.former_until <= now:
        good[1] = good[0]
    if signature:
        is_right = webhook_auth.is_signed(good, body, signature=signature, timestamp=timestamp)
    else:
        is_right = webhook_auth.has_secret(good, body)
    if found is None or not is_right:
        raise NotYours
    if signature and not webhook_auth.is_in_time(timestamp, now=now):
        raise parse.Nonsense("It was signed more than a minute from now, by its X-Timestamp.")
    return found, good


def _receive(hook: Hook, wish: parse.Wish, *, mark: str, raw: str, now: datetime) -> Signal:
    return record.receive(
        user_id=hook.user_id,
        source=(wish.source or "hook")[: LONGEST["source"]],
        symbol=symbol_lookup.symbol(hook.user_id, wish.symbol) or wish.symbol,
        side=Signal.Side(wish.side),
        price=wish.price,
        message=wish.message[: LONGEST["message"]],
        raw=raw,
        mark=mark,
        now=now,
    )


def _text(body: bytes) -> str:
    if len(body) > MOST_BYTES:
        raise parse.Nonsense(f"A signal has at most {MOST_BYTES} bytes.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise parse.Nonsense("A signal is text in UTF-8.") from None
    if "\0" in text:
        raise parse.Nonsense("A signal has no zero bytes in it.")
    return text


def _heard_before(hook: Hook, mark: str, *, since: datetime | None) -> Signal | None:
    before = Signal.objects.filter(user=hook.user_id, dedup_key=mark)
    return (before.filter(received_at__gt=since) if since else before).first()


def _new_name() -> str:
    return secrets.token_hex(16)
