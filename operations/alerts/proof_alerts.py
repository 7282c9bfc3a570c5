"""Alert the owner of a key while its books differ from what its venue says.

The first difference is not told: a venue's lists may lag. An alert ends with the next good proof.
"""

from datetime import datetime

from bots.models import StatementProof
from bots.proof.newest import newest_proofs
from exchanges.models import ExchangeKey
from operations.alerts import record as alerts
from operations.alerts.key_alerts import AlertTexts, texts_by_alert
from operations.alerts.record import AlertText
from operations.models import Alert, AlertLevel
from users.languages.recipient import write_for
from users.languages.text import Phrase

NAME_PREFIX = "proof:"
TOLD_AFTER = 2  # proofs in a row that differ


def update_proof_alerts(*, now: datetime) -> None:
    """Begin, update and end alerts where they differ from the newest proofs."""
    troubles = find_differing()
    open_texts = texts_by_alert(Alert.objects.filter(name__startswith=NAME_PREFIX, ended_at=None))
    for user_id, name in sorted(open_texts.keys() - troubles.keys()):
        alerts.end_alert(user_id=user_id, name=name, now=now)
    for (user_id, name), text in sorted(troubles.items()):
        if open_texts.get((user_id, name)) != text:
            alerts.begin_alert(user_id=user_id, name=name, now=now, **text)


def find_differing() -> AlertTexts:
    proofs = [proof for proof in newest_proofs().values() if proof.failures >= TOLD_AFTER]
    owned = ExchangeKey.objects.select_related("user")
    keys = owned.in_bulk([proof.key_id for proof in proofs])
    return {
        (proof.user_id, f"{NAME_PREFIX}{proof.key_id}"): _describe(keys[proof.key_id], proof)
        for proof in proofs
        if proof.key_id in keys
    }


def _describe(key: ExchangeKey, proof: StatementProof) -> AlertText:
    amounts = ", ".join(f"{asset} {amount}" for asset, amount in proof.differences.items())
    values = {"key": key.label, "venue": key.venue_label}
    title = Phrase("The books of “%(key)s” differ from %(venue)s", **values)
    message = Phrase(
        "Since the last good proof the venue has more than our books by: %(amounts)s.",
        amounts=amounts,
    )
    return AlertText(
        level=AlertLevel.WARNING,
        title=write_for(key.user, title),
        message=write_for(key.user, message),
        link="/portfolio/",
    )
