"""Celery tasks about keys, symbols and holdings: everything here asks venues.

The web imports this module to register the tasks, so each task imports what loads ccxt itself.
"""

from dataclasses import asdict
from typing import Final

import structlog
from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from exchanges import worker_calls
from exchanges.keys import actions, leverage, listen_keys
from exchanges.models import ExchangeKey, PositionMode
from exchanges.worker_calls import CallError, CallRefused, CallUnavailable

log = structlog.get_logger(__name__)

HOLDINGS_LOCK: Final = "refreshing-holdings"
KEY_GONE: Final = "The key was detached or switched off, so its venue was not asked."


@shared_task(name="exchanges.test_key")
def test_key(key_id: int, result_name: str = "") -> None:  # noqa: PT028 (a task, not a test)
    """Ask the venue about a key, record the verdict, and send it to the caller if one waits.

    A working key may be the first one at its market: then the symbols there are read at once.
    """
    from exchanges import symbols
    from exchanges.keys import venue_calls

    key = ExchangeKey.objects.filter(pk=key_id).first()
    if key is None:  # detached meanwhile
        _send_key_gone(result_name)
        return
    if not (key.is_active or result_name):  # an earlier test has switched it off
        return
    verdict = venue_calls.check_key(key)
    log.info("key tested", key=key_id, venue=key.venue, ok=verdict.ok, heard=verdict.heard)
    try:
        actions.record(key_id, verdict, now=timezone.now())
    except ExchangeKey.DoesNotExist:
        _send_key_gone(result_name)
        return
    if result_name:
        worker_calls.send_result(result_name, asdict(verdict))
    if verdict.ok:
        symbols.read_if_new(key, now=timezone.now())


@shared_task(name="exchanges.read_symbols")
def read_symbols() -> None:
    """Read each venue's symbols, steps and limits, which orders are validated against."""
    from exchanges import symbols

    log.info("symbols read", symbols=symbols.read_all())


@shared_task(name="exchanges.read_new_symbols")
def read_new_symbols() -> None:
    """Read the symbols of markets that have none, such as of a key whose test found no worker."""
    from exchanges import symbols

    if found := symbols.read_new(now=timezone.now()):
        log.info("symbols of new markets read", symbols=found)


@shared_task(name="exchanges.refresh_holdings")
def refresh_holdings(key_id: int | None = None) -> None:
    """Read what one key holds, or what all keys hold that are due."""
    from exchanges.holdings import fetch, request

    if key_id is not None:
        request.take_request(key_id)
        fetch.refresh_key(key_id)
    elif cache.add(HOLDINGS_LOCK, 1, timeout=60):  # else the round before has not ended
        try:
            log.info("holdings refreshed", keys=fetch.refresh_due(now=timezone.now()))
        finally:
            cache.delete(HOLDINGS_LOCK)


@shared_task(name="exchanges.update_marks")
def update_marks() -> None:
    """Value open positions at the prices of their feeds."""
    from exchanges.holdings import marks

    marks.update_marks(now=timezone.now())


@shared_task(name="exchanges.read_chart_candles")
def read_chart_candles(instrument: str, length: str, result_name: str) -> None:
    """Read a chart's candles from its venue, unless another task just did, and send them.

    Without a name for the result nobody waits: they are kept for the next who looks.
    """
    from exchanges.base import VenueError
    from exchanges.prices import candle_query, chart_candles

    candles = cache.get(chart_candles.cache_name(instrument, length))
    if candles is None:
        try:
            candles = candle_query.fetch_candles(instrument, length, now=timezone.now())
        except VenueError as error:
            message = f"The venue could not be asked for past prices: {error}."
            if result_name:
                worker_calls.send_error(result_name, CallUnavailable(message))
            return
        chart_candles.keep_candles(instrument, length, candles)
    if result_name:
        worker_calls.send_result(result_name, {"candles": candles})


@shared_task(name="exchanges.read_depth")
def read_depth(instrument: str, result_name: str) -> None:
    """Read the best levels of a book, unless another task just did, and send them."""
    from exchanges.base import VenueError
    from exchanges.prices import depth, depth_query

    found = cache.get(depth.cache_name(instrument))
    if found is None:
        try:
            found = depth_query.fetch_depth(instrument, now=timezone.now())
        except VenueError as error:
            message = f"The venue could not be asked for its book: {error}."
            worker_calls.send_error(result_name, CallUnavailable(message))
            return
        depth.keep_depth(instrument, found)
    worker_calls.send_result(result_name, {"depth": found})


@shared_task(name="exchanges.manage_listen_key")
def manage_listen_key(key_id: int, act: listen_keys.Act, listen_key: str, result_name: str) -> None:
    """Create, keep or close a listen key at the venue, and send the caller its result."""
    from exchanges.keys import venue_calls

    key = ExchangeKey.objects.filter(pk=key_id, is_active=True).first()
    if key is None:
        _send_key_gone(result_name)
        return
    try:
        result = venue_calls.manage_listen_key(key, act, listen_key)
    except CallError as error:
        worker_calls.send_error(result_name, error)
    else:
        worker_calls.send_result(result_name, result)


@shared_task(name="exchanges.set_leverage")
def set_leverage(
    key_id: int, symbol: str, number: int, margin_mode: str, result_name: str = ""
) -> None:
    """Set a symbol's leverage at the venue; tell its owner, and the caller if one waits."""
    from exchanges.keys import venue_calls

    key = ExchangeKey.objects.filter(pk=key_id, is_active=True).first()
    if key is None:
        _send_key_gone(result_name)
        return
    request = leverage.LeverageRequest(symbol=symbol, leverage=number, margin_mode=margin_mode)
    failure: CallError | None = None
    try:
        message = venue_calls.set_leverage(key, request)
    except CallError as error:
        failure, message = error, str(error)
    log.info("leverage set", key=key_id, symbol=symbol, ok=failure is None, message=message)
    leverage.publish_outcome(key, request, ok=failure is None, message=message)
    _send_outcome(result_name, failure, message)


@shared_task(name="exchanges.set_position_mode")
def set_position_mode(key_id: int, mode: str, result_name: str = "") -> None:
    """Set an account's position mode at the venue, record it, and tell the caller."""
    from exchanges.holdings import record
    from exchanges.keys import venue_calls

    key = ExchangeKey.objects.filter(pk=key_id, is_active=True).first()
    if key is None:
        _send_key_gone(result_name)
        return
    failure: CallError | None = None
    try:
        message = venue_calls.set_position_mode(key, mode)
        record.record_position_mode(key_id, hedged=mode == PositionMode.HEDGE)
    except CallError as error:
        failure, message = error, str(error)
    log.info("position mode set", key=key_id, mode=mode, ok=failure is None, message=message)
    _send_outcome(result_name, failure, message)


def _send_key_gone(result_name: str) -> None:
    """Answer who waits: the key was detached or switched off after the task was queued."""
    if result_name:
        worker_calls.send_error(result_name, CallRefused(KEY_GONE))


def _send_outcome(result_name: str, failure: CallError | None, message: str) -> None:
    if not result_name:
        return
    if failure is None or isinstance(failure, CallRefused):  # a refusal is an answer too
        worker_calls.send_result(result_name, {"ok": failure is None, "message": message})
    else:
        worker_calls.send_error(result_name, failure)
