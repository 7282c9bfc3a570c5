"""Proofs: our books of a key compared with its venue's statement and balances."""

from django.db import models


class StatementProof(models.Model):
    """One comparison since the last good one. Written by bots/proof/prove.py only.

    The first one of a key compares nothing: it only keeps what the next one begins with.
    """

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="proofs")
    key = models.ForeignKey(
        "exchanges.ExchangeKey", on_delete=models.CASCADE, related_name="proofs"
    )
    since = models.DateTimeField("the last good proof", null=True)
    at = models.DateTimeField("by the venue's clock")
    is_good = models.BooleanField("nothing differs")
    assets = models.JSONField("by asset: what each side says", default=dict)
    state = models.JSONField(
        "balances, positions and lines that the next begins with", default=dict
    )
    failures = models.PositiveIntegerField("times in a row that something differed", default=0)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["key", "-at", "-id"], name="proof_newest")]

    def __str__(self) -> str:
        outcome = "good" if self.is_good else "differs"
        return f"key {self.key_id} at {self.at:%Y-%m-%d %H:%M}: {outcome}"

    @property
    def differences(self) -> dict[str, str]:
        """Return the assets that differ, and by how much the venue has more than our books."""
        return {name: row["difference"] for name, row in self.assets.items() if row["differs"]}
