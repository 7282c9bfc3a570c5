"""The listen key of Binance USD-M: made, kept by a timer of our own, and missed when it is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from exchanges.base import Adapter, KeyInvalid, NotFound, VenueDown
from tests.exchanges.binance.test_futures import AtBinanceUsdm
from tests.exchanges.contract import VenueControl
from tests.exchanges.simulator.client import eventually
from tests.exchanges.stream_listener import StreamListener, listen_to

MINUTE = 60_000
KEEPING = "PUT /fapi/v1/listenKey"


def asked(control: VenueControl, endpoint: str) -> int:
    return int(control.simulator.control.get("state")["endpoints"].get(endpoint, 0))


async def kept_again(control: VenueControl) -> None:
    """Until the timer has fired since now, and the venue has answered."""
    before = asked(control, KEEPING)

    async def more() -> bool:
        return asked(control, KEEPING) > before + 1

    await eventually(more)


class TestListenKeys(AtBinanceUsdm):
    async def test_the_account_has_one_and_keeps_it(self, venue: Adapter) -> None:
        first = await venue.create_listen_key()
        assert len(first) == 64
        await venue.keep_listen_key(first)
        assert await venue.create_listen_key() == first

    async def test_what_is_closed_cannot_be_kept(self, venue: Adapter) -> None:
        first = await venue.create_listen_key()
        await venue.close_listen_key(first)
        with pytest.raises(NotFound, match="does not exist"):
            await venue.keep_listen_key(first)
        assert await venue.create_listen_key() != first

    async def test_after_an_hour_it_is_gone(self, venue: Adapter, control: VenueControl) -> None:
        first = await venue.create_listen_key()
        control.simulator.control.post("clock", skew_ms=61 * MINUTE)
        with pytest.raises(NotFound):
            await venue.keep_listen_key(first)
        assert await venue.create_listen_key() != first

    async def test_an_api_key_that_does_not_exist_has_none(
        self, venue: Adapter, control: VenueControl, settings: Settings
    ) -> None:
        async with self.another(control, settings, api_key="guessed" * 5) as stranger:
            for ask in (
                stranger.create_listen_key,
                lambda: stranger.keep_listen_key("any"),
                lambda: stranger.close_listen_key("any"),
            ):
                with pytest.raises(KeyInvalid):
                    await ask()


class TestFollowing(AtBinanceUsdm):
    async def ended_by(self, venue: Adapter, act: Callable[[], Awaitable[None]]) -> str:
        """What `listen` raises once connected and acted upon."""
        connected = asyncio.Event()
        following = asyncio.create_task(
            venue.follow_stream(lambda _: None, connected=connected.set)
        )
        await connected.wait()
        await act()
        with pytest.raises(VenueDown) as down:
            await asyncio.wait_for(following, 10)
        return str(down.value)

    async def test_an_expired_key_ends_the_following_and_the_next_has_a_new_one(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        first = await venue.create_listen_key()

        async def an_hour_goes_by() -> None:
            control.simulator.control.post("clock", skew_ms=61 * MINUTE)

        assert "listen key has expired" in await self.ended_by(venue, an_hour_goes_by)
        async with listen_to(venue) as listener:
            assert await venue.create_listen_key() != first
            await venue.place_order(self.request("fwagain"))
            await listener.until(lambda: listener.statuses("fwagain"))

    async def test_a_key_closed_by_somebody_else_ends_it(
        self, venue: Adapter, control: VenueControl
    ) -> None:
        async def close() -> None:
            await venue.close_listen_key("")

        assert "listen key has expired" in await self.ended_by(venue, close)

    async def test_our_own_timer_keeps_a_quiet_stream_alive_for_hours(
        self, venue: Any, control: VenueControl
    ) -> None:
        """ccxt would ask once, with the first key, and never again."""
        venue.keep_seconds = 0.05
        async with listen_to(venue) as listener:
            for minutes in (40, 80, 120):
                control.simulator.control.post("clock", skew_ms=minutes * MINUTE)
                await kept_again(control)
            await venue.place_order(self.request("fwquiet"))
            control.fill("fwquiet", "0.01")
            await listener.until(lambda: listener.fills("fwquiet"))
        assert [fill.quantity for fill in listener.fills("fwquiet")] == [Decimal("0.01")]

    async def test_a_venue_that_is_away_when_asked_is_asked_again(
        self, venue: Any, control: VenueControl
    ) -> None:
        venue.keep_seconds = 0.05
        match = {"path": "/fapi/v1/listenKey", "method": "PUT"}
        control.simulator.control.post("faults", kind="status", status=503, match=match, times=3)
        async with listen_to(venue) as listener:
            await kept_again(control)
            await kept_again(control)
            await venue.place_order(self.request("fwstays"))
            await listener.until(lambda: listener.statuses("fwstays"))

    async def test_a_venue_that_stays_away_ends_the_following(
        self, venue: Any, control: VenueControl
    ) -> None:
        """Before the key is over, so that the next attempt finds a new one."""
        venue.keep_seconds = 0.02

        async def fails() -> None:
            match = {"path": "/fapi/v1/listenKey", "method": "PUT"}
            control.simulator.control.post("faults", kind="status", status=503, match=match)

        await self.ended_by(venue, fails)

    async def test_a_timer_that_finds_nothing_to_keep_ends_the_following(
        self, venue: Any, control: VenueControl
    ) -> None:
        """Even if the venue's word that it is over never came."""
        venue.keep_seconds = 0.2
        control.simulator.control.post("faults", kind="mute_sockets", seconds=60)

        async def restart_of_its_memory() -> None:
            body = {"code": -1125, "msg": "This listenKey does not exist."}
            match = {"path": "/fapi/v1/listenKey", "method": "PUT"}
            fault = {"kind": "status", "status": 400, "body": body, "match": match}
            control.simulator.control.post("faults", **fault)

        assert "does not exist" in await self.ended_by(venue, restart_of_its_memory)

    async def test_two_who_follow_one_account_hear_the_same(
        self, venue: Adapter, control: VenueControl, settings: Settings
    ) -> None:
        async with (
            self.another(control, settings) as other,
            listen_to(venue) as mine,
            listen_to(other) as theirs,
        ):
            placed = await venue.place_order(self.request("fwboth"))
            for listener in (mine, theirs):
                await listener.until(partial(self.numbers, listener))
                assert self.numbers(listener) == [placed.exchange_order_id]

    def numbers(self, listener: StreamListener) -> list[str]:
        return [report.exchange_order_id for report in listener.orders("fwboth")]
