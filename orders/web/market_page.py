"""The page of one market: price, chart, and the user's own orders, fills and positions there."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from exchanges.instruments import Instrument
from exchanges.limits import venue_status
from exchanges.models import ExchangeKey
from exchanges.prices.instrument_search import filter_well_formed
from orders.web import market_ladder, markets_page, row_text
from orders.web.charts.order_chart import choose_interval, list_open_orders, read_market_chart
from orders.web.placing.draft import read_draft
from orders.web.placing.forms import PlaceOrderForm
from orders.web.placing.prefill import read_initial
from orders.web.placing.preview import build_preview
from orders.web.shared_keys import SharedKey, describe_shared_keys, mark_row
from realtime import streams
from realtime.shapes.events import OrderData
from users.http import current_user
from users.models import User


@login_required
@require_GET
def show_market(request: HttpRequest, name: str) -> HttpResponse:
    """Show one market. The stream offset is read first: a change in between is then sent again."""
    user, now = current_user(request), timezone.now()
    position = streams.fetch_head(user.pk)
    rows = markets_page.build_rows(filter_well_formed([name]))[0]
    if not rows:
        raise Http404(_("This symbol is not traded at a venue of this installation."))
    [row] = rows
    keys = _list_keys(user, row.instrument)
    chart = read_market_chart(user, row.instrument, keys)
    shared = describe_shared_keys(user)
    cells = [
        mark_row(row_text.build_cells(order, now=now), order, shared) | _write_by_steps(order, row)
        for order in chart["orders"]
    ]
    context: dict[str, Any] = {
        "page": "markets",
        "position": position,
        "now": now,
        "row": row,
        "traded": row,
        **choose_interval(request.GET.get("interval", "")),
        "keys": keys,
        "cells": cells,
        "waiting": venue_status.list_closed(keys, now=now),
        "simulated": row.instrument.is_paper,
        "closable": [key.pk for key in keys if key.is_active and _may_trade(shared.get(key.pk))],
        "shared_keys": json.dumps(shared),
        "chart": chart,
        "orders": chart["orders"],
        "fills": chart["fills"],
        "positions": chart["positions"],
        "ladder": market_ladder.build_best(
            row.book, own=market_ladder.sum_own_orders(chart["orders"]), now=now
        ),
        **_build_trade_form(request, row.instrument, keys),
    }
    return render(request, "orders/market.html", context)


@login_required
@require_GET
def show_ladder(request: HttpRequest, name: str) -> HttpResponse:
    """Show the best levels of the book alone, for the script of the page."""
    rows = markets_page.build_rows(filter_well_formed([name]))[0]
    if not rows:
        raise Http404(_("This symbol is not traded at a venue of this installation."))
    [row] = rows
    keys = _list_keys(current_user(request), row.instrument)
    own = market_ladder.sum_own_orders(list_open_orders(row.instrument, keys))
    ladder = market_ladder.read_ladder(name, best=row.book, own=own, now=timezone.now())
    return render(request, "orders/_market_ladder.html", {"ladder": ladder})


def _write_by_steps(order: OrderData, row: markets_page.MarketRow) -> dict[str, str]:
    """Write price and amount with as many decimals as the steps of their market have."""
    return {
        "price_text": row_text.format_number(order["price"], row.places),
        "quantity_text": row_text.format_number(order["quantity"], row.amount_places),
    }


def _may_trade(shared: SharedKey | None) -> bool:
    """Tell whether a key is the user's own, or shared with them as a trader."""
    return shared is None or shared["role"] == "trader"


def _build_trade_form(
    request: HttpRequest, instrument: Instrument, keys: list[ExchangeKey]
) -> dict[str, Any]:
    """Build the form beside the chart, with the keys of this market that may trade."""
    user = current_user(request)
    named = {name: request.GET.get(name, "") for name in ("price", "side", "from")}
    initial = read_initial(user, named | {"symbol": instrument.symbol})
    form = PlaceOrderForm(user=user, initial=initial)
    form.limit_to_keys(keys)
    if not form.fields["key"].queryset.exists():  # type: ignore[attr-defined]
        return {}
    return {"form": form, "preview": build_preview(read_draft(form), now=timezone.now())}


def _list_keys(user: User, instrument: Instrument) -> list[ExchangeKey]:
    visible = ExchangeKey.objects.visible_to(user.pk)
    return list(visible.filter(**instrument.venue_market._asdict()).order_by("label"))
