"""Dead man's switches that their venues refuse to renew: they will run out, or were never armed."""

from datetime import timedelta

from exchanges.models import DeadMansSwitch
from operations.alerts.evaluators.findings import Evaluation, Finding, RuleBatch
from users.languages.text import Phrase


def evaluate_failing(batch: RuleBatch) -> Evaluation:
    """Find the switches of each rule's owner whose renewal fails for as long as the rule says."""
    switches = DeadMansSwitch.objects.filter(
        seconds__gt=0, key__is_active=True, key__user__in=batch.list_user_ids()
    ).exclude(last_error="")
    failing: dict[int, list[DeadMansSwitch]] = {}
    for switch in switches.select_related("key"):
        failing.setdefault(switch.key.user_id, []).append(switch)
    evaluation = Evaluation()
    for rule in batch.rules:
        rows = failing.get(rule.user_id or 0, [])
        since = batch.now - timedelta(seconds=rule.read_number("seconds") or 0)
        errors = "; ".join(switch.last_error for switch in rows)
        evaluation.reasons[rule.pk] = errors or Phrase("Every switch that is on is renewed.")
        evaluation.findings += [
            _describe_switch(rule.pk, switch)
            for switch in rows
            if switch.renewed_at is None or switch.renewed_at <= since
        ]
    return evaluation


def _describe_switch(rule_id: int, switch: DeadMansSwitch) -> Finding:
    key = switch.key
    return Finding(
        rule_id=rule_id,
        subject=f"key:{key.pk}",
        title=Phrase("Dead man's switch at %(venue)s is not renewed", venue=key.venue_label),
        message=Phrase(
            "The one of “%(key)s”: %(error)s If this goes on, the venue cancels its orders,"
            " or does not protect them.",
            key=key.label,
            error=switch.last_error,
        ),
        link=f"/keys/{key.pk}/dead-mans-switch/",
    )
