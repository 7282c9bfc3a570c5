"""Members hear of a shared key in their own stream: nothing lost, nothing twice, none too much."""

import threading

from django.db import connection
from django.utils import timezone

from config.snapshot.audit import examine_user
from config.snapshot.snapshot import read_snapshot
from exchanges.holdings import record
from exchanges.holdings.record import HoldingsReport
from exchanges.models import ExchangeKey, StreamLease
from exchanges.sharing.actions import end_grant, offer_key
from exchanges.streams import leases
from orders import reconciler
from orders.checks.unchanged import record_unchanged
from orders.sharing.accept import accept_key
from realtime import streams
from realtime.models import Event
from tests.config.snapshot.folding import fold_events, make_comparable
from tests.exchanges.holding_reports import balance_report
from tests.realtime.conftest import Connect
from tests.realtime.socket.wire import bearer
from tests.trading import record_order
from users.api_tokens.actions import NewToken, create_token
from users.models import KeyGrant, User

OF_KEY = ("order_update", "order_filled", "trade", "balance_update", "position_update")


def share(key: ExchangeKey, member: User) -> KeyGrant:
    now = timezone.now()
    name = member.get_username()
    return accept_key(offer_key(key, member=name, role="viewer", now=now).pk, now=now)


def record_free(key: ExchangeKey, free: str) -> None:
    seen = HoldingsReport(at=timezone.now(), balances=[balance_report("BTC", free)])
    record.record(key.pk, seen, now=timezone.now())


def list_events(user: User) -> list[Event]:
    return list(Event.objects.filter(user=user).order_by("seq"))


def test_a_member_hears_what_a_stranger_does_not_and_the_end_at_once(
    live: Connect, key: ExchangeKey, other_user: User
) -> None:
    stranger = User.objects.create_user("eve")
    open_before = record_order(key)
    owner, member, deaf = live(key.user), live(other_user), live(stranger)
    grant = share(key, other_user)
    assert member.next("key_shared")["data"]["owner"] == "ada"
    assert member.next("order_update")["data"]["id"] == open_before.pk
    order = record_order(key)
    heard, owners = member.next("order_update"), owner.next("order_update")
    assert heard["data"] == owners["data"]
    assert heard["data"]["id"] == order.pk
    end_grant(grant.pk)
    gone = member.next("key_unshared")
    assert gone["data"] == {"id": key.pk}
    record_order(key)
    assert owner.next("order_update")["data"]["id"] != order.pk
    assert streams.fetch_head(other_user.pk).seq == gone["seq"]
    assert streams.fetch_head(stranger.pk).seq == 0
    deaf.close()


def test_a_member_hears_how_fresh_a_shared_key_is(
    live: Connect, key: ExchangeKey, other_user: User
) -> None:
    order, now = record_order(key), timezone.now()
    StreamLease.objects.create(key=key)
    member = live(other_user)
    grant = share(key, other_user)
    record_unchanged([order], now=now)
    assert member.next("orders_checked")["data"]["orders"] == [order.pk]
    leases._publish_leases([key.pk])
    assert member.next("stream_state")["data"]["key"] == key.pk
    end_grant(grant.pk)
    record_unchanged([order], now=now)
    leases._publish_leases([key.pk])
    record_free(ExchangeKey.objects.create(user=other_user, label="x", venue="okx"), "1")
    heard = member.next("orders_checked", "stream_state", "balance_update")
    assert heard["type"] == "balance_update"


def test_a_token_for_some_keys_hears_of_a_shared_key_only_if_it_names_it(
    open_socket: Connect, key: ExchangeKey, other_user: User
) -> None:
    own = ExchangeKey.objects.create(user=other_user, label="x", venue="okx", api_key="x")
    grant, wires = share(key, other_user), []
    for key_ids in ([own.pk], [own.pk, key.pk]):
        wanted = NewToken(name=str(key_ids), scopes=["read"], days=1, key_ids=key_ids)
        text = create_token(other_user, wanted, now=timezone.now())[1]
        wire = open_socket(subprotocols=bearer(text))
        assert wire.subscribe()["type"] == "live"
        wires.append(wire)
    record_free(key, "1")
    record_free(own, "2")
    assert wires[0].next("balance_update")["data"]["key"] == own.pk
    assert wires[1].next("balance_update")["data"]["key"] == key.pk
    end_grant(grant.pk)
    assert wires[1].next("key_unshared")["data"]["id"] == key.pk


def test_who_was_away_catches_up_with_what_was_allowed_then(
    open_socket: Connect, key: ExchangeKey, other_user: User
) -> None:
    away = streams.fetch_head(other_user.pk)
    record_order(key)
    grant = share(key, other_user)
    allowed = record_order(key)
    record_free(key, "2")
    end_grant(grant.pk)
    record_order(key)
    record_free(key, "3")
    wire = open_socket(other_user)
    wire.say("subscribe", since={"epoch": away.epoch, "seq": away.seq})
    frames = wire.events(until=5)
    assert [frame["type"] for frame in frames] == [
        *("key_shared", "order_update", "order_update", "balance_update", "key_unshared"),
    ]
    assert frames[2]["data"]["id"] == allowed.pk
    assert wire.next("live")["data"]["seq"] == 5


def test_a_unit_of_many_keys_reaches_each_member_in_order(
    key: ExchangeKey, other_user: User
) -> None:
    """Two users who share with each other, in one transaction: each has numbers of their own."""
    mine = ExchangeKey.objects.create(user=other_user, label="x", venue="okx", api_key="x")
    share(key, other_user)
    share(mine, key.user)
    before = {user.pk: streams.fetch_head(user.pk).seq for user in (key.user, other_user)}
    with streams.unit():
        for _ in range(3):
            record_free(key, str(_ + 1))
            record_free(mine, str(_ + 1))
    for user in (key.user, other_user):
        events = [event for event in list_events(user) if event.seq > before[user.pk]]
        assert [event.seq - before[user.pk] for event in events] == list(range(1, 7))
        assert [event.data["key"] for event in events] == [key.pk, mine.pk] * 3


def test_sharing_amid_writers_loses_nothing_and_tells_nothing_too_much(
    key: ExchangeKey, other_user: User
) -> None:
    done = threading.Event()

    def trade(number: int) -> None:
        try:
            while not done.is_set():
                order = record_order(key)
                reconciler.request_cancel(order.pk, by="ada", now=timezone.now())
                record_free(key, str(order.pk * 10 + number))
        finally:
            connection.close()

    writers = [threading.Thread(target=trade, args=(number,)) for number in (1, 2)]
    old, snapshots = read_snapshot(other_user.pk), []
    for writer in writers:
        writer.start()
    for turn in range(12):
        grant = share(key, other_user)
        snapshots.append(read_snapshot(other_user.pk))
        if turn < 11:
            end_grant(grant.pk)
    done.set()
    for writer in writers:
        writer.join()
    events, is_shared = list_events(other_user), False
    for event in events:
        assert event.type not in OF_KEY or is_shared, event.seq
        is_shared = {"key_shared": True, "key_unshared": False}.get(event.type, is_shared)
    for present in (*snapshots, read_snapshot(other_user.pk)):
        since = [event for event in events if event.seq <= present["stream"]["seq"]]
        assert make_comparable(fold_events(old, since)) == make_comparable(present)
    assert examine_user(other_user.pk).wrong == []
    assert examine_user(key.user_id).wrong == []
