"""Read a request to the API of PnL: whose books and income it asks for, and in which period."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from bots.income import totals
from bots.models import IncomeEntry, PnlBook
from bots.pnl import summary
from users.api_tokens.access import filter_by_keys
from users.http import current_user, is_id

T = TypeVar("T")


def filter_books(request: Request) -> QuerySet[PnlBook]:
    ids = _read_ids(request)
    return filter_by_keys(summary.filter_books(current_user(request).pk, **ids), request)


def filter_income(
    request: Request, *, since: date | None = None, until: date | None = None
) -> QuerySet[IncomeEntry]:
    """Return the income of the same bot or keys as the books."""
    ids = _read_ids(request)
    found = totals.filter_income(
        current_user(request).pk, bot=ids["bot"], key=ids["key"], since=since, until=until
    )
    return filter_by_keys(found, request)


def _read_ids(request: Request) -> dict[str, int | None]:
    ids: dict[str, int | None] = {}
    for name in ("bot", "key"):
        text = request.query_params.get(name)
        if text is not None and not is_id(text):
            raise ValidationError({name: ["The id of one of yours."]})
        ids[name] = int(text) if text else None
    return ids


def read_period(request: Request) -> dict[str, date | None]:
    period = {name: _read_day(request, name) for name in ("since", "until")}
    since, until = period.values()
    if since and until and since > until:
        raise ValidationError({"until": ["The last day is before the first."]})
    return period


def _read_day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    if (day := parse_or_none(parse_date, text)) is None:
        raise ValidationError({name: ["A day such as 2026-03-01."]})
    return day


def parse_or_none(parse: Callable[[str], T | None], text: str) -> T | None:
    try:
        return parse(text)
    except ValueError:  # well formed, but no calendar has it
        return None
