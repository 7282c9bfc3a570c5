"""The signals page: what came, what became of it, and how the first one comes."""

import json
import subprocess
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Signal
from bots.signals import auto_trade, hooks, record
from exchanges.models import ExchangeKey
from tests.bots.desk import Desk, desk_at
from tests.bots.signals.webhook_requests import post, secret_of, send
from tests.conftest import sign_in
from tests.pages.conftest import Tab
from tests.services import wait_until
from tests.simulator import SimulatorProcess
from users.models import User


@pytest.fixture
def ada(client: Client, user: User) -> Client:
    sign_in(client, user)
    return client


@pytest.fixture
def manual(key: ExchangeKey, simulator: SimulatorProcess) -> Any:
    desk: Desk = desk_at(key, simulator)
    desk.say_price("50500")
    return desk.start(desk.make("manual", settings={"amount": "100"}, is_default=True))


def receive_signal(user: User, symbol: str = "BTC/USDT", **more: Any) -> Signal:
    wish: dict[str, Any] = {"source": "breakout", "side": Signal.Side.LONG, "now": timezone.now()}
    return record.create_signal(user_id=user.pk, symbol=symbol, **wish | more)


def get_page(client: Client, query: str = "") -> str:
    answer = client.get(f"/signals/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_page_teaches(ada: Client, user: User) -> None:
    page = get_page(ada)
    assert "No signals yet" in page
    assert f"/hooks/{hooks.for_user(user.pk).name}/" in page
    assert "{{strategy.order.action}}" in page
    assert secret_of(user) not in page


def test_what_came_the_newest_first(ada: Client, user: User, other_user: User) -> None:
    receive_signal(user, price=Decimal("50500.5"), message="<b>broke out</b>")
    receive_signal(user, "ETH/USDT")
    receive_signal(other_user, "DOGE/USDT")
    page = get_page(ada)
    assert page.index("ETH/USDT</strong>") < page.index("BTC/USDT</strong>")
    assert "50,500.5" in page
    assert "&lt;b&gt;broke out" in page
    assert "No manual bot runs with ETH/USDT." in page
    assert "DOGE" not in page


@pytest.mark.parametrize(
    ("query", "number"),
    [("?status=failed", 1), ("?symbol=ETH/USDT", 1), ("?status=expired", 0), ("?status=x", 2)],
)
def test_filters(ada: Client, user: User, query: str, number: int) -> None:
    failed = receive_signal(user, "ETH/USDT")
    record.settle_signal(failed.pk, outcome=Signal.Status.FAILED, reason="no", now=timezone.now())
    receive_signal(user)
    assert get_page(ada, query).count('<li class="signal"') == number


def test_older_ones(ada: Client, user: User) -> None:
    for _ in range(51):
        receive_signal(user)
    assert get_page(ada).count('<li class="signal"') == 50
    first = Signal.objects.order_by("pk")[1].pk
    assert f"before={first}" in get_page(ada)
    assert get_page(ada, f"?before={first}").count('<li class="signal"') == 1


def test_executed_without_a_script(ada: Client, user: User, manual: Bot) -> None:
    signal = receive_signal(user)
    assert "Execute with manual bot" in get_page(ada)
    page = ada.post(f"/signals/{signal.pk}/execute/", {"bot": manual.pk}, follow=True)
    assert "The bot manual bot buys." in page.content.decode()
    again = ada.post(f"/signals/{signal.pk}/execute/", {"bot": manual.pk}, follow=True)
    assert "This signal is settled already." in again.content.decode()
    assert manual.orders.count() == 1


@pytest.mark.parametrize("bot", ["9" * 5000, "x", "\N{SUPERSCRIPT TWO}"])
def test_what_cannot_be_a_bot_is_none(ada: Client, user: User, bot: str) -> None:
    answer = ada.post(f"/signals/{receive_signal(user).pk}/execute/", {"bot": bot})
    assert answer.status_code == 404


def test_put_aside_without_a_script(ada: Client, user: User) -> None:
    page = ada.post(f"/signals/{receive_signal(user).pk}/ignore/", follow=True).content.decode()
    assert "Long BTC/USDT is put aside." in page
    assert Signal.objects.get().status == "ignored"


def test_nobody_elses(ada: Client, other_user: User, user: User, manual: Bot) -> None:
    theirs = receive_signal(other_user)
    for act in ("execute", "ignore"):
        assert ada.post(f"/signals/{theirs.pk}/{act}/").status_code == 404
    stranger = Client()
    stranger.force_login(other_user, "django.contrib.auth.backends.ModelBackend")
    with_mine = {"bot": manual.pk}
    assert stranger.post(f"/signals/{theirs.pk}/execute/", with_mine).status_code == 404
    answer = stranger.post("/signals/auto-trade/", AUTO | with_mine)
    assert answer.status_code == 422
    assert f">{manual.name}<" not in answer.content.decode()
    assert secret_of(user) not in stranger.post("/signals/hook/secret/").content.decode()
    assert Client().get("/signals/").status_code == 302
    assert Signal.objects.get().status == "pending"


def test_the_secret_is_shown_on_press_alone(ada: Client, user: User) -> None:
    assert ada.get("/signals/hook/secret/").status_code == 405
    answer = ada.post("/signals/hook/secret/")
    assert secret_of(user) in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret_of(user) not in get_page(ada)


def test_a_new_secret_and_a_new_address(ada: Client, user: User) -> None:
    name, secret = hooks.for_user(user.pk).name, secret_of(user)
    page = ada.post("/signals/hook/rotate/", follow=True).content.decode()
    assert "for another hour" in page
    assert "the previous secret is accepted until" in page
    assert send(user, secret=secret).status_code == 201
    ada.post("/signals/hook/move/")
    assert post(name, f"{secret} buy BTCUSDT").status_code == 404


def test_the_script_that_is_shown_works(ada: Client, user: User) -> None:
    """All but its last line is run as it stands; the request is then sent as it would be."""
    page = ada.post("/signals/hook/secret/").content.decode()
    script = page.partition('<pre id="curl" tabindex="0">')[2].partition("</pre>")[0]
    for entity, letter in (("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        script = script.replace(entity, letter)
    before, _, _ = script.rpartition("curl ")
    said = subprocess.run(
        ["sh", "-c", before + 'echo "$now"; echo "$sign"; echo "$body"'],
        capture_output=True,
        text=True,
        check=True,
    )
    now, sign, body = said.stdout.splitlines()
    headers = {"X_Timestamp": now, "X_Signature": f"sha256={sign}"}
    assert post(hooks.for_user(user.pk).name, body, **headers).status_code == 201


@pytest.mark.parametrize(("element", "side"), [("strategy", "close"), ("plain", "buy")])
def test_the_messages_that_are_shown_are_understood(
    ada: Client, user: User, element: str, side: str
) -> None:
    page = ada.post("/signals/hook/secret/").content.decode()
    text = page.partition(f'<pre id="{element}"')[2].partition(">")[2].partition("</pre>")[0]
    filled_in = {
        "strategy.order.action": "sell", "strategy.market_position": "flat", "ticker": "BTCUSDT",
        "close": "50500.5", "strategy.order.id": "Long exit", "timenow": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    for name, value in filled_in.items():
        text = text.replace("{{" + name + "}}", value)
    text = text.replace("&quot;", '"')
    if text.startswith("{"):
        json.loads(text)
    assert post(hooks.for_user(user.pk).name, text).status_code == 201
    signal = Signal.objects.get()
    assert (signal.side, signal.price) == (side, Decimal("50500.5"))


# Automatic trading


AUTO = {"does": "test", "symbols": "", "amount": "", "per_day": "10", "bot": ""}


def test_what_is_done_by_itself(ada: Client, user: User, manual: Bot) -> None:
    given = AUTO | {"does": "on", "symbols": "BTCUSDT", "amount": "25.5", "bot": manual.pk}
    words = "Signals are executed automatically: BTC/USDT, 25.5 on each"
    asked = ada.post("/signals/auto-trade/", given).content.decode()
    assert words in asked
    assert not auto_trade.for_user(user.pk).is_enabled
    page = ada.post("/signals/auto-trade/", given | {"sure": "yes"}, follow=True).content.decode()
    assert words in page
    mine = auto_trade.for_user(user.pk)
    assert (mine.is_enabled, mine.is_test, mine.bot) == (True, False, manual)
    assert 'value="BTC/USDT"' in page
    ada.post("/signals/auto-trade/", AUTO | {"does": "off"})
    assert not auto_trade.for_user(user.pk).is_enabled


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"symbols": "NOPE/USDT"}, "symbols", "None of your keys' markets trades NOPE/USDT."),
        ({"amount": "-1"}, "amount", "This must be more than zero."),
        ({"amount": "much"}, "amount", "Enter a number."),
        ({"per_day": "-1"}, "per_day", "Ensure this value is greater than or equal to 0."),
        (
            {"does": "all"},
            "does",
            "Select a valid choice. all is not one of the available choices.",
        ),
        ({"symbols": "A" * 41}, "symbols", "Name 100 symbols at most, by commas."),
    ],
)
def test_a_mistake_is_told_beside_its_field(
    ada: Client, user: User, changes: dict[str, str], field: str, words: str
) -> None:
    answer = ada.post("/signals/auto-trade/", AUTO | changes)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [words]
    assert not auto_trade.for_user(user.pk).is_enabled


# In a browser


def test_it_follows(tab: Tab, user: User, manual: Bot) -> None:
    waiting = receive_signal(user)
    page = tab(user, "/signals/", viewport={"width": 390, "height": 800})
    page.locator("#dot[data-state=live]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    newer = send(user).json()["signal"]
    page.locator(f"#signal-{newer}").wait_for()
    numbers = page.locator(".signal").evaluate_all("rows => rows.map((row) => row.id)")
    assert numbers == [f"signal-{newer}", f"signal-{waiting.pk}"]
    page.locator(f"#signal-{newer} button", has_text="Execute").click()
    page.locator(f"#signal-{newer}[data-status=executed]").wait_for()
    wait_until(lambda: manual.orders.exists(), what="its order")
    record.settle_signal(waiting.pk, outcome=Signal.Status.IGNORED, now=timezone.now())
    page.locator(f"#signal-{waiting.pk}[data-status=ignored]").wait_for()
