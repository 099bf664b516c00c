"""Requests counted for Prometheus.

Import it where it is known whether processes count together (`shared_folder`): prometheus_client looks for that as it
is imported.
"""

import os
from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from modelyard import __version__
from modelyard.infrastructure.telemetry.shared_folder import SHARED_FOLDER

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""In seconds: those that OpenTelemetry advises, and two below, since most reads take less than 5 ms."""

disable_created_metrics()  # type: ignore[no-untyped-call] # second series, which say when the first began


class _BuildInfo(Collector):
    """Which release answers."""

    def collect(self) -> Iterable[InfoMetricFamily]:
        """One sample, whose value says nothing."""
        yield InfoMetricFamily("modelyard_build", "The release.", value={"version": __version__})


class PrometheusTelemetry:
    """`Telemetry` in Prometheus' text format 0.0.4.

    Requests have the names that OpenTelemetry's conventions for HTTP give them, so that ready dashboards know them
    (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/). A process that is alone tells of its memory,
    processor time and open files too. Of several each writes into files of a folder that all share, and whichever is
    asked tells of all of them; what one that has died had counted stays.
    """

    media_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        counted = CollectorRegistry()
        is_shared = SHARED_FOLDER in os.environ
        self._told = CollectorRegistry() if is_shared else counted
        self._durations = Histogram(
            "http_server_request_duration_seconds",
            "From a request's head to the end of its answer.",
            ("http_request_method", "http_route", "http_response_status_code"),
            registry=counted,
            buckets=_BOUNDS,
        )
        self._of: dict[tuple[str, str, int], Histogram] = {}
        if is_shared:
            MultiProcessCollector(self._told)  # type: ignore[no-untyped-call]
        else:
            ProcessCollector(registry=self._told)
        self._told.register(_BuildInfo())

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """A look into a dictionary, and three additions."""
        key = (method, route, status)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = self._durations.labels(method, route, str(status))
        found.observe(seconds)

    def exposition(self) -> bytes:
        """Of this process, or of all by their files."""
        return generate_latest(self._told)
