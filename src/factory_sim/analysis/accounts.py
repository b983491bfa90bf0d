"""The accounts of a run: states that partition the clock, flow, lead times, bottleneck.

Everything is derived from starts, finishes and departures, never from counters kept by an
engine, and is cut to one window [begin, end] here and nowhere else. Accounts are reductions:
their size depends on the number of replications and stations, not on the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.states import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.audit import Finding
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant

__all__ = ["STATES", "Accounts", "units"]

COMMON = ("begin", "end", "units", "findings")
"""What the accounts of all replications have in common."""


@dataclass(frozen=True)
class Accounts:
    """The accounts of R replications of a plant of S stations and U units.

    A unit is what can be the bottleneck: an asynchronous station or a paced section.

    Attributes:
        begin: Start of the window, s: the end of the warm-up.
        end: End of the window, s: the horizon.
        units: (U,) names, main line first.
        delivered: (R,) parts delivered in the window.
        scrapped: (R,) parts of the main line scrapped in the window.
        throughput: (R,) parts delivered per hour of the clock.
        scheduled_throughput: (R,) parts delivered per hour in which the last stage
            of the main line is on shift.
        lead_time: (R,) mean time from entering the main line to delivery, s, of the
            parts delivered in the window; nan without any.
        lead_time_p50: (R,) median of the same, s.
        lead_time_p95: (R,) 95th percentile of the same, s.
        wip: (R,) mean number of parts in the main line.
        first_time_through: (R,) share delivered untouched, of parts that left.
        states: (R, S, 6) share of the window in each of ``STATES``, mean over the
            servers of a station.
        processed: (R, S) parts finished in the window.
        defective: (R, S) those of them in which the station's work made a defect.
        caught: (R, S) those of them that the station's inspection stopped.
        setup: (R, S) seconds of set-up, all servers.
        failures: (R, S) failures, on either clock.
        repairs: (R, S) seconds of repair on the busy clock, all servers.
        stops: (R, S) times a paced station held its section beyond the takt.
        lost: (R, S) scheduled seconds the section waited for it beyond the takt.
        bottleneck: (L, U) share of the window in which the unit was active longest, in
            the first replications of each tile, L <= R.
        alone: (R, U) parts per scheduled hour, were it never starved nor blocked.
        labour_hours: (R,) hours that people are paid for; see ``analysis.labour``.
        series: (R, B) deliveries in equal spans of [0, end].
        daily: (R, D) deliveries in each whole day since time 0, warm-up included.
        device_failures: (R, C) failures of the devices of each class that stop stations, in
            the order of ``devices.device_classes``.
        device_downtime: (R, C) seconds of their repairs, each device by itself.
        awaited: (R, S) failures that had to be detected.
        unseen: (R, S) seconds until those were detected.
        planned: (R, S) planned repairs that prevented a failure, and checks after false alarms.
        findings: What the audit of the run found; empty when no law is broken.
    """

    begin: float
    end: float
    units: tuple[str, ...]
    delivered: Floats
    scrapped: Floats
    throughput: Floats
    scheduled_throughput: Floats
    lead_time: Floats
    lead_time_p50: Floats
    lead_time_p95: Floats
    wip: Floats
    first_time_through: Floats
    states: Floats
    processed: Floats
    defective: Floats
    caught: Floats
    setup: Floats
    failures: Floats
    repairs: Floats
    stops: Floats
    lost: Floats
    bottleneck: Floats
    alone: Floats
    labour_hours: Floats
    series: Floats
    daily: Floats
    device_failures: Floats
    device_downtime: Floats
    awaited: Floats
    unseen: Floats
    planned: Floats
    findings: tuple[Finding, ...] = ()

    @classmethod
    def merge(cls, parts: Sequence[Accounts]) -> Accounts:
        """Return the accounts of all replications, in the order given."""
        stacked: dict[str, Any] = {
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(cls)
            if f.name not in COMMON
        }
        # A broken law shows in every part of a run: it is reported once, as of the first time.
        found = [finding for part in parts for finding in part.findings]
        found.sort(key=lambda finding: finding.first or 0.0, reverse=True)
        findings = {finding.law: finding for finding in found}
        return replace(parts[0], **stacked, findings=tuple(findings.values()))

    def chosen(self, at: slice, looked_at: slice) -> Accounts:
        """Return the accounts of some of the replications.

        Args:
            at: Which.
            looked_at: Which of the replications in which the bottleneck was looked for.
        """
        some: dict[str, Any] = {
            f.name: getattr(self, f.name)[looked_at if f.name == "bottleneck" else at]
            for f in fields(self)
            if f.name not in COMMON
        }
        return replace(self, **some)


def units(plant: Plant) -> tuple[str, ...]:
    """Return the names of all that can be the bottleneck: stations and paced sections."""
    return tuple(stage.name for line in plant.lines for stage in line.stages)
