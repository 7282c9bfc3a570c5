"""The short form of each storm; CHAOS_SECONDS makes them longer, CHAOS_SEED repeats them."""

import asyncio
from collections.abc import Callable

from realtime import frames
from tests.chaos import account_changes, storm
from tests.chaos.clients import many, misbehaving
from tests.chaos.servers import resources
from tests.chaos.servers.cluster import Cluster
from users.models import User

Tell = Callable[[str], None]
MANY, FEW = 1000, 150
WARM, AGAIN = 2, 10 if storm.read_seconds() else 2  # crowds that come and go


def test_whatever_breaks_nothing_is_lost_or_doubled_or_anothers(
    cluster: Cluster, tell: Tell
) -> None:
    seed, seconds = storm.read_seed(), storm.read_seconds()
    faults = storm.ALL_FAULTS if seconds else storm.choose_faults(seed)
    report = asyncio.run(storm.run_storm(cluster, seed, seconds, faults))
    for line in report.lines():
        tell(line)
    assert not report.complaints, f"CHAOS_SEED={seed}: {report.complaints}"


def test_all_come_back_at_once(cluster: Cluster, tell: Tell) -> None:
    seed = storm.read_seed()
    number = MANY if storm.read_seconds() else FEW
    complaints, seconds = asyncio.run(many.all_come_back(cluster, seed, number))
    assert not complaints, f"CHAOS_SEED={seed}: {complaints}"
    tell(f"{number} sockets, all cut at once, were back within {seconds:.1f} s")


def test_tabs_that_come_and_go_trouble_nobody(cluster: Cluster) -> None:
    seed = storm.read_seed()

    async def play() -> tuple[list[str], int, int]:
        return await many.come_and_go(cluster, await storm.create_users(many.USERS), seed, 1.5)

    complaints, lives, seen = asyncio.run(play())
    assert not complaints, f"CHAOS_SEED={seed}: {complaints}"
    assert seen > many.CHURNING
    assert not lives


def test_nothing_is_held_for_those_who_are_gone(cluster: Cluster, staff_user: User) -> None:
    async def play() -> None:
        who = await storm.create_users(many.USERS)
        for turn in range(WARM + AGAIN):
            await many.come_and_go(cluster, who, turn, 1.0)
            if turn < WARM:
                warm = await resources.wait_until_empty(cluster, staff_user)
        await resources.wait_until_as_warm(cluster, staff_user, warm)

    asyncio.run(play())


def test_a_token_that_ends_in_mid_catch_up_costs_no_event(cluster: Cluster) -> None:
    cut_off = asyncio.run(
        account_changes.expire_token_in_catch_up(cluster, storm.read_seed(), renews=False)
    )
    assert not cut_off.audit.wrong
    assert [code for code, _ in cut_off.audit.ends] == [frames.Close.EXPIRED]


def test_a_token_renewed_in_mid_catch_up_costs_no_socket(cluster: Cluster) -> None:
    renewed = asyncio.run(
        account_changes.expire_token_in_catch_up(cluster, storm.read_seed(), renews=True)
    )
    assert not renewed.audit.wrong
    assert len(renewed.audit.known) == 2
    assert not renewed.audit.ends


def test_who_is_deactivated_hears_no_more_and_the_others_all(cluster: Cluster) -> None:
    complaints, codes, seconds = asyncio.run(
        account_changes.deactivate_user(cluster, storm.read_seed())
    )
    assert not complaints
    assert codes == {frames.Close.FORBIDDEN}
    assert seconds < account_changes.WITHIN


def test_an_account_that_changes_hands_is_told_to_each_owner_alone(cluster: Cluster) -> None:
    assert not asyncio.run(
        account_changes.move_account_between_users(cluster, storm.read_seed(), 40)
    )


def test_those_who_misbehave_trouble_nobody(cluster: Cluster, staff_user: User) -> None:
    async def play() -> tuple[list[str], list[int]]:
        found = await misbehaving.beside_honest_ones(
            cluster, storm.read_seed(), 8.0 if storm.read_seconds() else 2.0
        )
        await resources.wait_until_empty(cluster, staff_user)
        return found

    complaints, sockets = asyncio.run(play())
    assert not complaints
    assert set(sockets) == {1}
