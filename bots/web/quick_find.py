"""Find a page, an order, a bot, a market or an action by a few letters: the command palette."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET

from bots.models import Bot
from exchanges.instruments import parse
from exchanges.models import ExchangeKey
from exchanges.payloads import money_kinds
from orders.models import Order
from orders.web import market_choice
from realtime.values import format_money
from users.http import current_user, is_fetch, is_id
from users.models import User

MAX_QUERY: Final = 60
MAX_HITS: Final = 24
MAX_OF_A_KIND: Final = 8
# The name of each page's address, what it is called, and other words for it.
PAGES: Final = (
    ("orders", gettext_noop("Orders"), "table fills"),
    ("bots", gettext_noop("Bots"), "strategies"),
    ("portfolio", gettext_noop("Portfolio"), "profit pnl value"),
    ("markets", gettext_noop("Markets"), "prices"),
    ("signals", gettext_noop("Signals"), "webhook"),
    ("holdings", gettext_noop("Holdings"), "balances positions"),
    ("keys", gettext_noop("Keys"), "exchanges api"),
    ("logs", gettext_noop("Activity log"), "why history"),
    ("notifications", gettext_noop("Messages"), "notifications alerts"),
    ("preferences", gettext_noop("Preferences"), "settings time zone"),
    ("sessions", gettext_noop("Sessions"), "devices"),
    ("api-tokens", gettext_noop("API tokens"), "programs"),
)
# Each leads to a page that asks first, with the amounts.
ACTIONS: Final = (
    ("order-new", gettext_noop("Place an order"), "buy sell new"),
    ("oco-new", gettext_noop("Place two exits"), "oco take profit stop loss"),
    ("bot-new", gettext_noop("Make a bot"), "new strategy"),
    ("orders-cancel-all", gettext_noop("Cancel all orders …"), "emergency"),
    ("bots-stop-all", gettext_noop("Stop all bots …"), "emergency"),
)


class Hit(NamedTuple):
    """One line of the palette: a link with what it leads to."""

    kind: str
    label: str
    hint: str
    address: str


@login_required
@require_GET
def show_found(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    context: dict[str, Any] = {"page": "find", "q": query, "hits": find_hits(user, query)}
    if is_fetch(request):
        return render(request, "find/_hits.html", context)
    context |= money_kinds(ExchangeKey.objects.visible_to(user.pk))
    return render(request, "find/find.html", context)


def find_hits(user: User, query: str) -> list[Hit]:
    """Return what matches, rows of the user before pages; without a query pages and actions."""
    names = chain(_find_names(_("Go to"), PAGES, query), _find_names(_("Do"), ACTIONS, query))
    if not query:
        return list(names)
    rows = chain(_find_orders(user, query), _find_bots(user, query), names)
    return list(islice(chain(rows, _find_markets(user, query)), MAX_HITS))


def _find_names(kind: str, rows: tuple[tuple[str, str, str], ...], query: str) -> Iterator[Hit]:
    words = query.lower().split()
    for name, label, others in rows:
        if all(word in f"{_(label)} {label} {others}".lower() for word in words):
            yield Hit(kind, _(label), "", reverse(name))


def _find_orders(user: User, query: str) -> Iterator[Hit]:
    """Find an order by its id here, or by its whole name at the venue or ours."""
    matches = Q(client_order_id=query) | Q(exchange_order_id=query)
    if is_id(query.removeprefix("#")):
        matches |= Q(pk=int(query.removeprefix("#")))
    orders = Order.objects.visible_to(user.pk).filter(matches).select_related("key")
    for order in orders.order_by("-pk")[:MAX_OF_A_KIND]:
        terms = f"{order.side} {format_money(order.quantity)} {order.symbol}"
        hint = f"{order.get_status_display()}, {order.key.label}"
        yield Hit(_("Order"), f"{order.pk}: {terms}", hint, reverse("order", args=[order.pk]))


def _find_bots(user: User, query: str) -> Iterator[Hit]:
    bots = Bot.objects.filter(user=user, name__icontains=query).order_by("name")
    for bot in bots[:MAX_OF_A_KIND]:
        yield Hit(_("Bot"), bot.name, f"{bot.symbol}, {bot.mode}", reverse("bot", args=[bot.pk]))


def _find_markets(user: User, query: str) -> Iterator[Hit]:
    for name in market_choice.search_instruments(user, query, excluded=[])[:MAX_OF_A_KIND]:
        instrument, simulated = parse(name), " " + _("simulated")
        hint = f"{instrument.venue} {instrument.market}{simulated * instrument.is_paper}"
        yield Hit(_("Market"), instrument.symbol, hint, reverse("market", args=[name]))
