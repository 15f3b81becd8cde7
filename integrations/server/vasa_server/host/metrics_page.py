"""FIGURES as Prometheus reads them, a row for each worker; prometheus-client writes the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest

from vasa_server.host.figures import FIGURES

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Rows:
    """What prometheus-client calls a registry."""

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        self._rows = rows

    def collect(self) -> Iterator[Any]:
        for at, figure in enumerate(FIGURES):
            family = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
            metric = family(f"vasa_{figure.name}", figure.meaning, labels=["worker"])
            for worker, row in enumerate(self._rows):
                metric.add_metric([str(worker)], row[at])
            yield metric


def metrics_text(rows: Sequence[Sequence[float]]) -> bytes:
    """The answer to a scrape.

    Args:
        rows: one for each worker: all FIGURES, in their order.
    """
    text: bytes = generate_latest(_Rows(rows))
    return text
