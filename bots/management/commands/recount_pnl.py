"""`manage.py recount_pnl`: count new fills; with --anew count all PnL books again."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet

from bots.models import PnlBook
from bots.pnl import fill_counter
from exchanges.models import ExchangeKey
from realtime.values import format_money
from users.commands import CommandWithExamples, ProgressBar, show_progress

HELP = """
Counts the fills that are not counted yet. With --anew every PnL book is emptied and counted again
from its first fill, in batches, by the method that PNL_METHOD names now. Until a book is complete,
the pages and the API show it as provisional. Prints the books whose sums differ afterwards.
With --dry-run nothing is saved: it prints how many fills would be read, and with --anew also which
books would differ and by how much. Fills that are not counted yet are left out of that.
"""
Sums = tuple[str, ...]


EXAMPLES = """
  manage.py recount_pnl              count what is not counted yet
  manage.py recount_pnl --anew       after PNL_METHOD was changed: count all books again
  manage.py recount_pnl --anew --key 3
  manage.py recount_pnl --anew --dry-run   which books would change, and by how much

It can be stopped and run again at any time. Exit code 0: done; 1: there is no such key.
"""


class Command(CommandWithExamples):
    help = HELP
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anew", action="store_true", help="empty the books, count all again")
        parser.add_argument("--key", type=int, help="only the books of this key")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, save nothing"
        )

    def handle(self, **options: Any) -> None:
        if options["key"] and not ExchangeKey.objects.filter(pk=options["key"]).exists():
            raise CommandError(f"There is no key {options['key']}.")
        queryset = PnlBook.objects.order_by("pk")
        if options["key"]:
            queryset = queryset.filter(key=options["key"])
        chosen = [options["key"]] if options["key"] else None
        total = fill_counter.count_waiting(chosen, anew=options["anew"])
        if options["dry_run"]:
            again = queryset.count() if options["anew"] else 0
            self.stdout.write(f"{total} fills to read, {again} books to empty. Nothing was done.")
            if options["anew"]:
                self._preview_books(queryset)
            return
        before = {book.pk: _book_sums(book) for book in queryset.defer("state")}
        if options["anew"]:
            for pk in before:
                fill_counter.restart_book(pk)
        with show_progress("Fills", total=total) as bar:
            fills = self._count_fills(chosen or fill_counter.keys_with_work(), bar)
        books = list(queryset.select_related("key", "bot").defer("state"))
        self.stdout.write(f"{fills} fills read, {len(books)} books.")
        self._report_differences(before, books)

    def _count_fills(self, keys: Iterable[int], bar: ProgressBar) -> int:
        fills = 0
        for key_id in keys:
            while batch := fill_counter.count_fills(key_id):
                fills += batch
                bar.show(fills)
        return fills

    def _preview_books(self, queryset: QuerySet[PnlBook]) -> None:
        books = list(queryset.select_related("key", "bot").defer("state"))
        before = {book.pk: _book_sums(book) for book in books}
        with show_progress("Books", total=len(books)) as bar:
            for number, book in enumerate(books, 1):
                state = fill_counter.preview_book(book)
                book.gross, book.fees = state.gross, state.fees
                book.held, book.cost = state.ledger.quantity, state.ledger.cost
                bar.show(number)
        self._report_differences(before, books)

    def _report_differences(self, before: dict[int, Sums], books: Iterable[PnlBook]) -> None:
        different = [
            book for book in books if before.get(book.pk, _book_sums(book)) != _book_sums(book)
        ]
        for book in different:
            sums = zip(before[book.pk], _book_sums(book), strict=True)
            changes = " | ".join(f"{old} -> {new}" for old, new in sums if old != new)
            self.stdout.write(f"{book}: {changes}")
        if not different:
            self.stdout.write("All earlier books have the same sums as before.")


def _book_sums(book: PnlBook) -> Sums:
    fields = ("gross", "fees", "held", "cost")
    return tuple(f"{name} {format_money(getattr(book, name))}" for name in fields)
