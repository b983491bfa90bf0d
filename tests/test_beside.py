"""Plants that differ only in what stands in their paced sections, as columns of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis import books
from factory_sim.analysis.books import account, account_together
from factory_sim.engines import groups, simulate_beside
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Learning, Staffing
from factory_sim.line.failures import Failure
from factory_sim.line.plant import (
    Inspection,
    Line,
    Orders,
    Plant,
    Section,
    Station,
    ToolChange,
    changed,
)
from plants import Constant, Exponential, Uniform, costly, thoroughly
from test_shared_draws import assert_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from factory_sim.engines.record import SectionEdges, Slab

REPLICATIONS = range(62, 67)
BEGIN, UNTIL = 7.3, 60.0
HOURS = Calendar(20.0, (Interval(7.0, 8.0), Interval(15.0, 17.5)))
JAM = Failure("jam", "busy", Exponential(6.0), Uniform(0.2, 2.0))
STOP = Failure("stop", "busy", Exponential(3.0), Constant(0.3))
BY_HAND = {"work": (Uniform(0.4, 1.2), Uniform(0.5, 1.3), Constant(0.8)), "defect_rate": 0.1}
ROBOTS = (
    {"work": (Uniform(0.7, 0.9),) * 3, "failures": (JAM,)},
    {"work": (Uniform(0.7, 0.9), Constant(0.9), Constant(0.9)), "failures": (JAM, STOP)},
    {"work": (Exponential(0.6),) * 3, "defect_rate": 0.5, "crew": 2.0, "automated": True},
    {"work": BY_HAND["work"], "learning": Learning(-0.2, 10.0)},
)
"""What may stand where a person did: other times, failures, defects, people."""


def section(name: str, positions: int, **more: object) -> Section:
    """Return a section of people, inspected at its end."""
    check = Inspection(0.7, 0.05, "in_place", Exponential(0.5))
    stations = [
        Station(f"{name}{n}", calendar=HOURS, window=0.3, **BY_HAND) for n in range(positions)
    ]
    stations[-1] = replace(stations[-1], inspection=check)
    return replace(Section(name, 1.0, tuple(stations), calendar=HOURS), **more)


def plant(sequence: tuple[int, ...] = ()) -> Plant:
    """Return two sections with a feeder, and a last station that breaks down on the wall."""
    worn = Failure("worn", "calendar", Exponential(9.0), Exponential(1.0))
    last = Station("last", (Exponential(0.8),) * 3, servers=2, buffer=1, failures=(worn, JAM))
    feeder = Line("f", (section("f", 3, takt=0.8),), joins="b1", buffer=2)
    main = Line("m", (section("a", 5), section("b", 4, buffer=2), last))
    return Plant("by hand", (main, feeder), Orders(("x", "y", "z"), (1.0, 2.0, 1.0), sequence))


def automated(by_hand: Plant, robots: dict[str, int]) -> Plant:
    """Return a plant with robots at some stations."""

    def change(station: Station) -> Station:
        number = robots.get(station.name)
        return station if number is None else replace(station, **ROBOTS[number])

    lines = tuple(changed(line, change) for line in by_hand.lines)
    return replace(by_hand, name="automated", lines=lines)


# Where repairs are made, what is struck depends on more than the draws.
places = [f"{line}{n}" for line, many in (("a", 4), ("b", 3), ("f", 2)) for n in range(many)]
levels = st.dictionaries(st.sampled_from(places), st.integers(0, len(ROBOTS) - 1))
somewhere = given(
    levels=st.lists(levels, min_size=1, max_size=4),
    sequence=st.sampled_from([(), (0, 1, 1, 2)]),
    seed=st.integers(0, 2**32),
)


@costly(6)
@somewhere
def test_a_plant_beside_others_comes_to_what_it_comes_to_alone(
    levels: list[dict[str, int]], sequence: tuple[int, ...], seed: int
) -> None:
    by_hand = plant(sequence)
    plants = [by_hand, *(automated(by_hand, robots) for robots in levels)]
    assert groups(plants) == [list(range(len(plants)))]
    together = account_together(plants, seed, REPLICATIONS, BEGIN, UNTIL)
    for one, ours in zip(plants, together, strict=True):
        assert_same(ours, account(one, seed, REPLICATIONS, BEGIN, UNTIL, "batch"))


test_a_plant_beside_others_comes_to_what_it_comes_to_alone_thoroughly = thoroughly(
    test_a_plant_beside_others_comes_to_what_it_comes_to_alone, somewhere, examples=300
)


def test_robots_make_a_difference() -> None:
    """Negative control: the plants of these tests are not all the same."""
    by_hand = plant()
    robots = automated(by_hand, dict.fromkeys(places, 1))
    ours, theirs = account_together([by_hand, robots], 1, REPLICATIONS, BEGIN, UNTIL)
    assert (ours.delivered != theirs.delivered).any()
    assert theirs.failures.sum() > ours.failures.sum() + 10
    assert theirs.defective.sum() < ours.defective.sum()


def _leaves_early(slab: Slab, at: slice) -> Slab:
    """Return a slab in which parts leave the last station before they are finished."""
    leave = slab.stations[-4].leave.copy()
    leave[:, at] -= 0.5
    stations = list(slab.stations)
    stations[-4] = replace(stations[-4], leave=leave)
    return replace(slab, stations=tuple(stations))


def _moves_early(slab: Slab, at: slice) -> Slab:
    """Return a slab in which a section moves before its takt has passed."""
    paced = slab.sections[0].paced.copy()
    paced[:, at] += 2.0
    return replace(slab, sections=(replace(slab.sections[0], paced=paced), *slab.sections[1:]))


def _works_early(slab: Slab, at: slice) -> Slab:
    """Return a slab in which an edge of the window cuts work that begins before its cycle."""

    def early(edges: SectionEdges) -> SectionEdges:
        here = (edges.replication >= at.start) & (edges.replication < at.stop)
        return replace(edges, ready=edges.ready - 0.5 * here)

    section = slab.sections[0]
    section = replace(section, edges=tuple(map(early, section.edges)))
    return replace(slab, sections=(section, *slab.sections[1:]))


@pytest.mark.parametrize(
    ("edit", "law"),
    [
        (_leaves_early, "order: a part leaves last before it is finished"),
        (_moves_early, "cycles: a moves before its takt has passed"),
        (_works_early, "order: a works before components are there"),
    ],
)
def test_a_law_that_one_of_the_plants_breaks_is_said_of_no_other(
    monkeypatch: pytest.MonkeyPatch, edit: Callable[[Slab, slice], Slab], law: str
) -> None:
    by_hand = plant()
    plants = [automated(by_hand, {"a1": robot}) for robot in range(3)]
    second = slice(len(REPLICATIONS), 2 * len(REPLICATIONS))

    def broken(*arguments: object) -> Iterator[Slab]:
        return (edit(slab, second) for slab in simulate_beside(*arguments))

    monkeypatch.setattr(books, "simulate_beside", broken)
    found = account_together(plants, 1, REPLICATIONS, BEGIN, UNTIL)
    assert [any(law in f.text for f in accounts.findings) for accounts in found] == [0, 1, 0]
    assert not found[0].findings
    assert not found[2].findings


def test_plants_of_two_groups_share_their_draws_all_the_same() -> None:
    by_hand = plant()
    robots = automated(by_hand, {"a1": 0, "b2": 1, "f0": 2})
    faster = replace(by_hand, lines=(_paced(by_hand.main, 0.9), *by_hand.lines[1:]))
    plants = [by_hand, faster, robots]
    assert groups(plants) == [[0, 2], [1]]
    together = account_together(plants, 5, REPLICATIONS, BEGIN, UNTIL)
    for one, ours in zip(plants, together, strict=True):
        assert_same(ours, account(one, 5, REPLICATIONS, BEGIN, UNTIL, "batch"))


def _paced(line: Line, takt: float) -> Line:
    first, *others = line.stages
    return replace(line, stages=(replace(first, takt=takt), *others))


def _at(by_hand: Plant, name: str, **more: object) -> Plant:
    def change(station: Station) -> Station:
        return replace(station, **more) if station.name == name else station

    return replace(by_hand, lines=tuple(changed(line, change) for line in by_hand.lines))


def _after(by_hand: Plant, **more: object) -> Plant:
    """Return a plant whose main line begins with one more station."""
    before = Station("before", (Constant(0.5),) * 3, **more)
    main = replace(by_hand.main, stages=(before, *by_hand.main.stages))
    return replace(by_hand, lines=(main, *by_hand.lines[1:]))


@pytest.mark.parametrize(
    "more",
    [
        {"window": 0.5},
        {"tool_change": ToolChange(3, Constant(0.2))},
        {"failures": (Failure("w", "calendar", Exponential(9.0), Constant(1.0)),)},
        {"failures": (replace(JAM, dispatch=Constant(1.0)),)},
    ],
)
def test_what_is_not_made_ahead_keeps_plants_apart(more: dict[str, object]) -> None:
    assert groups([plant(), _at(plant(), "a1", **more)]) == [[0], [1]]
    # Not even one like it can be beside it, where it depends on the moment.
    assert groups([_at(plant(), "a1", **more)] * 2) == (
        [[0, 1]] if "window" in more else [[0], [1]]
    )


def test_other_stations_people_who_are_absent_and_lost_parts_keep_plants_apart() -> None:
    by_hand = plant()
    slower = _at(by_hand, "last", work=(Constant(1.0),) * 3)
    absent = replace(by_hand, staffing=(Staffing("all", ("a1",), 0.1, 0, 1.5, 20.0, (7.0,)),))
    scrap = _after(by_hand, inspection=Inspection(0.5, 0.0, "scrap"))
    overtaking = _after(by_hand, servers=2)
    assert groups([by_hand, slower]) == [[0], [1]]
    for one in (absent, scrap, overtaking):
        assert groups([one, one]) == [[0], [1]]
    assert groups([by_hand, _at(by_hand, "last", crew=3.0)]) == [[0, 1]]  # no event asks
