"""Key performance indicators by ISO 22400-2, of every station and of the plant.

Each is a ratio of elements (``kpi_elements``), for each replication or for the means over
replications. Where there is nothing to divide by it is not defined, and NaN.

    OEE = availability * effectiveness * quality ratio = PRI * GQ / PBT
    NEE = AUPT / PBT * effectiveness * quality ratio
    MTTF / (MTTF + MTTR) = 1 - CMT / PBT        at a station

Indicators in [0, 1] by their definition are ``bounded``. Effectiveness, and with it OEE
and NEE, is not: PRI is the mean and not the shortest time, so luck can be better.

Source: ISO 22400-2:2014, clause 8, with Amendment 1:2017, as cited in public documents;
Kang, Zhao, Li & Horst (2016), Int. J. Prod. Res. 54(21), for blockage and starvation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis import jackknife
from factory_sim.analysis.kpi_elements import plant_elements, station_elements
from factory_sim.analysis.quotient import quotient
from factory_sim.analysis.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.analysis.kpi_elements import Elements
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant


def availability(e: Elements) -> Floats:
    """Return APT / PBT: the share of the time on shift in which it produces.

    Set-up is not production: it lowers availability, not effectiveness.
    """
    return quotient(e.apt, e.pbt)


def effectiveness(e: Elements) -> Floats:
    """Return PRI * PQ / APT: planned over actual time of what was produced.

    Learning, fatigue, tool changes and repair in place lower it.
    """
    return quotient(e.produced, e.apt)


def quality_ratio(e: Elements) -> Floats:
    """Return GQ / PQ: the share of parts whose work made no defect.

    Over a plant each station counts with the time its parts take, PRI * GQ / (PRI * PQ).
    """
    return np.where(e.produced > 0, quotient(e.good, e.produced), quotient(e.gq, e.pq))


def oee(e: Elements) -> Floats:
    """Return the OEE index: availability * effectiveness * quality ratio."""
    return availability(e) * effectiveness(e) * quality_ratio(e)


def nee(e: Elements) -> Floats:
    """Return the NEE index, AUPT / PBT * effectiveness * quality ratio: set-up is no loss."""
    return quotient(e.apt + e.aust, e.pbt) * effectiveness(e) * quality_ratio(e)


def allocation_efficiency(e: Elements) -> Floats:
    """Return AUBT / PBT: the share of the time on shift in which an order occupies it."""
    return quotient(e.apt + e.aust + e.adet, e.pbt)


def utilisation_efficiency(e: Elements) -> Floats:
    """Return APT / AUBT: the share of the busy time in which it produces."""
    return quotient(e.apt, e.apt + e.aust + e.adet)


def technical_efficiency(e: Elements) -> Floats:
    """Return APT / (APT + ADET): production without delays over production with them."""
    return quotient(e.apt, e.apt + e.adet)


def setup_ratio(e: Elements) -> Floats:
    """Return AUST / AUPT: the share of set-up in the processing time."""
    return quotient(e.aust, e.apt + e.aust)


def throughput_rate(e: Elements) -> Floats:
    """Return PQ / AOET: parts produced per hour of the clock, scrap included.

    What is made in the window is taken as one order, so AOET is the window.
    """
    return 3600.0 * quotient(e.pq, e.window)


def blocking_ratio(e: Elements) -> Floats:
    """Return the share of PBT in which it is finished and has no place ahead."""
    return quotient(e.blocked, e.pbt)


def starving_ratio(e: Elements) -> Floats:
    """Return the share of PBT in which it has no part: ADOT / PBT."""
    return quotient(e.adot, e.pbt)


def waiting_ratio(e: Elements) -> Floats:
    """Return the share of PBT in which its part waits for components or people."""
    return quotient(e.waiting, e.pbt)


def mtbf(e: Elements) -> Floats:
    """Return the mean operating time between failures, sum TBF / FE, s.

    TBF is operating time, set-up and production without delays, so the sum is AUPT. The
    time after the last failure counts, too, as does that before the first.
    """
    return quotient(e.apt + e.aust, e.fe)


def mttf(e: Elements) -> Floats:
    """Return the mean time to failure, sum TTF / FE, s: time up on shift per failure."""
    return quotient(e.up, e.fe)


def mttr(e: Elements) -> Floats:
    """Return the mean time to restoration, sum TTR / FE, s on shift, waits for a crew included.

    Repairs that overlap count once, and nights in which nobody is on shift not at all.
    """
    return quotient(e.ttr, e.fe)


def corrective_maintenance_ratio(e: Elements) -> Floats:
    """Return CMT / (CMT + PMT): the share of repair in all maintenance."""
    return quotient(e.cmt, e.cmt + e.pmt)


def first_pass_yield(e: Elements) -> Floats:
    """Return GP / IP: the share of inspected parts that pass at once.

    Of a plant: the share of parts that left it delivered and never touched up.
    """
    return quotient(e.gp, e.ip)


def scrap_ratio(e: Elements) -> Floats:
    """Return SQ / PQ: the share of parts scrapped here."""
    return quotient(e.sq, e.pq)


def rework_ratio(e: Elements) -> Floats:
    """Return RQ / PQ: the share of parts that were stopped here and repaired or reworked."""
    return quotient(e.rq, e.pq)


def worker_efficiency(e: Elements) -> Floats:
    """Return APWT / APAT: the share of its attendance that the crew works."""
    return quotient(e.apwt, e.apat)


def allocation_ratio(e: Elements) -> Floats:
    """Return sum AUBT / AOET over the main line: how much of the lead time is at a station.

    A station that is down without a part has no order, so this can pass 1.
    """
    return quotient(e.order_busy, e.order_time)


def production_process_ratio(e: Elements) -> Floats:
    """Return sum APT / AOET over the main line: how much of the lead time is production."""
    return quotient(e.order_production, e.order_time)


@dataclass(frozen=True)
class Kpi:
    """An indicator.

    Attributes:
        of: Its formula, from elements (R, S) to values (R, S), NaN where it is not defined; the
            name of the function is its key in records and tables.
        title: Heading of its column.
        text: What it means, in one line.
        unit: Of its values; empty for a share.
        bounded: In [0, 1] by definition.
        plant_only: Whether it is about orders, which pass many stations, so that a single
            station has none.
    """

    of: Callable[[Elements], Floats]
    title: str
    text: str
    unit: str = ""
    bounded: bool = True
    plant_only: bool = False

    @property
    def name(self) -> str:
        """Its key in records and tables."""
        return self.of.__name__


KPIS = (
    Kpi(availability, "avail", "availability, APT/PBT"),
    Kpi(effectiveness, "effect", "effectiveness, PRI*PQ/APT", bounded=False),
    Kpi(quality_ratio, "qual", "quality ratio, GQ/PQ, charged where defects are made"),
    Kpi(oee, "OEE", "availability * effectiveness * quality ratio", bounded=False),
    Kpi(nee, "NEE", "OEE with set-up as no loss, AUPT/PBT * ...", bounded=False),
    Kpi(allocation_efficiency, "alloc", "allocation efficiency, AUBT/PBT"),
    Kpi(utilisation_efficiency, "util", "utilisation efficiency, APT/AUBT"),
    Kpi(technical_efficiency, "tech", "technical efficiency, APT/(APT+ADET)"),
    Kpi(setup_ratio, "setup", "set-up ratio, AUST/AUPT"),
    Kpi(blocking_ratio, "block", "blocked, share of PBT"),
    Kpi(starving_ratio, "starve", "starved, share of PBT"),
    Kpi(waiting_ratio, "wait", "waiting for components or people, share of PBT"),
    Kpi(throughput_rate, "per h", "throughput rate, PQ/AOET, parts/h", "parts/h", bounded=False),
    Kpi(mtbf, "MTBF", "mean operating time between failures, AUPT/FE", "s", bounded=False),
    Kpi(mttf, "MTTF", "mean time up to a failure", "s", bounded=False),
    Kpi(mttr, "MTTR", "mean time to restoration", "s", bounded=False),
    Kpi(corrective_maintenance_ratio, "corr", "corrective maintenance ratio, CMT/(CMT+PMT)"),
    Kpi(first_pass_yield, "FPY", "first pass yield, GP/IP"),
    Kpi(scrap_ratio, "scrap", "scrap ratio, SQ/PQ"),
    Kpi(rework_ratio, "rework", "rework ratio, RQ/PQ"),
    Kpi(worker_efficiency, "worker", "worker efficiency, APWT/APAT"),
    Kpi(
        allocation_ratio,
        "a.ratio",
        "allocation ratio, AUBT/AOET of orders on the main line",
        bounded=False,
        plant_only=True,
    ),
    Kpi(
        production_process_ratio,
        "p.ratio",
        "production process ratio, APT/AOET of orders on the main line",
        plant_only=True,
    ),
)
"""Every indicator, in the order of tables."""


def estimates(elements: Elements, confidence: float) -> list[dict[str, Estimate]]:
    """Return every indicator with its interval, by name, for each of S columns.

    Args:
        elements: (R, S) arrays.
        confidence: Of the intervals, between 0 and 1.

    Returns:
        S mappings. What is not defined has the mean NaN; what depends on a single replication
        has the half-width NaN.
    """
    replications, columns = elements.pbt.shape
    centre = elements.each(jackknife.mean)
    without = elements.each(jackknife.left_out) if replications > 1 else elements
    found: list[dict[str, Estimate]] = [{} for _ in range(columns)]
    for kpi in KPIS:
        means = kpi.of(centre)
        spreads = jackknife.half_width(kpi.of(without), confidence)
        for estimate, mean, spread in zip(found, means.tolist(), spreads.tolist(), strict=True):
            estimate[kpi.name] = Estimate(mean, spread, confidence, replications, kpi.unit)
    return found


@dataclass(frozen=True)
class Indicators:
    """The indicators of a run, by their names.

    Attributes:
        stations: Of each station, by its name in flow order, main line first.
        plant: Of all stations together.
    """

    stations: Mapping[str, Mapping[str, Estimate]]
    plant: Mapping[str, Estimate]


def indicators(plant: Plant, accounts: Accounts, confidence: float) -> Indicators:
    """Return every indicator of every station and of the plant.

    Args:
        plant: What was simulated.
        accounts: The accounts of its run.
        confidence: Of the intervals, between 0 and 1.
    """
    names = [station.name for station in plant.stations()]
    stations = estimates(station_elements(plant, accounts), confidence)
    (whole,) = estimates(plant_elements(plant, accounts), confidence)
    return Indicators(dict(zip(names, stations, strict=True)), whole)
