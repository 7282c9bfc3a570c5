"""What the database says, to compare with what clients made of what they were told."""

from collections.abc import Sequence

from exchanges.keys.actions import key_data
from exchanges.models import Balance, ExchangeKey
from exchanges.payloads import balance_data
from orders.models import Fill, Order
from orders.payloads import order_data, trade_data
from realtime import frames, streams
from realtime.models import Event
from tests.chaos.clients.frame_audit import Ledger, Things, lasting
from tests.chaos.clients.honest import Listener
from tests.chaos.servers.cluster import Town, in_thread, until

FIELDS = ("seq", "type")


def things(user_id: int) -> Things:
    """Everything of a user that events tell of."""
    found: Things = {}
    for key in ExchangeKey.objects.filter(user=user_id):
        found["key", key.pk] = {**key_data(key)}
    for order in Order.objects.filter(user=user_id).select_related("key", "bot"):
        found["order", order.pk] = lasting({**order_data(order)})
    for part in Fill.objects.filter(user=user_id):
        found["trade", part.pk] = {**trade_data(part)}
    for row in Balance.objects.filter(key__user=user_id).select_related("key"):
        found["balance", (row.key_id, row.currency)] = {**balance_data(row, row.key)}
    return found


def told(ledger: Ledger) -> list[int]:
    """The numbers that this client was to hear."""
    rows = Event.objects.filter(user=ledger.user_id, seq__gt=ledger.begins or 0)
    return [
        seq
        for seq, kind in rows.order_by("seq").values_list(*FIELDS)
        if ledger.topics is None or frames.EVENTS[kind].topic in ledger.topics
    ]


def events() -> int:
    return Event.objects.count()


async def heads(listeners: Sequence[Listener]) -> dict[int, int]:
    found = await in_thread(streams.fetch_heads, {one.person.id for one in listeners})
    return {user_id: head.seq for user_id, head in found.items()}


async def caught_up(listeners: Sequence[Listener], seconds: float = 90.0) -> None:
    """Everybody has heard what was true when this began."""
    now = await heads(listeners)

    async def have() -> bool:
        return all(one.has(now[one.person.id]) for one in listeners)

    await until(have, lambda: f"all at {now}: {behind(listeners, now)}", seconds)


def behind(listeners: Sequence[Listener], now: dict[int, int]) -> str:
    late = [one for one in listeners if not one.has(now[one.person.id])]
    return ", ".join(f"{one.person.id} at {one.ledger.last} ({one.state})" for one in late[:5])


async def judged(town: Town, listeners: Sequence[Listener]) -> list[str]:
    """Nobody writes any more: everybody comes to the same end as the database. Gives complaints."""
    await town.be_quiet()
    await caught_up(listeners)
    truths = {one: await in_thread(things, one) for one in {who.person.id for who in listeners}}
    for one in listeners:
        one.ledger.agrees(await in_thread(told, one.ledger), truths[one.person.id])
    return [words for one in listeners for words in one.ledger.wrong]
