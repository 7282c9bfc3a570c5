"""The symbols that the orders page can be filtered by."""

from typing import Final

from django.db import connection

from orders.models import Order
from users.models import User
from users.sharing.rows import Grants, find_grants

MOST_SYMBOLS: Final = 500
OWN_SYMBOLS: Final = """
WITH RECURSIVE names (symbol) AS (
    (SELECT symbol FROM orders_order WHERE user_id = %(user)s ORDER BY symbol LIMIT 1)
    UNION ALL
    SELECT (
        SELECT later.symbol FROM orders_order later
        WHERE later.user_id = %(user)s AND later.symbol > names.symbol
        ORDER BY later.symbol LIMIT 1
    ) FROM names WHERE names.symbol IS NOT NULL
)
SELECT symbol FROM names WHERE symbol IS NOT NULL ORDER BY symbol LIMIT %(most)s
"""


def list_symbols(user: User, grants: Grants = None) -> list[str]:
    grants = find_grants(user.pk) if grants is None else grants
    if not grants:
        return _list_own_symbols(user.pk)
    orders = Order.objects.visible_to(user.pk, grants)
    names = orders.order_by("symbol").values_list("symbol", flat=True)
    return list(names.distinct()[:MOST_SYMBOLS])


def _list_own_symbols(user_id: int) -> list[str]:
    """Jump through the index from one symbol to the next: DISTINCT would read every order."""
    with connection.cursor() as cursor:
        cursor.execute(OWN_SYMBOLS, {"user": user_id, "most": MOST_SYMBOLS})
        return [symbol for (symbol,) in cursor.fetchall()]
