"""Two engines, one answer: every start, finish and departure agrees."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory_sim.engines import batch, reference
from factory_sim.engines.batch.run import ROWS_BLIND
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Fatigue, Growth, Learning, Staffing
from factory_sim.line.detection import Law, Round
from factory_sim.line.devices import SteadyAge
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure, Prediction, Slowing
from factory_sim.line.plant import (
    UNLIMITED,
    Inspection,
    Line,
    Orders,
    Plant,
    Section,
    Station,
    ToolChange,
)
from factory_sim.scenario.unbounded import Weibull
from plants import Constant, Exponential, Uniform, chained, keeping, plants
from slabs import everywhere, kept

if TYPE_CHECKING:
    from factory_sim.engines.record import Slab

UNTIL = 60.0
REPLICATIONS = range(63, 66)  # across a block of draws


def values(slabs: list[Slab], what: str, column: int, station: int | None = None) -> np.ndarray:
    """Return one replication of one record, all slabs in a row."""
    sources = slabs if station is None else [slab.stations[station] for slab in slabs]
    found = [(source, attrgetter(what)(source)) for source in sources]
    # A slab in which no part had one says nothing of set-ups and the like.
    rows = [np.zeros_like(source.start) if some is None else some for source, some in found]
    return np.concatenate([some[:, column] for some in rows])


def events(slabs: list[Slab], column: int, until: float) -> dict[str, np.ndarray]:
    """Return the times of every event before ``until`` and the parts they are about."""
    found: dict[str, np.ndarray] = {}
    for index, record in enumerate(slabs[0].stations):
        name = record.station.name
        start, ready, leave = (
            values(slabs, kind, column, index) for kind in ("start", "ready", "leave")
        )
        for kind in ("start", "detail.part", "detail.model", "detail.server"):
            found[f"{name} {kind}"] = values(slabs, kind, column, index)[start < until]
        # What a part takes is known when its work begins.
        found[f"{name} work"] = values(slabs, "work", column, index)[ready < until]
        for kind, known in (
            ("setup", start),
            ("failures", ready),
            ("verdict", ready),
            ("seen", ready),
            ("planned", ready),
        ):
            if any(getattr(slab.stations[index], kind) is not None for slab in slabs):
                found[f"{name} {kind}"] = values(slabs, kind, column, index)[known < until]
        for kind in ("ready", "finish"):
            times = values(slabs, kind, column, index)
            found[f"{name} {kind}"] = times[times < until]
        leaver = values(slabs, "detail.leaver", column, index)
        found[f"{name} leave"], found[f"{name} leaver"] = (
            x[: leave.size][leave < until] for x in (leave, leaver)
        )
        found |= {f"{name} {kind}": these for kind, these in strikes(slabs, column, index, until)}
    delivered = values(slabs, "delivered", column)
    order = np.argsort(delivered, kind="stable")[: np.count_nonzero(delivered < until)]
    for kind in ("delivered", "born", "touched"):
        found[kind] = values(slabs, kind, column)[order]
    for kind in ("entered", "scrapped"):
        times = np.sort(values(slabs, kind, column))
        found[kind] = times[times < until]
    return found


def strikes(
    slabs: list[Slab], column: int, station: int, until: float
) -> list[tuple[str, np.ndarray]]:
    """Return which failures hit which parts before ``until``, in order of part and mode."""
    ready = values(slabs, "ready", column, station)
    known = [slab.stations[station].strikes for slab in slabs]
    some = [s for s in known if s is not None]
    names = ("row", "mode", "after", "down", "planned")
    if not some:
        return [(f"strike {name}", np.empty(0)) for name in names]
    here = np.concatenate([s.replication for s in some]) == column
    rows, *rest = (np.concatenate([getattr(s, name) for s in some])[here] for name in names)
    # What hits a part in a cycle that is still open has no row yet.
    begun = ready[np.isfinite(values(slabs, "start", column, station))]
    shown = np.append(begun, np.full(rows.max(initial=0) + 1, np.inf))[rows] < until
    order = np.lexsort((rest[2][shown], rest[1][shown], rest[0][shown], rows[shown]))
    return [
        (f"strike {name}", these[shown][order])
        for name, these in zip(names, (rows, *rest), strict=True)
    ]


def assert_engines_agree(plant: Plant, seed: int) -> None:
    """Compare every event of every replication, and which part it is about."""
    run = batch.run(plant, Draws(seed, REPLICATIONS), UNTIL, detailed=everywhere(plant))
    slabs = kept(run)
    for column, replication in enumerate(REPLICATIONS):
        alone = Draws(seed, range(replication, replication + 1))
        # A little longer, so that no event close to the end is cut in one of the two.
        oracle = reference.run(plant, alone, UNTIL * 1.01)
        ours, theirs = events(slabs, column, UNTIL), events([oracle], 0, UNTIL)
        for name, expected in theirs.items():
            np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@given(plant=plants(), seed=st.integers(0, 2**32))
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_engines_agree_on_every_event_of_random_plants(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


@given(plant=chained(), seed=st.integers(0, 2**32))
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
def test_engines_agree_where_single_servers_advance_together(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


def maintained(calendar: Calendar) -> tuple[Failure, ...]:
    """Return failures that are seen late, come to and prevented, and grow rarer; false alarms."""
    late = Law((0.0, 20.0, 30.0), (0.0, 1.0), ((0.0, 1.0), (2.0, 5.0), (0.5, 1.0)))
    ahead = Prediction(begins=0.3, chance=0.8, repair=Exponential(1.0), breaks=calendar)
    more = {"dispatch": Exponential(0.5), "prediction": ahead, "growth": Growth(0.3, 40.0)}
    times = (Weibull(shape=2.0, scale=9.0), Exponential(1.0))
    return (
        Failure("busy", "busy", *times, seen=Round(3.0), **more),
        Failure("calendar", "calendar", *times, seen=late, **more),
        Failure("alarm", "calendar", Exponential(20.0), Exponential(1.0), visits=calendar),
    )


def devices(name: str, clock: str) -> tuple[Failure, ...]:
    """Return the failure modes of a device of some age, one of which is never made new."""
    law = Weibull(shape=1.5, scale=15.0)
    return (
        Failure(f"{name}/p", clock, law, Exponential(1.0), age=SteadyAge(law)),
        Failure(f"{name}/q", clock, law, Exponential(1.0), age=Uniform(0.0, 9.0), minimal=True),
    )


def everything() -> Plant:
    """Return a plant with every feature of both engines, each in some place."""
    work = (Exponential(0.7), Uniform(0.2, 1.0))
    hours = Calendar(25.0, (Interval(7.0, 8.0), Interval(15.0, 17.5)))
    growing = Failure("g", "busy", Exponential(5.0), Exponential(1.0), growth=Growth(0.2, 30.0))
    outage = Failure("o", "calendar", Exponential(9.0), Exponential(1.0))
    experience = Learning(exponent=-0.3, reference=5.0, made=3.0, floor=0.5)
    fatigue = Fatigue(20.0, begins=(0.0, 9.0), values=(0.0, 0.2), slopes=(0.02, 0.01))
    people = {"crew": 1.0, "learning": experience, "defect_learning": experience,
              "fatigue": fatigue, "defect_fatigue": fatigue}  # fmt: skip
    checks = {
        kind: Inspection(0.7, 0.1, kind, None if kind == "scrap" else Exponential(1.0))
        for kind in ("in_place", "scrap", "off_line")
    }
    position = Station("p0", work, calendar=hours, window=0.5, defect_rate=0.3, **people)
    positions = (
        replace(position, failures=(growing, outage), tool_change=ToolChange(3, Constant(0.4))),
        replace(position, name="p1", inspection=checks["in_place"], failures=maintained(hours)),
        replace(position, name="p2", failures=devices("robot", "busy"),
                slowing=(Slowing(1.5, devices("fan", "calendar")),)),
    )  # fmt: skip
    stages = (
        Station("first", work, setup=((0.0, 0.4), (0.2, 0.0)), failures=(growing, outage)),
        Station("two", work, servers=2, buffer=2, transport=0.7, defect_rate=0.3,
                inspection=checks["scrap"], tool_change=ToolChange(2, Constant(0.5))),
        Station("seen", work, buffer=1, failures=maintained(hours), calendar=hours),
        Section("paced", 0.8, positions, buffer=2, transport=0.4, calendar=hours),
        Station("robot", work, buffer=UNLIMITED, failures=devices("robot", "calendar"),
                slowing=(Slowing(2.0, devices("fan", "calendar")),), **people),
        Station("next", work, buffer=1, transport=0.5, failures=(growing, outage), **people),
        Station("last", work, buffer=1, defect_rate=0.3, inspection=checks["off_line"]),
    )  # fmt: skip
    feeder = Line("feeder", (Station("f", work, **people),), joins="p1", buffer=2, transport=0.3)
    names = tuple(s.name for line in (Line("main", stages), feeder) for s in line.stations())
    group = Staffing("all", names, rate=0.4, utility=2, unmanned=1.5, period=20.0, ends=(8.0, 16.0))
    orders = Orders(("a", "b"), weights=(0.6, 0.4), sequence=(0, 1, 1))
    return Plant("every feature", (Line("main", stages), feeder), orders, staffing=(group,))


def in_step() -> Plant:
    """Return the same without parts that leave on the way: single servers advance together."""
    plant = everything()
    return replace(plant, lines=tuple(keeping(line) for line in plant.lines))


@pytest.mark.parametrize("plant", [everything(), in_step()], ids=["diverting", "in step"])
def test_engines_agree_on_a_plant_with_every_feature(plant: Plant) -> None:
    assert_engines_agree(plant, 1)


@pytest.mark.slow
@given(plant=st.one_of(plants(), chained()), seed=st.integers(0, 2**32))
@settings(max_examples=3000, suppress_health_check=list(HealthCheck))
def test_engines_agree_on_thousands_of_random_plants(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


def test_a_lost_buffer_place_is_seen_as_disagreement() -> None:
    """Negative control: the comparison fails when the engines are given different plants."""

    def line(buffer: int) -> Plant:
        stations = tuple(Station(f"s{i}", (Exponential(1.0),), buffer=buffer) for i in range(3))
        return Plant("line", (Line("main", stations),))

    plant = line(1)
    slabs = kept(batch.run(plant, Draws(1, range(1)), UNTIL, detailed=everywhere(plant)))
    oracle = reference.run(line(0), Draws(1, range(1)), UNTIL)
    ours, theirs = events(slabs, 0, UNTIL), events([oracle], 0, UNTIL)
    assert any(ours[name].size != theirs[name].size for name in theirs)


def test_a_failure_seen_a_little_later_is_seen_as_disagreement() -> None:
    """Negative control: so does an answer to failures that differs for a moment of the clock."""
    steady = Law((0.0,), (0.0, 1.0), ((1.0, 1.0),))
    late = Law((0.0, 20.0, 30.0), (0.0, 1.0), ((1.0, 1.0), (1.1, 1.1), (1.0, 1.0)))

    def line(seen: Law) -> Plant:
        failure = Failure("f", "busy", Exponential(3.0), Exponential(1.0), seen=seen)
        station = Station("s", (Exponential(1.0),), failures=(failure,))
        return Plant("line", (Line("main", (station,)),))

    plant = line(steady)
    slabs = kept(batch.run(plant, Draws(1, range(1)), UNTIL, detailed=everywhere(plant)))
    ours = events(slabs, 0, 20.0)
    theirs = events([reference.run(line(late), Draws(1, range(1)), UNTIL)], 0, 20.0)
    np.testing.assert_allclose(ours["s finish"], theirs["s finish"])
    ours = events(slabs, 0, UNTIL)
    theirs = events([reference.run(line(late), Draws(1, range(1)), UNTIL)], 0, UNTIL)
    some = min(ours["s finish"].size, theirs["s finish"].size)
    assert not np.allclose(ours["s finish"][:some], theirs["s finish"][:some])


@pytest.mark.parametrize("until", [3.0, 100.0, 300.0])
def test_a_run_goes_little_further_than_it_must(until: float) -> None:
    """What wears and is never renewed takes any time beyond the end."""
    plant = Plant("one", (Line("main", (Station("s", (Constant(1.0),)),)),))
    slabs = kept(batch.run(plant, Draws(1, range(1)), until))
    parts = sum(len(slab.delivered) for slab in slabs)
    assert until <= parts <= until + ROWS_BLIND


def test_orders_that_wait_at_the_end_are_noted_and_not_made() -> None:
    """Nine orders in ten still wait: they have entered, but nobody works on them."""
    station = Station("s", (Exponential(1.0),), servers=2)
    plant = Plant("queue", (Line("main", (station,)),), arrivals=Exponential(0.05))
    slabs = kept(batch.run(plant, Draws(1, REPLICATIONS), UNTIL))
    for column, one in enumerate(REPLICATIONS):
        oracle = reference.run(plant, Draws(1, range(one, one + 1)), UNTIL)
        for what in ("entered", "delivered"):
            ours = np.sort(values(slabs, what, column))
            theirs = np.sort(values([oracle], what, 0))
            np.testing.assert_allclose(ours[ours < UNTIL], theirs[theirs < UNTIL])
    entered, made = (sum(len(getattr(s, what)) for s in slabs) for what in ("entered", "born"))
    assert made < 2 * 1.5 * UNTIL < entered / 4
