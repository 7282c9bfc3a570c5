"""The API of CSV exports: orders, fills and PnL, streamed from the first row on.

Columns and the order of rows never change. Times are UTC (2026-03-01T12:00:00.000000Z), amounts
have every digit, and unknown values are empty. Texts that a spreadsheet would take for a formula
begin with an apostrophe; numbers never do. The column `simulated` separates paper from live.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import renderer_classes
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from bots.pnl import csv_tables as tables
from bots.pnl.csv_stream import Rows, Table, stream_chunks, write_lines
from bots.pnl.csv_tables import RowFilters
from users.api_tokens.access import token_access, token_keys
from users.rest import REASON
from users.strict.fields import QueryIdField
from users.strict.views import api_view


class CsvRenderer(BaseRenderer):
    """Accept requests for CSV alone; errors are JSON anyway."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        return json.dumps(data).encode()


class ExportFilters(serializers.Serializer[Any]):
    """Filters of the rows. `since` is included, `until` is not."""

    key = QueryIdField(required=False)
    bot = QueryIdField(required=False)
    symbol = serializers.CharField(max_length=40, required=False, allow_blank=True)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class PnlExportFilters(ExportFilters):
    by = serializers.ChoiceField(["round", "day"], default="round")


document_export: Final = partial(
    extend_schema,
    tags=["export"],
    responses={(200, "text/csv"): OpenApiTypes.STR, 400: REASON},
)


@document_export("v1_export_orders", parameters=[ExportFilters])
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
@renderer_classes([JSONRenderer, CsvRenderer])
def export_orders(request: Request) -> StreamingHttpResponse:
    """Your orders as CSV, by id; `since` and `until` apply to `created_at`.

    Columns: id, created_at, key, key_label, venue, market, simulated, bot, bot_name, symbol, side,
    type, time_in_force, price, trigger_price, trailing_percent, quantity, filled, average_price,
    cost, fees (such as `BNB 0.001; USDT 0.5`), lacks_fees, reduce_only, status, origin,
    client_order_id, exchange_order_id, submitted_at, ended_at, ended_by, ended_reason,
    closed_profit.
    """
    rows = tables.select_orders(request.user.pk or 0, RowFilters(**_read_filters(request)))
    return build_csv_response("orders", tables.ORDERS, rows)


@document_export("v1_export_fills", parameters=[ExportFilters])
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
@renderer_classes([JSONRenderer, CsvRenderer])
def export_fills(request: Request) -> StreamingHttpResponse:
    """Your fills as CSV, by time of execution; `since` and `until` apply to `executed_at`.

    Columns: id, executed_at, order, key, key_label, venue, market, simulated, bot, bot_name,
    symbol, side, price, quantity, cost (price times quantity), fee, fee_currency, is_maker,
    trade_id.
    """
    rows = tables.select_fills(request.user.pk or 0, RowFilters(**_read_filters(request)))
    return build_csv_response("fills", tables.FILLS, rows)


@document_export("v1_export_income", parameters=[ExportFilters])
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
@renderer_classes([JSONRenderer, CsvRenderer])
def export_income(request: Request) -> StreamingHttpResponse:
    """Funding and other income, deposits, withdrawals and transfers as CSV, by time.

    Columns: id, at, key, key_label, venue, market, simulated, bot, bot_name, kind, symbol, asset,
    amount, venue_id.
    """
    rows = tables.select_income(request.user.pk or 0, RowFilters(**_read_filters(request)))
    return build_csv_response("income", tables.INCOME, rows)


@document_export("v1_export_pnl", parameters=[PnlExportFilters])
@token_access(GET="read", key_tokens=True)
@api_view(["GET"])
@renderer_classes([JSONRenderer, CsvRenderer])
def export_pnl(request: Request) -> StreamingHttpResponse:
    """Your PnL as CSV: a row for each closed trade, or with `by=day` for each day (UTC).

    Keys and symbols follow each other, each in order of time. With `bot`, only that bot's PnL,
    which is also part of its key's. `since` and `until` apply to the end of a trade, or to the day.

    Columns of closed trades: id, began_at, ended_at, key, key_label, venue, market, simulated, bot,
    bot_name, symbol, currency, turnover (bought and sold, in coins), gross, fees, net, parts,
    provisional.

    Columns of days: on, key, key_label, venue, market, simulated, bot, bot_name, symbol, currency,
    volume, gross, fees, net, fills, provisional.
    """
    values = _read_filters(request, PnlExportFilters)
    is_by_day, user_id = values.pop("by") == "day", request.user.pk or 0
    filters = RowFilters(**values)
    if is_by_day:
        return build_csv_response("pnl-by-day", tables.DAYS, tables.select_days(user_id, filters))
    return build_csv_response("pnl", tables.CLOSED_TRADES, tables.select_trades(user_id, filters))


def build_csv_response(name: str, table: Table, rows: Iterator[Rows]) -> StreamingHttpResponse:
    """Stream rows as a file; no proxy on the way may store it or buffer it."""
    filename = f"fillwatch-{name}-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        stream_chunks(write_lines(table, rows)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{filename}"',
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


def _read_filters(request: Request, kind: type[ExportFilters] = ExportFilters) -> dict[str, Any]:
    filters = kind(data=request.query_params.dict())
    filters.is_valid(raise_exception=True)
    return {**filters.validated_data, "key_ids": token_keys(request)}
