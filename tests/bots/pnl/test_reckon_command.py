"""Counting everything again, by the method that is set now: and being told what changed."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bots.models import PnlBook
from exchanges.models import ExchangeKey
from tests.bots.pnl.fills import Wanted, key_of, reckon, shown, write
from users.models import User


@pytest.fixture
def plain(user: User) -> ExchangeKey:
    return key_of(user)


def trade(key: ExchangeKey, *deals: tuple[str, int]) -> None:
    write(key, [
        Wanted(minute, side, Decimal(1), Decimal(price))
        for minute, (side, price) in enumerate(deals)
    ])  # fmt: skip


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("reckon", *arguments, stdout=out)
    return out.getvalue()


def test_it_counts_what_waits(plain: ExchangeKey) -> None:
    trade(plain, ("buy", 100), ("sell", 110))
    assert "2 fills read, 1 books." in said()
    assert PnlBook.objects.get().gross == 10


def test_anew_says_the_same(plain: ExchangeKey) -> None:
    trade(plain, ("buy", 100), ("buy", 120), ("sell", 130))
    reckon(plain)
    book = PnlBook.objects.get()
    before = shown(book)
    assert "3 fills read" in (words := said("--anew", "--key", str(plain.pk)))
    assert "say what they said before" in words
    assert shown(book) == before


def test_another_method_from_now_on_only_when_all_is_counted_anew(
    plain: ExchangeKey, settings: object
) -> None:
    trade(plain, ("buy", 100), ("buy", 120), ("sell", 130))
    reckon(plain)
    settings.PNL_METHOD = "average"  # type: ignore[attr-defined]
    assert "0 fills read" in said()
    assert PnlBook.objects.get().gross == 30
    assert "gross 30 -> gross 20" in said("--anew")
    assert PnlBook.objects.get().gross == 20


def test_other_keys_are_left_alone(plain: ExchangeKey, other_user: User) -> None:
    other = key_of(other_user, label="other")
    for key in (plain, other):
        trade(key, ("buy", 100), ("sell", 110))
        reckon(key)
    PnlBook.objects.update(gross=1)
    said("--anew", "--key", str(plain.pk))
    assert [book.gross for book in PnlBook.objects.order_by("key")] == [10, 1]


def test_a_key_that_there_is_not(db: None) -> None:
    with pytest.raises(CommandError, match="no key 77"):
        call_command("reckon", "--anew", "--key", "77")
