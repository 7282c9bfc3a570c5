"""The API of back-tests: queue one, follow it, read its results, cancel and delete it."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action, renderer_classes
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from bots.backtest import commands, record
from bots.backtest.outcome import PastFillData
from bots.backtest.serializers import BacktestOut, NewBacktest, WholeBacktestOut
from bots.models import Backtest
from bots.pnl.csv_api import CsvRenderer
from bots.pnl.csv_stream import WRITERS
from bots.strategies.settings import InvalidSettings
from users.api_tokens.access import token_access
from users.http import current_user
from users.rest import REASON, Conflict, OwnRows
from users.strict.views import api_view

LARGE: Final = ("curves", "fills", "trades")  # left out of lists
AMOUNTS: Final = ("quantity", "price", "fee")
COLUMNS: Final = ("at", "slot", "turn", "side", "type", *AMOUNTS, "reason")


@extend_schema(tags=["back-tests"])
@token_access(GET="read", POST="trade", DELETE="trade", key_tokens=False)
class BacktestViewSet(OwnRows[Backtest]):
    """Your back-tests: strategies replayed on past prices. They place no order."""

    queryset = Backtest.objects.all()
    serializer_class = BacktestOut

    def get_queryset(self) -> QuerySet[Backtest]:
        backtests = super().get_queryset()
        return backtests if self.action == "retrieve" else backtests.defer(*LARGE)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return WholeBacktestOut if self.action == "retrieve" else BacktestOut

    @extend_schema(request=NewBacktest, responses={202: BacktestOut, 400: REASON, 409: REASON})
    def create(self, request: Request) -> Response:
        """Queue a back-test. A worker runs it: follow `state` and `progress`.

        At most 10,000 candles, and three unfinished ones at a time. The newest 50 are kept, for 30
        days.
        """
        serializer = NewBacktest(data=request.data)
        serializer.is_valid(raise_exception=True)
        backtest = Backtest(user=current_user(request), **serializer.validated_data)
        try:
            commands.create_backtest(backtest, now=timezone.now())
        except InvalidSettings as error:
            errors = {name: [text] for name, text in error.errors.items()}
            raise ValidationError(errors) from None
        except record.BacktestRefused as refused:
            raise Conflict(str(refused)) from None
        return Response(BacktestOut(backtest).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={200: BacktestOut, 404: REASON, 409: REASON})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel one that waits or runs; it keeps no result."""
        backtest = self.get_object()
        if not record.cancel_backtest(backtest, now=timezone.now()):
            raise Conflict("It has finished already.")
        backtest.refresh_from_db(fields=["state", "finished_at", "message", "progress"])
        return Response(BacktestOut(backtest).data)

    @extend_schema(request=None, responses={204: None, 404: REASON})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it with its results. One that runs stops."""
        record.delete_backtest(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["back-tests"], responses={(200, "text/csv"): OpenApiTypes.STR, 404: REASON})
@token_access(GET="read", key_tokens=False)
@api_view(["GET"])
@renderer_classes([JSONRenderer, CsvRenderer])
def export_fills(request: Request, pk: int) -> HttpResponse:
    """The fills of a back-test as CSV, by time.

    Columns: at, slot, turn, side, type, quantity, price, fee (in the quote currency), reason.
    """
    own = Backtest.objects.filter(user=request.user.pk or 0).only("fills")
    backtest = get_object_or_404(own, pk=pk)
    return HttpResponse(
        write_fills(backtest.fills),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="fillwatch-backtest-{pk}.csv"',
            "Cache-Control": "no-store",
        },
    )


def write_fills(fills: Iterable[PastFillData]) -> str:
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for fill in fills:
        values = [
            Decimal(value) if name in AMOUNTS else value
            for name in COLUMNS
            if (value := fill[name]) is not None
        ]
        writer.writerow([WRITERS[type(value)](value) for value in values])
    return file.getvalue()
