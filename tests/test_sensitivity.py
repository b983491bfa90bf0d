"""The price of a second: against central differences on the same draws, with their power."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from factory_sim.analysis.changes import Thinned, can_change, changed
from factory_sim.analysis.path import bind, collect, critical_path, overtaken
from factory_sim.analysis.sensitivity import FEWER, prices
from factory_sim.analysis.statistics import interval
from factory_sim.engines import simulate
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Learning
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.plant import Line, Plant, Section, Station
from factory_sim.line.plant import changed as changed_line
from plants import Constant, Exponential, Uniform

if TYPE_CHECKING:
    from factory_sim.analysis.path.critical_path import CriticalPath
    from factory_sim.analysis.path.nodes import Binding
    from factory_sim.analysis.sensitivity import Kind, Price
    from factory_sim.line.arrays import Floats, Ints

BEGIN, END, MANY = 60.0, 300.0, 480
STANDARD_ERRORS, T = 4.0, 1.97
"""The half-width of an interval is T standard errors."""

JAM = (Failure("jam", "busy", Exponential(25.0), Exponential(5.0)),)
QUIET = Plant(
    "quiet",
    (
        Line(
            "main",
            (
                Station("a", (Exponential(1.0),)),
                Station("b", (Uniform(0.4, 1.7),), buffer=2, transport=0.3),
                Station("c", (Exponential(1.9),), servers=2, buffer=1),
            ),
        ),
        Line("f", (Station("f0", (Exponential(0.9),)),), joins="b", buffer=2),
    ),
)
PACED = Plant(
    "paced",
    (
        Line(
            "main",
            (
                Section("s", 1.0, tuple(Station(f"p{n}", (Uniform(0.6, 1.2),)) for n in range(3))),
                Station("d", (Exponential(0.8),), buffer=3),
            ),
        ),
    ),
)
JAMMED = Plant(
    "jammed",
    (
        Line(
            "main",
            (
                Station("a", (Exponential(0.8),), failures=JAM),
                Station("b", (Exponential(0.8),), buffer=4, failures=JAM),
            ),
        ),
    ),
)

CLOCKED = Plant(
    "clocked",
    (
        Line(
            "main",
            (
                Station("a", (Exponential(0.8),)),
                Station(
                    "b",
                    (Constant(0.7),),
                    buffer=4,
                    failures=(Failure("jam", "calendar", Exponential(25.0), Exponential(6.0)),),
                ),
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Followed:
    """A plant, its paths, and which departures (R,) they begin and end at."""

    plant: Plant
    path: CriticalPath
    first: Ints
    last: Ints

    def price(self, kind: Kind, place: str) -> Price:
        """Return a price in s of the path: it is per part/h of a throughput of 1."""
        found = prices(self.plant, self.path, self.path.open)
        return next(p for p in found if (p.kind, p.place) == (kind, place))

    def duration(self, plant: Plant) -> Floats:
        """Return the time (R,) that the same parts take in a changed plant, s."""
        exits, columns = departures(plant, END * 1.2).exit.time, np.arange(MANY)
        return exits[self.last, columns] - exits[self.first, columns]


def departures(plant: Plant, until: float) -> Binding:
    draws = Draws(3, range(MANY))
    slabs = simulate(plant, draws, until, "batch", detailed=overtaken(plant))
    return bind(collect(plant, slabs, draws))


@pytest.fixture(scope="module")
def runs() -> dict[str, Followed]:
    found = {}
    for plant in (QUIET, PACED, JAMMED, CLOCKED):
        run = departures(plant, END)
        path = critical_path(run, BEGIN, END)
        count = np.count_nonzero(run.exit.time <= BEGIN, axis=0)
        found[plant.name] = Followed(
            plant, path, count - 1, count - 1 + path.departures.astype(int)
        )
    return found


@pytest.mark.parametrize(
    ("name", "kind", "place", "step"),
    [
        ("quiet", "cycle", "a", 0.02),
        ("quiet", "cycle", "b", 0.02),
        ("quiet", "cycle", "c", 0.04),
        ("quiet", "cycle", "f0", 0.02),
        ("paced", "takt", "s", 0.02),
        ("paced", "cycle", "p1", 0.02),
        ("paced", "cycle", "d", 0.02),
        ("jammed", "mttr", "a", 0.1),
        ("jammed", "mttr", "b", 0.1),
    ],
)
def test_a_price_is_the_central_difference(
    runs: dict[str, Followed], name: str, kind: Kind, place: str, step: float
) -> None:
    """What the path says of the time that the same parts take, replication by replication."""
    run = runs[name]
    slower, faster = (run.duration(changed(run.plant, kind, place, x)) for x in (-step, step))
    difference = (slower - faster) / (2 * step)
    price = run.price(kind, place)
    off = interval(price.samples / price.amount - difference)
    error = STANDARD_ERRORS * off.half_width / T
    assert price.claim == "exact"
    assert abs(off.mean) < error + 1e-6 * difference.mean()
    assert error < 0.1 * difference.mean()  # sharp enough to tell


def test_a_price_of_the_cycle_counts_the_breakdowns_that_come_with_work(
    runs: dict[str, Followed],
) -> None:
    """To first order: within a fifth, more than breakdowns left out would be off."""
    run, step = runs["jammed"], 0.1
    slower, faster = (run.duration(changed(run.plant, "cycle", "a", x)) for x in (-step, step))
    difference = interval((slower - faster) / (2 * step))
    price = run.price("cycle", "a")
    assert price.claim == "first order"
    assert abs(price.samples.mean() / price.amount - difference.mean) < 0.2 * difference.mean
    assert difference.half_width < 0.1 * difference.mean  # sharp enough to tell


@pytest.mark.parametrize(
    ("kind", "place", "step"), [("cycle", "a", 0.1), ("cycle", "b", 0.1), ("mttr", "b", 0.6)]
)
def test_breakdowns_by_the_calendar_come_with_time_and_not_with_work(
    runs: dict[str, Followed], kind: Kind, place: str, step: float
) -> None:
    """To first order: within an eighth, less than what counts them with the work is off."""
    run = runs["clocked"]
    slower, faster = (run.duration(changed(run.plant, kind, place, x)) for x in (-step, step))
    difference = interval((slower - faster) / (2 * step))
    price = run.price(kind, place)
    assert price.claim == "first order"
    assert abs(price.samples.mean() / price.amount - difference.mean) < 0.125 * difference.mean
    assert difference.half_width < 0.06 * difference.mean  # sharp enough to tell


def test_false_alarms_in_breaks_lower_no_claim(runs: dict[str, Followed]) -> None:
    nights = Calendar(1000.0, (Interval(900.0, 1000.0),))
    look = Failure("look", "calendar", Exponential(1e6), Constant(1.0), visits=nights)
    first, second = JAMMED.main.stages
    watched = replace(first, failures=(*JAM, look))
    plant = Plant("watched", (Line("main", (watched, second)),))
    path = critical_path(departures(plant, END), BEGIN, END)
    rate = np.ones(MANY)
    claims = {(p.kind, p.place): p.claim for p in prices(plant, path, rate)}
    before = prices(JAMMED, runs["jammed"].path, rate)
    assert claims == {(p.kind, p.place): p.claim for p in before}


def test_breakdowns_on_both_clocks_are_told_apart_by_their_rates() -> None:
    # It makes up / (up + down) / (1 + b) / work parts per second, with b the seconds of repair
    # that come with one of work; all repairs are made shorter alike.
    b, up, down = 9 / 30, 47.0, 17.0
    jams = (
        Failure("jam", "busy", Constant(30.0), Constant(30 * b)),
        Failure("power", "calendar", Constant(up), Constant(down)),
    )
    plant = Plant("one", (Line("main", (Station("a", (Constant(2.0),), failures=jams),)),))
    path = critical_path(departures(plant, 4_000.0), 100.0, 4_000.0)
    (price,) = (p for p in prices(plant, path, np.ones(MANY)) if p.kind == "repairs")
    gained = price.samples / price.amount
    np.testing.assert_allclose(gained, b / (1 + b) + down / (up + down), rtol=0.03)


def test_a_response_to_failures_is_no_repair_and_goes_with_the_breakdown() -> None:
    # Of 10 s of downtime after every 30 s of work 4 s are repair: a minute would be all of it.
    jam = Failure("jam", "busy", Constant(30.0), Constant(4.0), dispatch=Constant(6.0))
    plant = Plant("one", (Line("main", (Station("a", (Constant(1.0),), failures=(jam,)),)),))
    path = critical_path(departures(plant, 1_620.0), 20.0, 1_620.0)
    priced = {p.kind: p for p in prices(plant, path, np.ones(MANY))}
    assert "mttr" not in priced
    assert priced["repairs"].claim == "first order"
    np.testing.assert_allclose(priced["repairs"].samples, FEWER * 4.0 / 40.0, rtol=0.02)
    np.testing.assert_allclose(priced["mtbf"].samples, FEWER * 10.0 / 40.0, rtol=0.02)
    fewer = changed(plant, "mtbf", "a", FEWER).main.stages[0].failures[0]
    assert fewer.up.mean == pytest.approx(30.0 / (1.0 - FEWER))
    assert fewer.down == jam.down


def test_a_false_alarm_is_neither_shorter_nor_rarer() -> None:
    alarm = Failure("alarm", "calendar", Constant(50.0), Constant(4.0), visits=PAUSE)
    station = replace(JAMMED.main.stages[0], failures=(*JAM, alarm))
    plant = Plant("one", (Line("main", (station,)),))
    for kind, amount in (("mttr", 1.0), ("repairs", 0.1), ("mtbf", 0.1)):
        jam, kept = changed(plant, kind, "a", amount).main.stages[0].failures
        assert jam != JAM[0]
        assert kept == alarm


def test_fewer_breakdowns_of_what_is_not_renewed_are_not_measured_if_they_are_seen_late() -> None:
    def plant(**more: object) -> Plant:
        jam = Failure("jam", "busy", Exponential(30.0), Constant(4.0), **more)
        return Plant("one", (Line("main", (Station("a", (Constant(1.0),), failures=(jam,)),)),))

    late = {"dispatch": Constant(6.0)}
    assert can_change(plant(minimal=True), "mtbf", "a")
    assert can_change(plant(**late), "mtbf", "a")
    assert can_change(plant(minimal=True, **late), "repairs", "a")
    assert not can_change(plant(minimal=True, **late), "mtbf", "a")


@pytest.mark.parametrize("clock", ["busy", "calendar"])
def test_prices_of_a_station_that_never_waits_are_derivatives_of_its_rate(
    clock: Literal["busy", "calendar"],
) -> None:
    """Which is up / (up + down) / work parts per second."""
    work, up, down = 1.0, 30.0, 10.0
    jam = (Failure("jam", clock, Constant(up), Constant(down)),)
    plant = Plant("one", (Line("main", (Station("a", (Constant(work),), failures=jam),)),))
    end = 40.5 * (up + down)
    path = critical_path(departures(plant, end), 0.5 * (up + down), end)
    rate = np.full(MANY, up / (up + down) / work)
    priced = {p.kind: p.samples / p.amount for p in prices(plant, path, rate)}
    np.testing.assert_allclose(priced["cycle"], rate / work, rtol=0.01)
    np.testing.assert_allclose(priced["mttr"], rate / (up + down), rtol=0.01)


@pytest.mark.parametrize("place", ["a", "b"])
def test_fewer_breakdowns_gain_at_most_their_price_and_a_good_part_of_it(
    runs: dict[str, Followed], place: str
) -> None:
    run = runs["jammed"]
    as_it_is, better = (
        run.duration(plant) for plant in (run.plant, changed(run.plant, "mtbf", place, FEWER))
    )
    gained, promised = as_it_is - better, run.price("mtbf", place).samples
    over = interval(gained - promised)
    assert over.mean - STANDARD_ERRORS * over.half_width / T < 0
    assert gained.mean() > 0.3 * promised.mean()
    assert interval(gained).half_width < 0.3 * gained.mean()  # sharp enough to tell


def test_a_wrong_price_is_noticed(runs: dict[str, Followed]) -> None:
    """Negative control: the price of a station is not the difference made by another."""
    run, step = runs["quiet"], 0.02
    slower, faster = (run.duration(changed(run.plant, "cycle", "a", x)) for x in (-step, step))
    price = run.price("cycle", "b")
    off = interval(price.samples / price.amount - (slower - faster) / (2 * step))
    assert abs(off.mean) > STANDARD_ERRORS * off.half_width / T


def test_thinned_repairs_keep_their_length_and_their_moments() -> None:
    repairs, u = Exponential(5.0), Draws(1, range(64)).stream("x", "y").take(4_000)
    few = Thinned(repairs, 0.3)
    times = few.quantile(u)
    happens = times > 0
    np.testing.assert_array_equal(times[happens], repairs.quantile(u)[happens])
    error = STANDARD_ERRORS / np.sqrt(u.size)
    assert abs(happens.mean() - 0.7) < error * np.sqrt(0.21)
    assert abs(times.mean() - few.mean) < error * few.sd
    assert times.std() == pytest.approx(few.sd, rel=0.02)
    # Whether one happens says nothing of how long it would be.
    assert abs(np.corrcoef(u.ravel(), happens.ravel())[0, 1]) < error


def test_a_change_changes_one_thing() -> None:
    assert changed(QUIET, "place", "f", 1.0).lines[1].buffer == 3
    assert changed(QUIET, "place", "b", 1.0).main.stages[1].buffer == 3
    section = changed(PACED, "takt", "s", 0.2).main.stages[0]
    assert section == replace(PACED.main.stages[0], takt=0.8)
    station = changed(PACED, "cycle", "p1", 0.3).main.stages[0].stations[1]
    assert station.work[0].mean == pytest.approx(0.6)
    jam = changed(JAMMED, "mttr", "a", 2.0).main.stages[0].failures[0]
    assert jam.down.mean == pytest.approx(3.0)
    assert jam.up == JAM[0].up


def test_what_does_not_change_the_order_of_parts_is_claimed_to_be_exact(
    runs: dict[str, Followed],
) -> None:
    plant, path = runs["jammed"].plant, runs["jammed"].path
    claims = {(p.kind, p.place): p.claim for p in prices(plant, path, np.ones(MANY))}
    assert claims["mttr", "a"] == "exact"
    assert claims["mtbf", "a"] == "at most"
    assert claims["place", "b"] == "rank"
    curve = Learning(-0.1, 100.0)
    learning = changed_line(plant.main, lambda station: replace(station, learning=curve))
    evolving = prices(replace(plant, lines=(learning, *plant.lines[1:])), path, np.ones(MANY))
    assert {p.claim for p in evolving if p.kind != "place"} == {"first order"}
    lent = prices(replace(plant, pools={"crew": 1}), path, np.ones(MANY))
    assert {p.claim for p in lent if p.kind == "mttr"} == {"first order"}


PAUSE = Calendar(100.0, (Interval(5.0, 8.0),))


@pytest.mark.parametrize(
    ("calendar", "begin"), [(Calendar(), 0.0), (Calendar(), 106.0), (PAUSE, 0.0), (PAUSE, 106.0)]
)
def test_a_constant_second_is_a_second_of_every_part(calendar: Calendar, begin: float) -> None:
    """A line of one station of 4 s: N parts take 4 N s on shift, so 1 s less gains 1/4."""
    station = Station("a", (Constant(4.0),), calendar=calendar)
    plant, draws = Plant("one", (Line("main", (station,)),)), Draws(1, range(2))
    run = bind(collect(plant, simulate(plant, draws, 400.0, "batch"), draws))
    (price,) = prices(plant, critical_path(run, begin, 400.0), np.full(2, 900.0))
    assert (price.kind, price.place, price.amount) == ("cycle", "a", 1.0)
    assert price.claim == ("first order" if calendar.off else "exact")
    np.testing.assert_allclose(price.samples, 225.0)
