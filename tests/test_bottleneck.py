"""The bottleneck by active periods: breaks looked up at instants, against one look at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from factory_sim.analysis import bottleneck
from factory_sim.analysis.books import account
from factory_sim.line.plant import UNLIMITED, Line, Plant, Section, Station
from plants import Constant

if TYPE_CHECKING:
    from factory_sim.engines import Engine

REPLICATIONS = 3


def ages(begin: np.ndarray, end: np.ndarray, instants: np.ndarray) -> np.ndarray:
    """Return how long nothing has paused at each instant, (I, R), from breaks (n, R)."""
    found = np.zeros((len(instants), begin.shape[1]))
    for row, at in enumerate(instants):
        for column, (begins, ends) in enumerate(zip(begin.T, end.T, strict=True)):
            real = ends - begins > bottleneck.TOLERANCE * ends
            if not (real & (begins <= at) & (at < ends)).any():
                found[row, column] = at - np.max(ends[real & (ends <= at)], initial=0.0)
    return found


@pytest.mark.parametrize("slab", [1, 7, 100])
def test_breaks_are_looked_up_alike_however_many_at_a_time(slab: int) -> None:
    edges = np.cumsum(np.random.default_rng(1).exponential(size=(60, REPLICATIONS)), axis=0)
    begin, end = edges[::2], edges[1::2].copy()
    end[::4] = begin[::4]  # breaks of no length are none
    instants = np.linspace(0.5, end[-1].min(), 50)
    breaks = bottleneck._Breaks(instants, REPLICATIONS)
    for first in range(0, len(begin), slab):
        breaks.add(begin[first : first + slab], end[first : first + slab])
    expected = ages(begin, end, instants)
    np.testing.assert_allclose(breaks.age(), expected, rtol=0, atol=1e-9)
    assert 0.2 < (expected == 0).mean() < 0.8  # there is both to see


def shares(
    *stages: Station | Section, arrivals: Constant | None = None, engine: Engine = "batch"
) -> list[float]:
    """Return the share of the time that each stage is the bottleneck."""
    plant = Plant("line", (Line("main", stages),), arrivals=arrivals)
    return account(plant, 1, range(2), 0.0, 640.0, engine).bottleneck.mean(axis=0).tolist()


def test_who_is_active_longest_is_the_bottleneck() -> None:
    slow, quick = (Station(name, (Constant(time),)) for name, time in (("s", 2.0), ("q", 1.5)))
    assert shares(slow, quick) == [1.0, 0.0]  # the second waits for parts
    assert shares(quick, slow) == [0.0, 1.0]  # the first waits for a place


@pytest.mark.parametrize("engine", ["batch", "reference"])
def test_a_part_that_finds_no_place_until_the_end_is_a_break(engine: Engine) -> None:
    """The section takes its second part after the window: the station waits from 2 s on."""
    station = Station("s", (Constant(1.0),))
    section = Section("paced", 1000.0, (replace(station, name="p"),))
    assert shares(station, section, engine=engine) == [0.0, 1.0]


def test_nobody_is_the_bottleneck_while_all_wait() -> None:
    """A part every 19.7 s that takes 5: the only station works a quarter of the time."""
    station = Station("s", (Constant(5.0),), buffer=UNLIMITED)
    assert shares(station, arrivals=Constant(19.7)) == [pytest.approx(5 / 19.7, abs=1 / 64)]
