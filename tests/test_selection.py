"""Visits that can hold a section beyond its takt, and that following them alone is enough."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.books import account_together
from factory_sim.engines.batch import event_sums, selection
from factory_sim.engines.batch.ahead import Chunk
from factory_sim.engines.batch.breaks import Breaks
from factory_sim.engines.batch.event_sums import EventSums
from factory_sim.engines.batch.events import KindEvents
from factory_sim.engines.batch.kinds import Kind
from factory_sim.engines.batch.selection import Selection, Selector
from factory_sim.line.calendars import Calendar, Interval, on_shift
from factory_sim.line.draws import Draws
from factory_sim.line.plant import Plant, Section, Station
from plants import costly, thoroughly
from test_beside import BEGIN, REPLICATIONS, UNTIL, automated, levels
from test_beside import plant as by_hand_plant
from test_shared_draws import assert_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.analysis.accounts import Accounts

NONE, ALL = -1.0, 2.0
"""Largest shares of visits in a selection, with which it is never or always used."""


@contextmanager
def selecting(most: float) -> Iterator[list[Selection]]:
    """Select visits up to a share of all; give the selections that were made."""
    made: list[Selection] = []
    select = Selector.next

    def noted(self: Selector, chunk: Chunk) -> Selection | None:
        found = select(self, chunk)
        if found is not None:
            made.append(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "MOST", most)
        patch.setattr(Selector, "next", noted)
        yield made


def both(
    plants: Sequence[Plant], seed: int, begin: float = BEGIN, until: float = UNTIL
) -> tuple[list[Accounts], list[Selection]]:
    """Return the accounts with visits selected, which must be those without, and the selections."""
    with selecting(NONE) as made:
        followed = account_together(plants, seed, REPLICATIONS, begin, until)
    assert not made
    with selecting(ALL) as made:
        selected = account_together(plants, seed, REPLICATIONS, begin, until)
    for ours, theirs in zip(selected, followed, strict=True):
        assert_same(ours, theirs)
    return selected, made


somewhere = given(
    robots=st.lists(levels, min_size=3, max_size=4),
    sequence=st.sampled_from([(), (0, 1, 1, 2)]),
    window=st.sampled_from([0.0, 0.3, 1.0, None]),
    seed=st.integers(0, 2**32),
)


@costly(6)
@somewhere
def test_selected_visits_are_enough(
    robots: list[dict[str, int]], sequence: tuple[int, ...], window: float | None, seed: int
) -> None:
    """To the bit; windows of None are unlike from position to position."""
    by_hand = by_hand_plant(sequence)
    plants = [by_hand, *(automated(by_hand, some) for some in robots)]
    both([with_windows(one, window) for one in plants], seed)


test_selected_visits_are_enough_thoroughly = thoroughly(
    test_selected_visits_are_enough, somewhere, examples=300
)


def with_windows(plant: Plant, window: float | None) -> Plant:
    """Return a plant whose sections have other windows."""

    def windowed(section: Section) -> Section:
        stations = (
            replace(station, window=0.1 + 0.2 * (n % 3) if window is None else window)
            for n, station in enumerate(section.stations)
        )
        return replace(section, stations=tuple(stations))

    lines = (
        replace(
            line, stages=tuple(windowed(s) if isinstance(s, Section) else s for s in line.stages)
        )
        for line in plant.lines
    )
    return replace(plant, lines=tuple(lines))


def test_visits_are_selected_through_many_chunks_and_across_the_window() -> None:
    """Negative control: selections are made, leave much out, and matter."""
    by_hand = with_windows(by_hand_plant(), 0.6)
    robots = [automated(by_hand, {"a0": n, "b1": n}) for n in range(4)]
    accounts, made = both([by_hand, *robots], 5, begin=40.0, until=400.0)
    assert len(made) > 10
    visits = sum(one.cell.size for one in made)
    assert visits > 100
    assert sum(one.stops.sum() for one in accounts) > 100
    lengths = [len(one.bounds) - 1 for one in made]
    assert visits < 0.5 * sum(lengths) * 4 * len(accounts) * len(REPLICATIONS)


def test_a_busy_period_is_selected_from_its_begin_to_the_last_visit_that_matters() -> None:
    """By hand: takt 10, window 5, one kind in plants 0 and 2, another in plant 1."""
    section = Section("s", 10.0, (Station("s0", window=5.0, work=()),))
    kinds = [Kind(0, section.stations[0], (0, 2)), Kind(0, section.stations[0], (1,))]
    # Backlogs of 0, 2 and 4 s: the third visit needs 16 s, and holds the section. So does the
    # last, which leaves a backlog.
    first = np.array([12.0, 12.0, 12.0, 3.0, 7.0, 4.0, 9.0, 16.0])
    # This one needs 12.5 s at most, but breaks down in the fourth cycle.
    second = np.array([9.0, 9.0, 9.0, 9.0, 11.0, 9.0, 9.0, 9.0])
    struck = KindEvents([0, 0, 0, 0, 1, 1, 1, 1, 1], *map(np.array, ([1], [0], [2.5], [1])))
    chunk = sketched(np.stack([first, second], axis=1)[:, :, None], struck)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "MOST", ALL)
        found = Selector(section, kinds, 1, []).next(chunk)
    assert found is not None
    visits = {
        (row, int(column)): (float(work), bool(goes_on))
        for row in range(8)
        for column, work, goes_on in zip(
            *(each[found.of(row)] for each in (found.column, found.work, found.goes_on)),
            strict=True,
        )
    }
    expected = {(row, column): (12.0, row < 2) for row in range(3) for column in (0, 2)}
    expected |= {(7, column): (16.0, True) for column in (0, 2)} | {(3, 1): (9.0, False)}
    assert visits == expected
    assert found.cell.tolist() == found.column.tolist()  # there is one position


def test_with_many_possible_holds_all_visits_are_followed() -> None:
    section = Section("s", 10.0, (Station("s0", window=5.0, work=()),))
    kinds = [Kind(0, section.stations[0], (0,))]
    assert Selector(section, kinds, 1, []).next(sketched(np.full((8, 1, 1), 16.0))) is None
    few = Selector(section, kinds, 1, []).next(sketched(np.full((8, 1, 1), 9.0)))
    assert few is not None
    assert not few.cell.size


def sketched(work: np.ndarray, struck: KindEvents | None = None) -> Chunk:
    """Return a chunk with work (rows, K, R) and breakdowns of kinds, and nothing else."""
    none = np.empty((0, *work.shape[1:]))
    return Chunk(
        work=work,
        defects=None,
        draws=none,
        rates=none,
        breakdowns=None,
        struck=struck,
        seen=none,
        repair=none,
    )


@given(
    off=st.lists(st.integers(0, 1000), min_size=2, max_size=8, unique=True),
    begin=st.lists(st.integers(0, 20_000), min_size=3, max_size=3),
    need=st.lists(st.integers(0, 4000), min_size=3, max_size=3),
)
def test_breaks_are_those_of_the_calendar(
    off: list[int], begin: list[int], need: list[int]
) -> None:
    """Whatever the breaks, and however many of them the work meets."""
    edges = [edge / 100 for edge in sorted(off)[: len(off) // 2 * 2]]
    spans = [Interval(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    calendar = Calendar(12.0, tuple(spans))
    breaks = Breaks(Section("s", 1.0, (), calendar=calendar), Draws(1, range(3)))
    # Work does not end with the moment in which a break begins: there, rounding decides.
    since, seconds = np.array(begin) / 100, np.array([n / 100 + 0.003 if n else 0.0 for n in need])
    done = breaks.started(since).finish(seconds)
    np.testing.assert_allclose(on_shift(calendar, since, done), seconds, atol=1e-9)
    # It is the first such time: a moment before, something is left.
    early = np.maximum(done - 1e-6, since)
    assert (on_shift(calendar, since, early) <= np.maximum(seconds - 0.5e-6, 0.0)).all()
    lost = breaks.started(since).off(done)
    np.testing.assert_allclose(lost, done - since - seconds, atol=1e-9)


def test_breaks_are_met_replication_by_replication() -> None:
    calendar = Calendar(10.0, (Interval(4.0, 5.0), Interval(8.0, 8.5)))
    breaks = Breaks(Section("s", 1.0, (), calendar=calendar), Draws(1, range(3)))
    begin = np.array([0.0, 3.5, 4.5])
    at, started = breaks.met(begin, begin + 1.0)
    assert at.tolist() == [1, 2]
    assert started.finish(np.ones(2)).tolist() == [5.5, 6.0]
    begin = np.array([1.0, 5.5, 6.0])
    at, _ = breaks.met(begin, begin + 1.0)
    assert at.tolist() == [1, 2]
    # Those who have passed the break are free until the next.
    assert not breaks.met(begin + 1.0, begin + 2.0)[0].size


def test_sums_of_events_do_not_depend_on_when_they_are_added_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    cycles = [random.integers(0, 3, (2, 4)) for _ in range(40)]
    amounts = random.random((40, 4))
    found = []
    for most in (1, 7, 1000):
        monkeypatch.setattr(event_sums, "MOST", most)
        sums, counts = EventSums((3, 3), 1), EventSums((3, 3), 0)
        for (position, replication), amount in zip(cycles, amounts, strict=True):
            sums.add(True, position, replication, amount)
            counts.add(np.array([True, False, True]), position, replication)
        found.append((sums.hand_over()[0], counts.hand_over()[0]))
        assert not sums.hand_over()[0].any()
    for total, count in found[1:]:
        np.testing.assert_array_equal(total, found[0][0])
        np.testing.assert_array_equal(count, found[0][1])
    assert found[0][0].sum() == pytest.approx(amounts.sum())
    everything = np.concatenate(cycles, axis=1)
    assert found[0][1].sum() == np.count_nonzero(everything[1] != 1)
