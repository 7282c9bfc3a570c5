"""Compare each client's folded state with the database."""

from collections.abc import Sequence

from exchanges.models import Balance, ExchangeKey
from exchanges.payloads import balance_data, key_data
from orders.models import Fill, Order
from orders.payloads import order_data, trade_data
from realtime import frames, streams
from realtime.models import Event
from tests.chaos.clients.frame_audit import FrameAudit, Things, without_freshness
from tests.chaos.clients.honest import HonestClient
from tests.chaos.servers.cluster import Cluster, in_thread, wait_until_async

FIELDS = ("seq", "type")


def read_things(user_id: int) -> Things:
    """Everything of a user that events tell of."""
    found: Things = {}
    for key in ExchangeKey.objects.filter(user=user_id):
        found["key", key.pk] = {**key_data(key)}
    for order in Order.objects.filter(user=user_id).select_related("key", "bot"):
        found["order", order.pk] = without_freshness({**order_data(order)})
    for part in Fill.objects.filter(user=user_id):
        found["trade", part.pk] = {**trade_data(part)}
    for row in Balance.objects.filter(key__user=user_id).select_related("key"):
        found["balance", (row.key_id, row.currency)] = {**balance_data(row, row.key)}
    return found


def expected_numbers(audit: FrameAudit) -> list[int]:
    """The numbers that this client was to hear."""
    rows = Event.objects.filter(user=audit.user_id, seq__gt=audit.begins or 0)
    return [
        seq
        for seq, kind in rows.order_by("seq").values_list(*FIELDS)
        if audit.topics is None or frames.EVENTS[kind].topic in audit.topics
    ]


def count_events() -> int:
    return Event.objects.count()


async def read_heads(listeners: Sequence[HonestClient]) -> dict[int, int]:
    found = await in_thread(streams.fetch_heads, {one.person.id for one in listeners})
    return {user_id: head.seq for user_id, head in found.items()}


async def wait_until_caught_up(listeners: Sequence[HonestClient], seconds: float = 90.0) -> None:
    """Everybody has heard what was true when this began."""
    now = await read_heads(listeners)

    async def have() -> bool:
        return all(one.has(now[one.person.id]) for one in listeners)

    await wait_until_async(have, lambda: f"all at {now}: {describe_late(listeners, now)}", seconds)


def describe_late(listeners: Sequence[HonestClient], now: dict[int, int]) -> str:
    late = [one for one in listeners if not one.has(now[one.person.id])]
    return ", ".join(f"{one.person.id} at {one.audit.last} ({one.state})" for one in late[:5])


async def collect_complaints(cluster: Cluster, listeners: Sequence[HonestClient]) -> list[str]:
    """Nobody writes any more: everybody comes to the same end as the database. Gives complaints."""
    await cluster.stop_writers()
    await wait_until_caught_up(listeners)
    truths = {
        one: await in_thread(read_things, one) for one in {who.person.id for who in listeners}
    }
    for one in listeners:
        one.audit.compare_with(await in_thread(expected_numbers, one.audit), truths[one.person.id])
    return [words for one in listeners for words in one.audit.wrong]
