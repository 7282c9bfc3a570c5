"""Where a request came from, by what may be believed."""

import pytest
from django.test import RequestFactory
from rest_framework.settings import api_settings

from users.addresses import client_address, find_network


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "127.0.0.1"),
        (0, "9.9.9.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "1.1.1.1, 9.9.9.9", "9.9.9.9"),
        (2, "1.1.1.1, 9.9.9.9, 8.8.8.8", "9.9.9.9"),
        (2, "9.9.9.9", "9.9.9.9"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "::ffff:9.9.9.9", "9.9.9.9"),
        (1, "'; drop table", "127.0.0.1"),
        (1, "9.9.9.9:1234", "127.0.0.1"),
    ],
)
def test_only_our_proxies_are_believed(
    rf: RequestFactory,
    monkeypatch: pytest.MonkeyPatch,
    proxies: int,
    forwarded: str,
    address: str,
) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
    request = rf.get("/", headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert client_address(request) == address


def test_a_unix_socket_has_no_address(rf: RequestFactory) -> None:
    assert client_address(rf.get("/", REMOTE_ADDR="")) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, None),
        ("9.9.9.9", "9.9.9.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
    ],
)
def test_limits_count_ipv6_by_what_each_customer_has(
    address: str | None, network: str | None
) -> None:
    assert find_network(address) == network
