"""`manage.py recount_pnl` counts books again by the method set now, and prints what changed."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bots.models import PnlBook
from exchanges.models import ExchangeKey
from tests.bots.pnl.fills import FillSpec, count_fills, create_key, dump_book, write_fills
from users.models import User


@pytest.fixture
def plain(user: User) -> ExchangeKey:
    return create_key(user)


def trade(key: ExchangeKey, *deals: tuple[str, int]) -> None:
    write_fills(key, [
        FillSpec(minute, side, Decimal(1), Decimal(price))
        for minute, (side, price) in enumerate(deals)
    ])  # fmt: skip


def recount(*arguments: str) -> str:
    out = StringIO()
    call_command("recount_pnl", *arguments, stdout=out)
    return out.getvalue()


def test_it_counts_new_fills(plain: ExchangeKey) -> None:
    trade(plain, ("buy", 100), ("sell", 110))
    assert "2 fills read, 1 books." in recount()
    assert PnlBook.objects.get().gross == 10


def test_a_recount_comes_to_the_same_sums(plain: ExchangeKey) -> None:
    trade(plain, ("buy", 100), ("buy", 120), ("sell", 130))
    count_fills(plain)
    book = PnlBook.objects.get()
    before = dump_book(book)
    assert "3 fills read" in (output := recount("--anew", "--key", str(plain.pk)))
    assert "have the same sums as before" in output
    assert dump_book(book) == before


def test_a_dry_run_says_how_much_and_changes_nothing(plain: ExchangeKey, other_user: User) -> None:
    other = create_key(other_user, label="other")
    trade(plain, ("buy", 100), ("sell", 110))
    count_fills(plain)
    trade(other, ("buy", 100))
    assert "1 fills to read, 0 books to empty." in recount("--dry-run")
    assert "3 fills to read, 1 books to empty." in recount("--dry-run", "--anew")
    assert "2 fills to read, 1 books" in recount("--dry-run", "--anew", "--key", str(plain.pk))
    assert [book.gross for book in PnlBook.objects.all()] == [10]


def test_a_dry_run_says_which_books_would_change(plain: ExchangeKey, settings: object) -> None:
    trade(plain, ("buy", 100), ("buy", 120), ("sell", 130))
    count_fills(plain)
    assert "have the same sums as before" in recount("--dry-run", "--anew")
    settings.PNL_METHOD = "average"  # type: ignore[attr-defined]
    before = dump_book(PnlBook.objects.get())
    assert "gross 30 -> gross 20" in recount("--dry-run", "--anew")
    assert dump_book(PnlBook.objects.get()) == before


def test_another_method_counts_only_from_a_recount_on(plain: ExchangeKey, settings: object) -> None:
    trade(plain, ("buy", 100), ("buy", 120), ("sell", 130))
    count_fills(plain)
    settings.PNL_METHOD = "average"  # type: ignore[attr-defined]
    assert "0 fills read" in recount()
    assert PnlBook.objects.get().gross == 30
    assert "gross 30 -> gross 20" in recount("--anew")
    assert PnlBook.objects.get().gross == 20


def test_books_of_other_keys_stay(plain: ExchangeKey, other_user: User) -> None:
    other = create_key(other_user, label="other")
    for key in (plain, other):
        trade(key, ("buy", 100), ("sell", 110))
        count_fills(key)
    PnlBook.objects.update(gross=1)
    recount("--anew", "--key", str(plain.pk))
    assert [book.gross for book in PnlBook.objects.order_by("key")] == [10, 1]


def test_an_unknown_key_is_an_error(db: None) -> None:
    with pytest.raises(CommandError, match="no key 77"):
        call_command("recount_pnl", "--anew", "--key", "77")
