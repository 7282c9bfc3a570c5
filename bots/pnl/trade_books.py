"""Find the books whose closed trades are counted: each trade once, the same one on every page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Sum

from bots.models import PnlBook, PnlDay


def find_trade_books(books: Sequence[PnlBook]) -> list[PnlBook]:
    """Return the books whose closed trades are those of these books.

    The book of a key holds what all its bots hold together, so it seldom comes to nothing: its
    trades would be one, and lost, beside bots that closed 28. Where bots made every fill of a
    symbol, their trades are the key's. Where a person traded too, no fill may be left out, and the
    trades of the key count.
    """
    [found] = find_trade_groups([books])
    return found


def find_trade_groups(groups: Iterable[Sequence[PnlBook]]) -> list[list[PnlBook]]:
    """Return the same for each of several groups, with as many queries as for one."""
    groups = list(groups)
    books = [book for group in groups for book in group]
    of_keys = {(book.key_id, book.symbol) for book in books if _may_be_of_bots(book)}
    of_bots = _find_bot_books(of_keys) if of_keys else {}
    if not of_bots:
        return [list(group) for group in groups]
    every = {book.pk for group in (books, *of_bots.values()) for book in group}
    days = PnlDay.objects.filter(book__in=every).order_by()
    fills = dict(days.values_list("book").annotate(Sum("fills")))
    return [
        [one for book in group for one in _choose_books(book, of_bots, fills)] for group in groups
    ]


def _choose_books(
    book: PnlBook, of_bots: Mapping[tuple[int, str], list[PnlBook]], fills: Mapping[int, int]
) -> list[PnlBook]:
    """Return the books of its bots where they made every fill, else the book itself."""
    group = of_bots.get((book.key_id, book.symbol), []) if _may_be_of_bots(book) else []
    is_all = sum(fills.get(one.pk, 0) for one in group) == fills.get(book.pk, 0)
    return group if group and is_all else [book]


def _may_be_of_bots(book: PnlBook) -> bool:
    """Tell whether the trades of bots may be those of the book: bots know no sides."""
    return book.bot_id is None and not book.side


def _find_bot_books(symbols: set[tuple[int, str]]) -> dict[tuple[int, str], list[PnlBook]]:
    rows = PnlBook.objects.filter(
        bot__isnull=False,
        key__in={key_id for key_id, _ in symbols},
        symbol__in={symbol for _, symbol in symbols},
    )
    found: dict[tuple[int, str], list[PnlBook]] = defaultdict(list)
    for book in rows.select_related("key", "bot").order_by("pk"):
        if (book.key_id, book.symbol) in symbols:
            found[book.key_id, book.symbol].append(book)
    return found
