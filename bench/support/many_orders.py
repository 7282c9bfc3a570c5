"""Write so many ended orders of one user into the database of an installation that runs.

`python -m bench.support.many_orders alice 5000`, in the surroundings of one of its parts.
"""

import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from bench.support.whole_installation import WholeInstallation

EXPECTED_SECONDS: Final = 300


def add_ended_orders(ours: WholeInstallation, user: str, number: int) -> None:
    """Write them from a process of its own, which has the settings of the web server."""
    web = ours.parts()["web"]
    command = [sys.executable, "-m", "bench.support.many_orders", user, str(number)]
    subprocess.run(command, env=web.environ(), cwd=Path.cwd(), check=True, timeout=EXPECTED_SECONDS)


def _write_orders(user: str, number: int) -> None:
    from django.utils import timezone

    from exchanges.models import ExchangeKey
    from orders.models import Order

    key = ExchangeKey.objects.filter(user__username=user).order_by("pk")[0]
    now = timezone.now()
    Order.objects.bulk_create(
        Order(
            **{"user_id": key.user_id, "key": key, "symbol": "BTC/USDT", "side": "buy"},
            **{"type": "limit", "quantity": Decimal("0.01"), "price": Decimal(50_000 + place)},
            **{"status": "canceled", "created_at": now - timedelta(seconds=number - place)},
            **{"ended_at": now, "client_order_id": f"many{place}"},
        )
        for place in range(number)
    )


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    _write_orders(sys.argv[1], int(sys.argv[2]))
