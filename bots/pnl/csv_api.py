"""Exports by API: orders, fills and what was earned, as CSV that begins at once.

A header, then rows in an order that stays. Times are UTC (2026-03-01T12:00:00.000000Z), amounts
have every digit, and what is not known is empty. Texts that a spreadsheet would take for a formula
begin with an apostrophe; numbers are always numbers. Paper and live are told apart by `simulated`.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from bots.pnl import csv_tables as tables
from bots.pnl.csv_stream import Rows, Table, lines, stream
from bots.pnl.csv_tables import Asked
from users.rest import KnownFieldsOnly

LARGEST_ID: Final = 2**63 - 1


class Csv(BaseRenderer):
    """So that who accepts nothing but CSV is served; what goes wrong is told in JSON anyway."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        return json.dumps(data).encode()


class Wanted(KnownFieldsOnly):
    """Which rows. `since` is included, `until` is not."""

    key = serializers.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
    bot = serializers.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
    symbol = serializers.CharField(max_length=40, required=False, allow_blank=True)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class EarningsWanted(Wanted):
    by = serializers.ChoiceField(["round", "day"], default="round")


FILE: Final = {
    (200, "text/csv"): OpenApiTypes.STR,
    400: OpenApiResponse(description="Why not, in words"),
}


@extend_schema("v1_export_orders", tags=["export"], parameters=[Wanted], responses=FILE)
@api_view(["GET"])
@renderer_classes([JSONRenderer, Csv])
def orders(request: Request) -> StreamingHttpResponse:
    """Your orders as CSV, by their number; `since` and `until` are of `created_at`.

    Columns: id, created_at, key, key_label, venue, market, simulated, bot, bot_name, symbol, side,
    type, time_in_force, price, trigger_price, trailing_percent, quantity, filled, average_price,
    cost, fees (such as `BNB 0.001; USDT 0.5`), lacks_fees, reduce_only, status, origin,
    client_order_id, exchange_order_id, submitted_at, ended_at, ended_by, ended_reason.
    """
    wanted = _asked(request, Wanted)
    return _file("orders", tables.ORDERS, tables.orders(_user(request), wanted))


@extend_schema("v1_export_fills", tags=["export"], parameters=[Wanted], responses=FILE)
@api_view(["GET"])
@renderer_classes([JSONRenderer, Csv])
def fills(request: Request) -> StreamingHttpResponse:
    """Your fills as CSV, by the time of execution, of which `since` and `until` are.

    Columns: id, executed_at, order, key, key_label, venue, market, simulated, bot, bot_name,
    symbol, side, price, quantity, cost (price times quantity), fee, fee_currency, is_maker,
    trade_id.
    """
    wanted = _asked(request, Wanted)
    return _file("fills", tables.FILLS, tables.fills(_user(request), wanted))


@extend_schema("v1_export_pnl", tags=["export"], parameters=[EarningsWanted], responses=FILE)
@api_view(["GET"])
@renderer_classes([JSONRenderer, Csv])
def pnl(request: Request) -> StreamingHttpResponse:
    """What you earned as CSV: a row for each round, or with `by=day` for each day (UTC).

    All keys and symbols, one after the other, each in the order of time; with `bot`, what that bot
    earned, which is in its key's rows too. `since` and `until` are of the round's end, or days.

    Columns of rounds: id, began_at, ended_at, key, key_label, venue, market, simulated, bot,
    bot_name, symbol, currency, turnover (bought and sold, in coins), gross, fees, net, parts,
    provisional.

    Columns of days: on, key, key_label, venue, market, simulated, bot, bot_name, symbol, currency,
    volume, gross, fees, net, fills, provisional.
    """
    given = _given(request, EarningsWanted)
    if given.pop("by") == "day":
        return _file("pnl-by-day", tables.DAYS, tables.days(_user(request), Asked(**given)))
    return _file("pnl", tables.ROUNDS, tables.rounds(_user(request), Asked(**given)))


def _file(name: str, table: Table, rows: Iterator[Rows]) -> StreamingHttpResponse:
    """Not to be kept by anybody on the way, and not to be gathered there before it is sent on."""
    named = f"fillwatch-{name}-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        stream(lines(table, rows)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{named}"',
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


def _asked(request: Request, kind: type[Wanted]) -> Asked:
    return Asked(**_given(request, kind))


def _given(request: Request, kind: type[Wanted]) -> dict[str, Any]:
    wanted = kind(data=request.query_params.dict())
    wanted.is_valid(raise_exception=True)
    return dict(wanted.validated_data)


def _user(request: Request) -> int:
    return request.user.pk or 0
