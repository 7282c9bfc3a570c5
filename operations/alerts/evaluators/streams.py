"""Keys whose own stream at their venue is not followed, or has not opened, for too long."""

from datetime import datetime

from exchanges import venues
from exchanges.models import ExchangeKey, StreamLease
from exchanges.streams.leases import LASTS, NOT_OPEN
from operations.alerts.evaluators.findings import Evaluation, Finding, RuleBatch
from users.languages.text import Phrase

LINK = "/keys/"


def evaluate_stale(batch: RuleBatch) -> Evaluation:
    """Find the active keys of each rule's owner from which no stream tells anything."""
    silent: dict[int, list[tuple[ExchangeKey, float]]] = {}
    keys = ExchangeKey.objects.filter(is_active=True, user__in=batch.list_user_ids())
    for key in keys.select_related("stream"):
        since = find_silence(key, batch.now)
        if since is not None:
            seconds = (batch.now - since).total_seconds()
            silent.setdefault(key.user_id, []).append((key, seconds))
    evaluation = Evaluation()
    for rule in batch.rules:
        rows = silent.get(rule.user_id or 0, [])
        late = [row for row in rows if row[1] >= (rule.read_number("seconds") or 0)]
        worst = max((seconds for _, seconds in rows), default=0)
        evaluation.reasons[rule.pk] = Phrase(
            "The longest silence of a key is %(seconds)s s.", seconds=f"{worst:.0f}"
        )
        evaluation.findings += [_describe(rule.pk, key, seconds) for key, seconds in late]
    return evaluation


def find_silence(key: ExchangeKey, now: datetime) -> datetime | None:
    """Return since when nobody hears the key's stream; None while somebody does."""
    lease: StreamLease | None = getattr(key, "stream", None)
    if lease is None:
        return key.created_at
    is_held = lease.expires_at is not None and lease.expires_at > now
    if is_held and lease.state not in NOT_OPEN:
        return None
    if lease.silent_since is not None or lease.expires_at is None:
        return lease.silent_since or now
    return now if is_held else lease.expires_at - LASTS


def _describe(rule_id: int, key: ExchangeKey, seconds: float) -> Finding:
    place = f"{venues.get(key.venue).label} {key.market}"
    title = Phrase("%(market)s is not followed", market=place)
    if key.is_paper:
        title = Phrase("%(market)s (simulated) is not followed", market=place)
    return Finding(
        rule_id=rule_id,
        subject=f"key:{key.pk}",
        title=title,
        message=Phrase(
            "Nothing was heard of “%(key)s” for %(seconds)s s. Its orders are checked"
            " by questions meanwhile.",
            key=key.label,
            seconds=f"{seconds:.0f}",
        ),
        link=LINK,
    )
