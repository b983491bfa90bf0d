"""The elements that the indicators of ISO 22400-2 are made of, measured in a run.

A work unit of the standard is a server here, and the times of a station are those of
all its servers, s. On shift, its states fill the planned busy time:

    PBT  planned busy time         all time on shift: not off, no break, no planned stop
    AUBT actual unit busy time     AUPT + ADET
    AUPT actual processing time    busy, APT + AUST
    AUST actual set-up time        the set-up in it
    APT  actual production time    the rest of it, repair in place and tool changes included
    ADET actual unit delay time    down, blocked, or waiting for components
    ADOT actual unit down time     starved: it could work, but has no order

so that PBT = APT + AUST + ADET + ADOT. A station that is down while it has no part counts
as delayed, as in its states. The part that an edge of the window cuts counts in the
times with what lies inside, and in the quantities where it is finished.

    PRI  planned run time per item   mean work content over the mix of models, as stated, s
    PQ   produced quantity           parts finished
    GQ   good quantity               those in which the work of this station made no defect
    IP   inspected parts             parts finished at a station with an inspection
    GP   good parts                  those of them that passed it at once
    SQ   scrap quantity              those that it stopped and scrapped
    RQ   rework quantity             those that it stopped and had repaired or reworked
    FE   failure events              breakdowns, on either clock
    CMT  corrective maintenance      time down
    PMT  preventive maintenance      planned stops within the shifts
    APWT personnel work time         crew at a station, while it is busy
    APAT personnel attendance time   crew at a station, while it is on shift

GQ counts true defects, not those found: a simulation knows where a defect was made, even where
nobody inspects, and charges it there and not where it is found.

Source: ISO 22400-2:2014, clause 5 and 6, as cited in public documents (OPC 40001-1, annex
C; the ontology ISO22400-2 of HSU Hamburg; Kang et al. 2016, Int. J. Prod. Res. 54(21)).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.path.contents import mean_content
from factory_sim.analysis.states import STATES
from factory_sim.line.calendars import off_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant, Station


@dataclass(frozen=True)
class Elements:
    """What was measured; all arrays have one shape, (R, S) for S stations.

    In the sum over a plant, times add up, PQ and GQ are weighted by PRI, and the other
    quantities are those of the parts that left the plant.

    Attributes:
        pbt: PBT, s.
        apt: APT, s.
        aust: AUST, s.
        adet: ADET, s.
        adot: ADOT, s.
        blocked: Of ADET, time finished without a place ahead, s.
        waiting: Of ADET, time waiting for components, s.
        cmt: CMT, of ADET, s.
        pmt: PMT, s.
        produced: PRI * PQ, s.
        good: PRI * GQ, s.
        pq: PQ.
        gq: GQ.
        ip: IP.
        gp: GP.
        sq: SQ.
        rq: RQ.
        fe: FE.
        up: Time to failure: up on shift, of the whole station or of the server that a failure
            hits, s.
        ttr: Time to repair: on shift, likewise, s.
        apwt: APWT, s.
        apat: APAT, s.
        window: The window, on the clock, s.
        order_time: AOET: time in the main line, summed over parts, s; 0 for a station.
        order_busy: AUBT of the main line in it, s; 0 for a station.
        order_production: APT of the main line in it, s; 0 for a station.
    """

    pbt: Floats
    apt: Floats
    aust: Floats
    adet: Floats
    adot: Floats
    blocked: Floats
    waiting: Floats
    cmt: Floats
    pmt: Floats
    produced: Floats
    good: Floats
    pq: Floats
    gq: Floats
    ip: Floats
    gp: Floats
    sq: Floats
    rq: Floats
    fe: Floats
    up: Floats
    ttr: Floats
    apwt: Floats
    apat: Floats
    window: Floats
    order_time: Floats
    order_busy: Floats
    order_production: Floats

    def each(self, function: Callable[[Floats], Floats]) -> Elements:
        """Return the elements with a function applied to each, such as the mean."""
        return Elements(**{f.name: function(getattr(self, f.name)) for f in fields(self)})


def station_elements(plant: Plant, accounts: Accounts) -> Elements:
    """Return the elements of every station in every replication, (R, S)."""
    stations = plant.stations()
    servers = _column(stations, lambda s: s.servers)
    crew = _column(stations, lambda s: s.crew)
    run_time = np.array([mean_content(plant, s) for s in stations])
    span = accounts.end - accounts.begin
    share = dict(zip(STATES, np.moveaxis(accounts.states, 2, 0), strict=True))
    time = {state: share[state] * servers * span for state in STATES}
    # Times that are only rounding error are set to 0, so that nothing is divided by them.
    time = {state: np.where(np.abs(t) > 1e-9 * span, t, 0.0) for state, t in time.items()}
    delayed = time["down"] + time["blocked"] + time["waiting"]
    pbt = time["busy"] + delayed + time["starved"]
    checked = _column(stations, lambda s: s.inspection is not None)
    scraps = _column(stations, lambda s: s.inspection is not None and s.inspection.then == "scrap")
    good = accounts.processed - accounts.defective
    window = np.array([accounts.begin, accounts.end])
    stops = [np.diff(off_until(s.planned, window)).item() for s in stations]
    nothing = np.zeros_like(pbt)
    # A failure on the calendar clock hits all servers, one on the busy clock a single one.
    ttr = (time["down"] - accounts.repairs) / servers + accounts.repairs
    hit = np.divide(ttr, time["down"], out=nothing + 1.0 / servers, where=time["down"] > 0)
    return Elements(
        pbt=pbt,
        apt=np.maximum(time["busy"] - accounts.setup, 0.0),
        aust=accounts.setup,
        adet=delayed,
        adot=time["starved"],
        blocked=time["blocked"],
        waiting=time["waiting"],
        cmt=time["down"],
        pmt=nothing + servers * np.array(stops),
        produced=run_time * accounts.processed,
        good=run_time * good,
        pq=accounts.processed,
        gq=good,
        ip=checked * accounts.processed,
        gp=checked * (accounts.processed - accounts.caught),
        sq=scraps * accounts.caught,
        rq=(1 - scraps) * accounts.caught,
        fe=accounts.failures,
        up=(pbt - time["down"]) * hit,
        ttr=ttr,
        apwt=crew * time["busy"] / servers,
        apat=crew * pbt / servers,
        window=nothing + span,
        order_time=nothing,
        order_busy=nothing,
        order_production=nothing,
    )


def plant_elements(plant: Plant, accounts: Accounts) -> Elements:
    """Return the elements of the whole plant in every replication, (R, 1)."""
    every = station_elements(plant, accounts)
    main = np.arange(accounts.processed.shape[1]) < len(tuple(plant.main.stations()))
    total = every.each(lambda x: x.sum(axis=1, keepdims=True))
    left = (accounts.delivered + accounts.scrapped)[:, None]
    untouched = np.nan_to_num(accounts.first_time_through)[:, None] * left
    span = accounts.end - accounts.begin
    changed = {
        "pq": left,
        "gq": accounts.delivered[:, None],
        "ip": left,
        "gp": untouched,
        "sq": accounts.scrapped[:, None],
        "rq": accounts.delivered[:, None] - untouched,
        "window": np.full_like(left, span),
        "order_time": accounts.wip[:, None] * span,
        "order_busy": (every.apt + every.aust + every.adet)[:, main].sum(axis=1, keepdims=True),
        "order_production": every.apt[:, main].sum(axis=1, keepdims=True),
    }
    return Elements(**(vars(total) | changed))


def _column(stations: tuple[Station, ...], of: Callable[[Station], float]) -> Floats:
    return np.array([of(station) for station in stations], dtype=float)
