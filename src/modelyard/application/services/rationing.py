"""Quotas of bytes: what all versions of the models of a glob may have together."""

from modelyard.application.ports.database import Transaction
from modelyard.domain.quota import Quotas, quotas_of


def require_room(tx: Transaction, quotas: Quotas, model: str, size_bytes: int) -> None:
    """Refuse what is over a quota; the model's bytes count already those that are to come.

    Raises:
        QuotaExceeded: there is no room for them.
    """
    for quota in quotas_of(quotas, model):
        quota.require_room(tx.models.bytes_to_change(quota.models) - size_bytes, size_bytes)
