"""`manage.py reckon`: count fills now; with --anew everything again, from the first fill on."""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bots.models import PnlBook
from bots.pnl import recorder
from exchanges.models import ExchangeKey
from realtime.frames import money

HELP = """
Counts fills that nobody has counted yet. With --anew every book is forgotten and counted again
from its first fill, in batches, by the method that PNL_METHOD says now; whoever looks meanwhile is
told that it is provisional. Says which books say something else afterwards.
"""
Told = tuple[str, ...]


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anew", action="store_true", help="forget, and count all again")
        parser.add_argument("--key", type=int, help="the books of this key only")

    def handle(self, **options: Any) -> None:
        if options["key"] and not ExchangeKey.objects.filter(pk=options["key"]).exists():
            raise CommandError(f"There is no key {options['key']}.")
        found = PnlBook.objects.order_by("pk")
        if options["key"]:
            found = found.filter(key=options["key"])
        before = {book.pk: _told(book) for book in found.defer("state")}
        if options["anew"]:
            for pk in before:
                recorder.begin_anew(pk)
        fills = self._count([options["key"]] if options["key"] else recorder.keys_with_work())
        books = list(found.select_related("key", "bot").defer("state"))
        self.stdout.write(f"{fills} fills read, {len(books)} books.")
        self._compare(before, books)

    def _count(self, keys: Iterable[int]) -> int:
        fills = 0
        for key_id in keys:
            while some := recorder.reckon(key_id):
                fills += some
        return fills

    def _compare(self, before: dict[int, Told], books: Iterable[PnlBook]) -> None:
        other = [book for book in books if before.get(book.pk, _told(book)) != _told(book)]
        for book in other:
            words = " | ".join(f"{was} -> {now}" for was, now in _differing(before[book.pk], book))
            self.stdout.write(f"{book}: {words}")
        if not other:
            self.stdout.write("All books that there were say what they said before.")


def _told(book: PnlBook) -> Told:
    sums = ("gross", "fees", "held", "cost")
    return tuple(f"{name} {money(getattr(book, name))}" for name in sums)


def _differing(before: Told, book: PnlBook) -> list[tuple[str, str]]:
    return [(was, now) for was, now in zip(before, _told(book), strict=True) if was != now]
