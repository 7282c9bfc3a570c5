"""Keys of Binance that sign with Ed25519 or RSA: attached, orders placed, checked and streamed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from exchanges.models import ExchangeKey, StreamLease
from orders import submission
from orders.checks import sweep
from orders.models import OrderChange
from tests.conftest import sign_in
from tests.exchanges.keys.private_keys import (
    PrivateKey,
    make_ed25519,
    make_rsa,
    write_private,
    write_public,
)
from tests.failures.harness.scene import follow_streams
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from tests.trading import BALANCES, record_order, wait_for_status
from users.models import User


def attach(
    client: Client, simulator: SimulatorProcess, private: PrivateKey, market: str, **changes: Any
) -> Any:
    account = simulator.open_account(
        BALANCES,
        futures={"USDT": "100000"},
        permissions={"futures": True},
        secret=write_public(private),
    )
    body = {
        "label": "Signs by itself",
        "venue": "binance",
        "market": market,
        "api_key": account["key"],
        "secret": write_private(private).replace("\n", ""),  # a password field drops line breaks
        "simulated": True,
    }
    return client.post("/api/v1/keys/", body | changes, content_type="application/json")


@pytest.mark.parametrize("market", ["spot", "futures"])
@pytest.mark.parametrize("make", [make_ed25519, make_rsa])
def test_orders_are_placed_checked_and_streamed(
    client: Client,
    simulator: SimulatorProcess,
    transactional_db: None,
    user: User,
    market: str,
    make: Callable[[], PrivateKey],
) -> None:
    sign_in(client, user)
    answer = attach(client, simulator, make(), market)
    assert answer.status_code == 201, answer.content
    key = ExchangeKey.objects.get()
    symbol = "BTC/USDT" if market == "spot" else "BTC/USDT:USDT"
    checked, streamed = (record_order(key, symbol=symbol) for _ in range(2))
    submission.submit_order(checked.pk)
    submission.submit_order(streamed.pk)
    fill = {"account": key.api_key}
    simulator.control.post("fill", clientOrderId=checked.client_order_id, **fill)
    assert sweep.run_sweep(force=True).errors == 0
    wait_for_status(checked, "filled")
    with follow_streams():
        live = StreamLease.objects.filter(key=key, state="live")
        wait_until(live.exists, what="the stream live")
        simulator.control.post("fill", clientOrderId=streamed.client_order_id, **fill)
        wait_for_status(streamed, "filled")
    assert OrderChange.objects.filter(order=streamed, source="stream").exists()


def test_another_private_key_is_refused_by_the_venue(
    client: Client, simulator: SimulatorProcess, transactional_db: None, user: User
) -> None:
    sign_in(client, user)
    attach(client, simulator, make_ed25519(), "spot", secret=write_private(make_ed25519()))
    order = record_order(ExchangeKey.objects.get())
    submission.submit_order(order.pk)
    order.refresh_from_db()
    assert order.status == "rejected"
    assert "Signature for this request is not valid" in order.ended_reason


def test_only_binance_takes_a_private_key(client: Client, db: None, user: User) -> None:
    sign_in(client, user)
    body = {"label": "Desk", "venue": "bybit", "market": "spot", "api_key": "a" * 20}
    pem = write_private(make_ed25519())
    answer = client.post("/api/v1/keys/", body | {"secret": pem}, content_type="application/json")
    assert answer.status_code == 400
    assert "Private keys are not used there" in answer.json()["secret"][0]
    assert not ExchangeKey.objects.exists()


def test_the_pages_form_says_what_is_wrong_with_a_key(client: Client, db: None, user: User) -> None:
    sign_in(client, user)
    form = {"label": "Desk", "venue": "binance", "market": "spot", "api_key": "a" * 20}
    wrong = write_public(make_ed25519())
    answer = client.post("/keys/", form | {"secret": wrong})
    assert "This is the public key." in answer.content.decode()
    assert wrong.splitlines()[1] not in answer.content.decode()
