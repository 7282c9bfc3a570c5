"""Addresses in internal networks are refused at the connection itself, and hanging ones are cut."""

import ipaddress
import socket
import threading
from typing import Any

import pytest
import requests
from django.utils import timezone

from operations.models import NotificationWay
from operations.notifications.sending import deliver, network_guard
from operations.notifications.ways import actions, push_keys
from tests.operations.notifications.conftest import read_messages, send_at, tell
from tests.operations.notifications.receivers import receive_http
from users.models import User

INTERNAL = """
    127.0.0.1 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
    255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    64:ff9b::7f00:1 2002:7f00:1:: ::7f00:1 localhost example.org
"""


@pytest.mark.parametrize("address", INTERNAL.split())
def test_internal_addresses(address: str) -> None:
    assert not network_guard.is_allowed(address, [])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_addresses_of_the_internet(address: str) -> None:
    assert network_guard.is_allowed(address, [])


def test_a_network_that_an_operator_allows() -> None:
    allowed = [ipaddress.ip_network("192.168.1.0/24")]
    assert network_guard.is_allowed("192.168.1.7", allowed)
    assert network_guard.is_allowed("::ffff:192.168.1.7", allowed)
    assert not network_guard.is_allowed("192.168.2.7", allowed)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "127.1"])
def test_whatever_a_host_is_called_its_address_counts(host: str, settings: Any) -> None:
    settings.NOTIFICATION_ALLOW_NETWORKS = []
    with receive_http() as receiver, network_guard.guard_network(5) as guard:
        with pytest.raises(requests.ConnectionError):
            requests.post(f"http://{host}:{receiver.port}/", timeout=5)
        assert guard.refused in ("127.0.0.1", "::1")
        assert receiver.received == []


def test_a_name_that_resolves_elsewhere_the_second_time(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the address that is connected to is the one that is checked."""
    settings.NOTIFICATION_ALLOW_NETWORKS = []
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    with receive_http() as receiver, network_guard.guard_network(5) as guard:
        port = receiver.port
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        socket.getaddrinfo("rebinding.example.org", port)  # a check that looks at the name
        with pytest.raises(requests.ConnectionError):
            requests.post(f"http://rebinding.example.org:{port}/", timeout=5)
        assert guard.refused == "127.0.0.1"
        assert receiver.received == []


def test_other_threads_and_what_comes_after_are_not_guarded(settings: Any) -> None:
    settings.NOTIFICATION_ALLOW_NETWORKS = []
    with receive_http() as receiver:
        with network_guard.guard_network(5):
            thread = threading.Thread(target=requests.post, args=(receiver.url,))
            thread.start()
            thread.join()
        requests.post(receiver.url, timeout=5)
        assert len(receiver.received) == 2


@pytest.mark.parametrize("kind", ["webhook", "json", "web_push"])
def test_no_way_reaches_an_internal_network(user: User, settings: Any, kind: str) -> None:
    settings.NOTIFICATION_ALLOW_NETWORKS = []
    now = timezone.now()
    with receive_http() as receiver:
        if kind == "webhook":
            way = actions.add_webhook(user, kind, receiver.url, now=now).way
        elif kind == "json":
            way = actions.add_service(user, kind, f"json://localhost:{receiver.port}", now=now).way
        else:
            from tests.operations.notifications.test_services import Browser

            settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY = push_keys.make_pair()
            subscription = Browser(receiver.url).subscription
            way = actions.add_browser(user, kind, subscription, now=now).way
        tell(user)
        assert send_at() == 1
        assert receiver.received == []
    (message,) = read_messages(way)
    assert message.status == "dead"
    assert "internal network" in message.last_error
    assert NotificationWay.objects.get().is_active


def test_an_answer_that_drips_is_cut(
    user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes within the time-out of a read, so only the time of the whole ends it."""
    settings.NOTIFICATION_ALLOW_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(deliver, "SECONDS", 0.5)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    while not ended.wait(0.05):
                        connection.sendall(b"H")
                except OSError:
                    ended.set()

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        way = actions.add_webhook(user, "Slow", url, now=timezone.now()).way
        tell(user)
        assert send_at() == 1
        thread.join()
    (message,) = read_messages(way)
    assert (message.status, message.last_error) == ("waiting", "No answer within 0.5 s.")
    assert message.began_at  # it may have arrived
