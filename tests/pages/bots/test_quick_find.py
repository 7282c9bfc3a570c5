"""The command palette's answers, as a page without scripts and as its list."""

from django.test import Client

from bots.models import Bot
from exchanges.models import ExchangeKey
from tests.pages.orders.test_markets import create_symbol
from tests.pages.orders.test_order_pages import ada, attach, key
from tests.trading import record_order
from users.models import User

__all__ = ["ada", "key"]


def list_hits(client: Client, query: str) -> list[tuple[str, str]]:
    hits = client.get("/find/", {"q": query}).context["hits"]
    return [(hit.kind, hit.address) for hit in hits]


def test_rows_pages_and_actions_are_found_by_name(
    ada: Client, key: ExchangeKey, other_user: User
) -> None:
    create_symbol("BTC", step="0.01")
    order, theirs = record_order(key), record_order(attach(other_user))
    bot = Bot.objects.create(user=key.user, key=key, name="Dipper", symbol="BTC/USDT")
    Bot.objects.create(user=other_user, key=theirs.key, name="Dipper", symbol="BTC/USDT")
    assert ("Order", f"/orders/{order.pk}/") in list_hits(ada, str(order.pk))
    assert list_hits(ada, f"#{theirs.pk}") == []
    assert list_hits(ada, order.client_order_id) == [("Order", f"/orders/{order.pk}/")]
    assert list_hits(ada, "dipp") == [("Bot", f"/bots/{bot.pk}/")]
    assert ("Market", "/markets/binance.spot.paper:BTC/USDT/") in list_hits(ada, "btcusdt")
    assert list_hits(ada, "cancel all") == [("Do", "/orders/cancel-all/")]
    assert ("Go to", "/portfolio/") in list_hits(ada, "")
    for query in ("\x00", "%", "x" * 500, "٣", "9" * 30):
        assert isinstance(list_hits(ada, query), list), query


def test_the_palette_gets_the_list_alone(ada: Client, key: ExchangeKey) -> None:
    answer = ada.get("/find/?q=bots", headers={"X-Requested-With": "fetch"})
    assert answer.content.decode().strip().startswith("<div")
    assert "Nothing has this name" in ada.get("/find/?q=zzzz").content.decode()
