"""The newest proof of each key. Loads no ccxt, because pages read it."""

from bots.models import StatementProof


def newest_proofs(user_id: int | None = None) -> dict[int, StatementProof]:
    """Return the newest proof of each key, of one user or of all."""
    proofs = StatementProof.objects.order_by("key_id", "-at", "-id").distinct("key_id")
    if user_id is not None:
        proofs = proofs.filter(user=user_id)
    return {proof.key_id: proof for proof in proofs}
