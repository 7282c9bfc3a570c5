"""What workers do about keys: ask the venue whether one works."""

from dataclasses import asdict
from typing import Any

import structlog
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from exchanges import base, worker_calls
from exchanges.keys import actions, leverage, listen_keys, permissions, sealing
from exchanges.keys.permissions import Verdict
from exchanges.limits import bans
from exchanges.models import ExchangeKey

log = structlog.get_logger(__name__)

TAKING_STOCK = "taking-stock"


@shared_task(name="exchanges.test_key")
def test_key(key_id: int, reply_to: str = "") -> None:  # noqa: PT028 (a task, not a test)
    """Ask, write down what was learned, answer whoever waits; also how a refusal is confirmed."""
    key = ExchangeKey.objects.filter(pk=key_id).first()
    if key is None:  # detached meanwhile
        return
    if not (key.is_active or reply_to):  # by whoever asked a moment before
        return
    verdict = _ask(key)
    log.info("key_tested", key=key_id, venue=key.venue, ok=verdict.ok, heard=verdict.heard)
    try:
        actions.record(key_id, verdict, now=timezone.now())
    except ExchangeKey.DoesNotExist:
        return
    if reply_to:
        worker_calls.give(reply_to, asdict(verdict))


@shared_task(name="exchanges.read_symbols")
def read_symbols() -> None:
    """Keep what the doors check orders against as the venues have it."""
    from exchanges import symbols

    log.info("symbols_read", symbols=symbols.read_all())


@shared_task(name="exchanges.refresh_holdings")
def refresh_holdings(key_id: int | None = None) -> None:
    """What one key holds, now; or what all hold whose turn it is."""
    from exchanges.holdings import fetch

    if key_id is not None:
        fetch.take(key_id)
    elif cache.add(TAKING_STOCK, 1, timeout=60):  # else the round before is still under way
        try:
            log.info("stock_taken", keys=fetch.take_all_due(now=timezone.now()))
        finally:
            cache.delete(TAKING_STOCK)


@shared_task(name="exchanges.manage_listen_key")
def manage_listen_key(key_id: int, act: listen_keys.Act, name: str, reply_to: str) -> None:
    """Open, extend or close it at the venue, for the request that waits."""
    key = ExchangeKey.objects.filter(pk=key_id, is_active=True).first()
    if key:
        worker_calls.give(reply_to, _listen_key(key, act, name))


@shared_task(name="exchanges.set_leverage")
def set_leverage(
    key_id: int, symbol: str, number: int, margin_mode: str, reply_to: str = ""
) -> None:
    """Ask the venue for it, and tell the owner and whoever waits what came of it."""
    key = ExchangeKey.objects.filter(pk=key_id, is_active=True).first()
    if key is None:
        return
    wish = leverage.Wish(symbol=symbol, leverage=number, margin_mode=margin_mode)
    answer = _set_leverage(key, wish)
    log.info("leverage_set", key=key_id, symbol=symbol, **answer)
    leverage.tell(key, wish, ok=answer["ok"], message=answer["message"])
    if reply_to:
        worker_calls.give(reply_to, answer)


def _set_leverage(key: ExchangeKey, wish: leverage.Wish) -> dict[str, Any]:
    from exchanges import pool

    venue, now = key.venue_label, timezone.now()
    if end := bans.get_end(key, now=now):
        words = f"{venue} told us to wait until {end:%H:%M:%S} UTC; ask again then."
        return {"ok": False, "away": True, "message": words}
    try:
        pool.call(
            key,
            lambda adapter: adapter.set_leverage(
                wish.symbol, leverage=wish.leverage, margin_mode=wish.margin_mode
            ),
        )
    except (base.Refused, base.NotFound, base.KeyInvalid) as refusal:
        return {"ok": False, "away": False, "message": f"{venue} refuses: {refusal}"}
    except base.Throttled as wait:
        bans.note(key, wait, now=now)
        return {"ok": False, "away": True, "message": f"{venue} told us to wait: {wait}"}
    except (base.VenueError, sealing.CannotOpen, sealing.BadKey) as trouble:
        return {"ok": False, "away": True, "message": f"{venue} could not be asked: {trouble}"}
    words = f"{wish.symbol} is at {wish.leverage} times, {wish.margin_mode}, at {venue}."
    return {"ok": True, "away": False, "message": words}


def _listen_key(key: ExchangeKey, act: listen_keys.Act, name: str) -> dict[str, Any]:
    from exchanges import pool

    now = timezone.now()
    if end := bans.get_end(key, now=now):
        words = f"{key.venue_label} told us to wait until {end:%H:%M:%S} UTC; ask again then."
        return {"away": words}
    try:
        if act == "create" or (act == "keep" and not name):  # which extends the one there is
            name = pool.call(key, lambda venue: venue.create_listen_key())
        elif act == "keep":
            pool.call(key, lambda venue: venue.keep_listen_key(name))
        else:
            pool.call(key, lambda venue: venue.close_listen_key(name))
    except (base.Refused, base.NotFound, base.KeyInvalid) as refusal:
        return {"refused": f"{key.venue_label} refuses: {refusal}"}
    except base.Throttled as wait:
        bans.note(key, wait, now=now)
        return {"away": f"{key.venue_label} told us to wait: {wait}"}
    except (base.VenueError, sealing.CannotOpen, sealing.BadKey) as trouble:
        return {"away": f"{key.venue_label} could not be asked: {trouble}"}
    return {"listen_key": name, "expires_at": (now + listen_keys.LASTS).isoformat()}


def _ask(key: ExchangeKey) -> Verdict:
    from exchanges import pool  # here: ccxt is for workers, and the web imports this module

    venue, now = key.venue_label, timezone.now()
    if end := bans.get_end(key, now=now):
        return permissions.not_asked(f"it told us to wait until {end:%H:%M:%S} UTC", venue=venue)
    try:
        return permissions.judge(pool.call(key, lambda adapter: adapter.key()), venue=venue)
    except base.KeyInvalid as refusal:
        return permissions.refused(str(refusal), venue=venue)
    except base.Throttled as wait:
        bans.note(key, wait, now=now)
        return permissions.not_asked(str(wait), venue=venue)
    except (base.VenueError, sealing.CannotOpen, sealing.BadKey) as trouble:
        return permissions.not_asked(str(trouble), venue=venue)
