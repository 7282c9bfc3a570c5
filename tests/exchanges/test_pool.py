"""A key's adapter lives as long as its secrets; the venue's markets are read anew beneath it."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from exchanges import adapters, pool
from exchanges.base import RequestNotSent, VenueDown
from exchanges.models import ExchangeKey
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from users.models import User


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Nothing is left open, or the warning of it fails the test."""
    pool.close()
    yield
    pool.close()
    gc.collect()


def client_of(key: ExchangeKey) -> Any:
    """What this key's questions go through."""
    pool.call(key, lambda venue: venue.fetch_balances())
    return pool._get_pool().adapters[key.pk].client


def grown_old() -> None:
    masters = pool._get_pool().masters
    for name, master in masters.items():
        masters[name] = replace(master, reload_at=timezone.now() - timedelta(seconds=1))


def test_new_markets_come_under_the_adapter_that_there_is(key: ExchangeKey) -> None:
    before = client_of(key)
    markets = before.markets
    assert client_of(key).markets is markets
    grown_old()
    after = client_of(key)
    assert after is before
    assert after.markets is not markets
    assert after.markets.keys() == markets.keys()


def test_old_markets_go_on_while_the_venue_cannot_say_them(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    before = client_of(key)
    markets = before.markets
    grown_old()
    simulator.control.post(
        "faults", kind="status", status=500, match={"path": "/api/v3/exchangeInfo"}
    )
    assert client_of(key).markets is markets
    simulator.control.delete("faults")
    grown_old()
    assert client_of(key).markets is not markets


def test_other_secrets_make_another_adapter(key: ExchangeKey) -> None:
    before = client_of(key)
    key.sealed_passphrase = key.sealed_secret
    assert client_of(key) is not before


def let_time_pass() -> None:
    """No adapter was used for an hour, and nobody looked for idle ones since."""
    hub = pool._get_pool()
    hub.looked_at -= adapters.LOOK_SECONDS + 1
    for entry in hub.adapters.values():
        entry.used_at -= adapters.IDLE_SECONDS + 1


def test_what_is_not_used_any_more_is_dropped_with_its_secrets(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> None:
    before = weakref.ref(client_of(key))
    key.sealed_passphrase = key.sealed_secret
    after = weakref.ref(client_of(key))
    let_time_pass()
    client_of(open_key(other_user))
    gc.collect()
    assert (before(), after()) == (None, None)
    assert key.pk not in pool._get_pool().adapters


def test_what_is_in_use_stays_however_long_it_takes(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> None:
    before, begun, ended = client_of(key), threading.Event(), asyncio.Event()

    async def follow(_adapter: object) -> None:
        begun.set()
        await ended.wait()

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(pool.call, key, follow)
        begun.wait()
        let_time_pass()
        client_of(open_key(other_user))
        assert client_of(key) is before
        pool._get_pool().loop.call_soon_threadsafe(ended.set)
        following.result()


def test_keys_behind_one_address_share_its_pace(
    key: ExchangeKey, other_user: User, open_key: Callable[[User], ExchangeKey]
) -> None:
    one, other = client_of(key), client_of(open_key(other_user))
    assert one is not other
    assert one.throttler is other.throttler
    assert one.markets is other.markets
    assert one.options is not other.options


def test_what_nobody_signed_says_nothing_of_a_key(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    """A gate on our way out wants a login for itself: no key is at fault."""
    match = {"path": "/api/v3/exchangeInfo"}
    simulator.control.post("faults", kind="status", status=401, code=-2015, match=match)
    with pytest.raises(RequestNotSent):
        client_of(key)


def test_who_waits_when_it_closes_is_told_at_once(
    key: ExchangeKey, simulator: SimulatorProcess
) -> None:
    client_of(key)
    simulator.control.post("faults", kind="hang", match={"path": "/api/v3/account"})
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(pool.call, key, lambda venue: venue.fetch_balances())
        wait_until(
            lambda: simulator.control.get("faults")["faults"][0]["hits"] > 0,
            what="the question at the venue",
        )
        pool.close()
        with pytest.raises(VenueDown, match="interrupted"):
            waiting.result()
