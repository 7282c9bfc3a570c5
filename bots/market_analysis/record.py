"""Analyse each minute the instruments that were watched; the only writer of MarketAnalysis."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.db.models import F, Max, OuterRef, Subquery

from bots.market_analysis.calculate import MinutePrice, analyse_hour
from bots.models import MarketAnalysis, PriceMinute

HOUR: Final = timedelta(hours=1)
FRESH: Final = timedelta(minutes=2)  # not watched for longer: nothing new to say
GAP: Final = timedelta(minutes=30)  # a longer pause is no line in a chart
DAY: Final = timedelta(days=1)


def record_analyses(*, now: datetime) -> int:
    """Analyse the hour up to the last whole minute; return how many instruments had one.

    A second worker in the same minute adds nothing.
    """
    at = now.replace(second=0, microsecond=0)
    analyses = [
        MarketAnalysis(instrument=name, at=at, **asdict(figures))
        for name, minutes in _read_hours(at)
        if (figures := analyse_hour(minutes)) is not None
    ]
    MarketAnalysis.objects.bulk_create(analyses, batch_size=500, ignore_conflicts=True)
    return len(analyses)


def list_without_volume(*, now: datetime, most: int) -> list[MarketAnalysis]:
    """List the newest analyses that have no volume, those first whose market waits the longest."""
    before = MarketAnalysis.objects.filter(
        instrument=OuterRef("instrument"), at__gt=now - DAY, volume__isnull=False
    )
    known = before.order_by().values("instrument").annotate(at=Max("at")).values("at")
    at = now.replace(second=0, microsecond=0)
    rows = MarketAnalysis.objects.filter(at=at, volume=None).annotate(known=Subquery(known))
    return list(rows.order_by(F("known").asc(nulls_first=True), "instrument")[:most])


def save_volume(analysis: MarketAnalysis, volume: Decimal) -> None:
    MarketAnalysis.objects.filter(pk=analysis.pk).update(volume=volume)


def list_day(instrument: str, *, now: datetime) -> list[MarketAnalysis]:
    """List the analyses of the last day, oldest first."""
    rows = MarketAnalysis.objects.filter(instrument=instrument, at__gt=now - DAY)
    return list(rows.order_by("at"))


def _read_hours(at: datetime) -> Iterator[tuple[str, list[MinutePrice]]]:
    """Yield each instrument that was watched just now, with its minutes of the hour."""
    hour = PriceMinute.objects.filter(at__gte=at - HOUR, at__lt=at)
    names = hour.filter(at__gte=at - FRESH).order_by().values("instrument")
    rows = hour.filter(instrument__in=names).order_by("instrument", "at")
    columns = rows.values_list("instrument", "at", "low", "high").iterator()
    for name, minutes in groupby(columns, key=lambda row: row[0]):
        yield name, [MinutePrice(moment, low, high) for _, moment, low, high in minutes]
