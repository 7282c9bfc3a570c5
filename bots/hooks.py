"""A user's hook: who knows its secret may wish for trades, each wish once, and nothing else.

The secret is made from the installation's own key, the hook's name and a generation: nothing that
a stolen database could give away. Rotating it leaves the one before valid for an hour.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from bots import signalling, wording
from bots.models import Hook, Signal
from exchanges.models import ExchangeKey, Symbol

MOST_BYTES: Final = 8 * 1024
AGAIN: Final = timedelta(seconds=60)  # equal words within it are one signal
OVERLAP: Final = timedelta(hours=1)
LONGEST: Final = {"source": 60, "message": 2000, "id": 60}


class NotYours(Exception):
    """No such hook, or not its secret: which of the two is not said."""


def of(user_id: int) -> Hook:
    hook, _ = Hook.objects.get_or_create(user_id=user_id, defaults={"name": secrets.token_hex(16)})
    return hook


def secret_of(hook: Hook, *, former: bool = False) -> str:
    generation = hook.generation - 1 if former else hook.generation
    words = f"{hook.name}:{generation}"
    return salted_hmac("fillwatch.hooks", words, algorithm="sha256").hexdigest()[:40]


def rotate(user_id: int, *, now: datetime) -> Hook:
    with transaction.atomic():
        hook = Hook.objects.select_for_update().get(pk=of(user_id).pk)
        hook.generation += 1
        hook.former_until = now + OVERLAP
        hook.save(update_fields=["generation", "former_until"])
    return hook


def hear(name: str, body: bytes, *, signature: str, now: datetime) -> tuple[Signal, bool]:
    """The signal, and whether it is new. Nonsense and NotYours are said, and nothing is stored."""
    text = _text(body)
    with transaction.atomic():  # one at a time for each hook: so equal ones meet
        hook = Hook.objects.select_for_update().filter(name=name, user__is_active=True).first()
        wish = wording.read(text) if hook is None or not signature else None
        given = wish.secret if wish else ""
        if hook is None or not _proved(hook, body, signature=signature, given=given, now=now):
            raise NotYours
        wish = wish or wording.read(text)
        hook.heard_at = now
        hook.save(update_fields=["heard_at"])
        mark = f"id:{wish.id}"[:80] if wish.id else sha256(body).hexdigest()
        if known := _heard_before(hook, mark, by_id=bool(wish.id), now=now):
            return known, False
        return _receive(hook, wish, mark=mark, raw=_without(text, given), now=now), True


def _receive(hook: Hook, wish: wording.Wish, *, mark: str, raw: str, now: datetime) -> Signal:
    return signalling.receive(
        user_id=hook.user_id,
        source=(wish.source or "hook")[: LONGEST["source"]],
        symbol=_symbol(hook.user_id, wish.symbol),
        side=Signal.Side(wish.side),
        price=wish.price,
        message=wish.message[: LONGEST["message"]],
        raw=raw,
        mark=mark,
        now=now,
    )


def _text(body: bytes) -> str:
    if len(body) > MOST_BYTES:
        raise wording.Nonsense(f"A signal has at most {MOST_BYTES} bytes.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise wording.Nonsense("A signal is text in UTF-8.") from None
    if "\0" in text:
        raise wording.Nonsense("A signal has no zero bytes in it.")
    return text


def _proved(hook: Hook, body: bytes, *, signature: str, given: str, now: datetime) -> bool:
    """By the secret in the body, or better by a signature of the body made with it."""
    good = [secret_of(hook)]
    if hook.former_until and now < hook.former_until:
        good.append(secret_of(hook, former=True))
    if signature:
        mine = [hmac.new(one.encode(), body, sha256).hexdigest() for one in good]
        return _is_one_of(signature.removeprefix("sha256="), mine)
    return _is_one_of(given, good)


def _is_one_of(given: str, good: list[str]) -> bool:
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in good)


def _heard_before(hook: Hook, mark: str, *, by_id: bool, now: datetime) -> Signal | None:
    before = Signal.objects.filter(user=hook.user_id, mark=mark)
    return before.first() if by_id else before.filter(received_at__gt=now - AGAIN).first()


def _without(text: str, secret: str) -> str:
    return text.replace(secret, "…") if secret else text


def _symbol(user_id: int, said: str) -> str:
    """Ours, if one of the user's markets trades it under some such name; else as it was said."""
    plain = wording.plain_symbol(said)
    futures = said.upper().endswith((".P", "PERP"))
    keys = ExchangeKey.objects.filter(user=user_id, is_active=True)
    for venue, market, is_paper in keys.values_list("venue", "market", "is_paper").distinct():
        if (market == "futures") != futures and futures:
            continue
        names = Symbol.objects.filter(venue=venue, market=market, is_paper=is_paper)
        for name in names.values_list("name", flat=True):
            if wording.plain_symbol(name) == plain:
                return str(name)
    return said[:40]
