"""Operators see all that bots did, change no truth, and read no secret."""

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import (
    AutoTrade,
    Bot,
    BotLimits,
    BotOrder,
    ClosedTrade,
    IncomeCursor,
    IncomeEntry,
    LogEntry,
    Mode,
    PnlBook,
    PnlDay,
    PortfolioValue,
    PriceMinute,
    Signal,
    StatementProof,
    StopAll,
)
from bots.signals import hooks, record
from exchanges.models import ExchangeKey
from tests.bots.desk import Desk
from tests.trading import record_order
from users.models import User

ALL = sorted(model._meta.model_name or "" for model in apps.get_app_config("bots").get_models())
SHOWN = [name for name in ALL if name != "pnlhour"]  # sums of no use one by one
NOW = timezone.now()
LADDER = {"lower": "50000", "upper": "51000", "levels": 2, "quantity": "0.01"}


@pytest.fixture
def olga(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def things(key: ExchangeKey) -> dict[str, Any]:
    """One of each."""
    return {type(one)._meta.model_name or "": one for one in _one_of_each(key, "grid")}


def _one_of_each(key: ExchangeKey, name: str) -> list[Any]:
    user = key.user
    bot = Bot.objects.create(user=user, key=key, name=name, symbol="BTC/USDT", run=1)
    order = record_order(key, bot=bot, client_order_id=f"of {name}")
    book = PnlBook.objects.create(user=user, key=key, bot=bot, symbol="BTC/USDT", quote="USDT")
    nothing = {"gross": Decimal(0), "fees": Decimal(0)}
    signal = record.create_signal(
        user_id=user.pk, source="x", symbol="BTC/USDT", side=Signal.Side.BUY, now=NOW
    )
    times: dict[str, Any] = {"began_at": NOW, "ended_at": NOW, "turnover": Decimal(1), "parts": 1}
    return [
        bot,
        order,
        BotOrder.objects.create(bot=bot, run=1, slot=name, turn=1, order=order, reason="told to"),
        LogEntry.objects.create(user=user, bot=bot, order=order, message="made", created_at=NOW),
        ClosedTrade.objects.create(book=book, **times, **nothing),
        PnlDay.objects.create(book=book, on=NOW.date()),
        PriceMinute.objects.create(instrument=f"i {name}", at=NOW, high=Decimal(2), low=Decimal(1)),
        StopAll.objects.create(user=user, asked_at=NOW, bots=1, orders=1, left=0, ended_at=NOW),
        PortfolioValue.objects.create(
            user=user, is_paper=True, at=timezone.now(), value=Decimal(1)
        ),
        BotLimits.objects.get_or_create(user=user)[0],
        AutoTrade.objects.get_or_create(user=user)[0],
        hooks.for_user(user.pk),
        signal,
        book,
        IncomeEntry.objects.create(
            user=user, key=key, kind="funding", asset="USDT", amount=1, venue_id=name, at=NOW
        ),
        StatementProof.objects.create(user=user, key=key, at=NOW, is_good=True),
        IncomeCursor.objects.update_or_create(key=key, defaults={"read_at": NOW})[0],
    ]


def test_each_model_has_a_list_and_a_page(olga: Client, things: dict[str, Any]) -> None:
    assert {model._meta.model_name for model in admin.site._registry} >= set(SHOWN)
    for name in SHOWN:
        assert olga.get(f"/admin/bots/{name}/?q=x").status_code == 200, name
        if name in things:
            address = f"/admin/bots/{name}/{things[name].pk}/change/"
            assert olga.get(address).status_code == 200, name


def test_nothing_but_limits_can_be_edited(
    olga: Client, things: dict[str, Any], rf: RequestFactory
) -> None:
    request = rf.get("/admin/")
    request.user = User.objects.get(username="olga")
    for model, its in admin.site._registry.items():
        if model._meta.app_label == "bots" and model is not BotLimits:
            may = (its.has_add_permission, its.has_change_permission, its.has_delete_permission)
            assert not any(one(request) for one in may), model
    forged = {"mode": "running", "reason": "", "name": "mine now"}
    answer = olga.post(f"/admin/bots/bot/{things['bot'].pk}/change/", forged)
    assert (answer.status_code, Bot.objects.get().name) == (403, "grid")


def test_a_longer_list_needs_no_more_queries(olga: Client, key: ExchangeKey) -> None:
    def count_queries() -> dict[str, int]:
        counts = {}
        for name in SHOWN:
            with CaptureQueriesContext(connection) as queries:
                olga.get(f"/admin/bots/{name}/")
            counts[name] = len(queries)
        return counts

    _one_of_each(key, "first")
    count_queries()  # fill Django's caches
    few = count_queries()
    for number in range(3):
        _one_of_each(key, f"another {number}")
    assert count_queries() == few


def test_only_the_end_of_a_webhook_address_is_shown(olga: Client, key: ExchangeKey) -> None:
    hook = hooks.for_user(key.user_id)
    for page in ("", f"{hook.pk}/change/"):
        shown = olga.get(f"/admin/bots/hook/{page}").content.decode()
        assert hook.name[-4:] in shown
        assert hook.name not in shown
        assert hooks.derive_secret(hook) not in shown


def test_operators_set_limits(olga: Client, user: User) -> None:
    wanted = {"user": user.pk, "most_running": 3, "most_orders": 20}
    for wrong in ('{"USDT": "much"}', '{"USDT": "-1"}', '["USDT"]', '{"usdt": "1"}'):
        refused = olga.post("/admin/bots/botlimits/add/", wanted | {"budgets": wrong})
        assert "amounts, each more than zero" in refused.content.decode(), wrong
    olga.post("/admin/bots/botlimits/add/", wanted | {"budgets": '{"USDT": "1000"}'})
    kept = BotLimits.objects.get(user=user)
    assert (kept.most_running, kept.budgets) == (3, {"USDT": "1000"})


def test_a_bot_names_the_operator_who_stopped_it(olga: Client, desk: Desk) -> None:
    runs, rests = desk.start(desk.make()), desk.make("grid", settings=LADDER)
    chosen = {"action": "stop", "_selected_action": [runs.pk, rests.pk]}
    olga.post("/admin/bots/bot/", chosen)
    assert desk.now(runs).mode == Mode.STOPPING
    stopped = desk.settle(runs)
    assert (stopped.mode, stopped.reason) == (Mode.STOPPED, "stopped by operator olga")
    assert desk.there() == []
    assert desk.now(rests).version == rests.version
