"""Books that differ twice from what the venue says are an alert, until they agree again."""

from datetime import timedelta

from bots.models import StatementProof
from exchanges.models import ExchangeKey
from operations.alerts import proof_alerts
from operations.models import Alert
from tests.orders.reports import NOON

DIFFERS = {"USDT": {"difference": "-0.5", "differs": True}}


def prove(key: ExchangeKey, minute: int, *, failures: int) -> list[str]:
    """Record a proof, look, and return the open alerts."""
    at = NOON + timedelta(minutes=minute)
    StatementProof.objects.create(
        user=key.user,
        key=key,
        at=at,
        is_good=not failures,
        failures=failures,
        assets=DIFFERS if failures else {},
    )
    proof_alerts.update_proof_alerts(now=at)
    return list(Alert.objects.filter(ended_at=None).values_list("message", flat=True))


def test_an_alert_lasts_while_the_books_differ(key: ExchangeKey) -> None:
    assert prove(key, 0, failures=0) == []
    assert prove(key, 1, failures=1) == []
    (told,) = prove(key, 2, failures=2)
    assert told.endswith("by: USDT -0.5.")
    assert prove(key, 3, failures=3) == [told]
    assert prove(key, 4, failures=0) == []
    assert Alert.objects.count() == 1
