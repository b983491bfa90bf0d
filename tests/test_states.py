"""Station states from records: they do not depend on where slabs are cut."""

from __future__ import annotations

import numpy as np
import pytest

from factory_sim.analysis.states import STATES, StationTally
from factory_sim.engines.record import StationRecord
from factory_sim.line.draws import Draws
from factory_sim.line.outages import Outages
from factory_sim.line.plant import Station
from plants import Constant

STATION = Station("test", (Constant(10.0),), servers=3)
START = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 30.0, 31.0])
"""Three servers: a part that leaves frees its server for the third after it."""


def record(rows: slice, left: slice) -> StationRecord:
    """Return some parts and, as engines do, the departures that are certain by then."""
    start, leave = START[rows, None], np.sort(START + 10.0)[left, None]
    outages = Outages(STATION, Draws(1, range(1)))
    work = np.full_like(start, 10.0)
    return StationRecord(STATION, start, start, start + 10.0, leave, work, None, outages)


@pytest.mark.parametrize("begin", [0.0, 9.0, 11.0, 13.0, 20.5, 29.0])
@pytest.mark.parametrize("end", [29.5, 35.0, 50.0])
@pytest.mark.parametrize("cut", range(3, 7))
def test_states_do_not_depend_on_where_a_slab_ends(begin: float, end: float, cut: int) -> None:
    whole, parts = (StationTally(STATION, begin, end, 1) for _ in range(2))
    whole.add(record(slice(0, 7), slice(0, 7)))
    parts.add(record(slice(0, cut), slice(0, cut - 2)))
    parts.add(record(slice(cut, 7), slice(cut - 2, 7)))
    np.testing.assert_allclose(parts.states(), whole.states(), atol=1e-12)
    assert parts.states()[0, STATES.index("blocked")] == pytest.approx(0.0, abs=1e-12)
    busy = sum(max(0.0, min(s + 10, end) - max(s, begin)) for s in START)
    assert parts.states()[0, STATES.index("busy")] == pytest.approx(busy / 3 / (end - begin))
