"""Registering a version together with what was measured of it: all of it, or nothing."""

from collections.abc import Sequence

from modelyard.application.ports.database import Transaction
from modelyard.application.services.measuring import Measurement, append_metrics
from modelyard.application.services.publishing import register_version
from modelyard.domain.bounds import UNBOUNDED, Bounds
from modelyard.domain.model_version import ModelVersion, VersionDraft
from modelyard.domain.principal import Principal
from modelyard.domain.quota import Quotas
from modelyard.domain.reference import ByNumber


def register_measured(
    tx: Transaction,
    principal: Principal,
    model_name: str,
    draft: VersionDraft,
    batch: Sequence[Measurement],
    *,
    creates_model: bool,
    quotas: Quotas = (),
    bounds: Bounds = UNBOUNDED,
) -> ModelVersion:
    """As `register_version`, with a batch of measurements, which may be empty.

    Raises:
        ModelNotFound, BlobsMissing, SizeMismatch: as of `register_version`.
        InvalidInput: as of that, and of `append_metrics`.
    """
    version = register_version(
        tx, principal, model_name, draft, creates_model=creates_model, quotas=quotas, bounds=bounds
    )
    if not batch:
        return version
    return append_metrics(tx, principal, model_name, ByNumber(version.number), batch).version
