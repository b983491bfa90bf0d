"""The reference engine against arithmetic that can be done by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy import Environment

from factory_sim.engines.reference import Deadlock, run
from factory_sim.engines.reference.clock import Clock
from factory_sim.engines.reference.readings import AHEAD
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.plant import UNLIMITED, Inspection, Line, Orders, Plant, Section, Station

SCRAP = Inspection(detects=1.0, false_alarm=0.0, then="scrap")


@dataclass(frozen=True)
class Constant:
    """Always the same."""

    mean: float
    sd: float = 0.0

    def quantile(self, u):
        return np.full(u.shape, self.mean)


@dataclass(frozen=True)
class Flat:
    """Uniform on [0, 1): a quantile is the draw itself."""

    mean: float = 0.5
    sd: float = 12**-0.5

    def quantile(self, u):
        return u.copy()


def station(name, *work, **more):
    return Station(name, tuple(Constant(float(seconds)) for seconds in work), **more)


def plant(*stages, feeders=(), **more):
    return Plant("plant", (Line("main", tuple(stages)), *feeders), **more)


def feeder(name, joins, *stages, **more):
    return Line(name, tuple(stages), joins=joins, **more)


def two_models(*sequence):
    return Orders(models=("a", "b"), weights=(0.5, 0.5), sequence=sequence)


def breakdown(clock, up, down, name="jam", crew=None):
    return Failure(name, clock, Constant(float(up)), Constant(float(down)), crew)


def off(begin, end, period=1000.0):
    return Calendar(period, (Interval(begin, end),))


def simulate(what, until, seed=0):
    return run(what, Draws(seed, range(1)), until)


def at(slab, name):
    """Return the record of a station."""
    return next(record for record in slab.stations if record.station.name == name)


def starts(slab, name):
    return at(slab, name).start[:, 0].tolist()


def readies(slab, name):
    return at(slab, name).ready[:, 0].tolist()


def finishes(slab, name):
    return at(slab, name).finish[:, 0].tolist()


def leaves(slab, name):
    return at(slab, name).leave[:, 0].tolist()


def leavers(slab, name):
    return at(slab, name).detail.leaver[:, 0].tolist()


def begins(slab):
    """Return when the cycles of the first section begin."""
    return slab.sections[0].begin[:, 0].tolist()


def column(values):
    return values[:, 0].tolist()


def seed_where(name, purpose, below, pattern):
    """Return a seed whose first draws lie below a value exactly where the pattern says."""
    for seed in range(10_000):
        drawn = Draws(seed, range(1)).stream(name, purpose).take(len(pattern))[:, 0]
        if (drawn < below).tolist() == list(pattern):
            return seed
    raise AssertionError(pattern)


# --- flow -------------------------------------------------------------------------------


def test_a_part_without_a_place_downstream_stays_on_its_server():
    slab = simulate(plant(station("A", 1), station("B", 3)), until=11)
    # B works 1-4, 4-7, 7-10; A is finished at 2 and blocked until B frees its only place.
    assert starts(slab, "A") == [0, 1, 4, 7, 10]
    assert finishes(slab, "A") == [1, 2, 5, 8, np.inf]
    assert leaves(slab, "A") == [1, 4, 7, 10, np.inf]
    assert starts(slab, "B") == [1, 4, 7, 10]
    assert column(slab.delivered) == [4, 7, 10]
    assert column(slab.born) == [0, 1, 4]


def test_a_buffer_of_two_lets_two_more_parts_leave():
    slab = simulate(plant(station("A", 1), station("B", 3, buffer=2)), until=11)
    # Capacity 3: A's part j leaves at B's departure j - 3; those are 4, 7, 10.
    assert leaves(slab, "A") == [1, 2, 3, 4, 7, 10, np.inf]
    assert starts(slab, "B") == [1, 4, 7, 10]


def test_an_unlimited_buffer_never_blocks():
    slab = simulate(plant(station("A", 1), station("B", 3, buffer=UNLIMITED)), until=50.5)
    assert leaves(slab, "A")[:50] == list(range(1, 51))


def test_parallel_servers_let_parts_overtake_and_ties_leave_in_order_of_start():
    works = station("A", 5, 1, servers=2)
    check = station("B", 0.25, 0.25)
    slab = simulate(plant(works, check, orders=two_models(0, 1)), until=6.5)
    # Part 0: 0-5 on server 0. Part 1: 0-1, part 2: 1-6 on server 1. Part 3: 5-6 on server 0.
    assert starts(slab, "A")[:4] == [0, 0, 1, 5]
    assert leaves(slab, "A")[:4] == [1, 5, 6, 6.25]  # part 3 waits until B is done with 2
    assert leavers(slab, "A")[:4] == [1, 0, 2, 3]
    assert column(at(slab, "A").detail.server)[:5] == [0, 1, 1, 0, 1]
    assert column(at(slab, "B").detail.part) == [1, 0, 2, 3]
    assert column(at(slab, "B").detail.model) == [1, 0, 0, 1]


def test_a_part_under_way_occupies_its_place():
    slab = simulate(plant(station("A", 2), station("B", 1, buffer=1, transport=10.0)), until=25.5)
    # Two places at B: the third part leaves A when B's first does, at 2 + 10 + 1 = 13.
    assert leaves(slab, "A")[:4] == [2, 4, 13, 15]
    assert starts(slab, "B") == [12, 14, 23, 25]


def test_work_of_no_length_passes_at_one_instant():
    line = plant(station("A", 1), station("B", 0), station("C", 0, servers=2), station("D", 0))
    slab = simulate(line, until=3.5)
    for name in "BCD":
        assert starts(slab, name) == finishes(slab, name) == leaves(slab, name) == [1, 2, 3]
    assert column(slab.delivered) == [1, 2, 3]


def test_orders_wait_in_an_unlimited_queue_from_their_arrival():
    line = plant(station("A", 15), arrivals=Constant(10.0))
    slab = simulate(line, until=56)
    assert column(slab.entered) == [10, 20, 30, 40, 50]
    assert starts(slab, "A") == [10, 25, 40, 55]
    assert column(slab.delivered) == [25, 40, 55]
    assert column(slab.born) == [10, 20, 30]


# --- assembly ---------------------------------------------------------------------------


def test_a_part_waits_on_its_server_for_a_slow_feeder():
    battery = feeder("battery", "A", station("F", 5), transport=1.0)
    slab = simulate(plant(station("A", 2), feeders=[battery]), until=17)
    # Units leave F at 5, 10, 15 and arrive 1 s later.
    assert starts(slab, "A") == [0, 8, 13]
    assert readies(slab, "A") == [6, 11, 16]
    assert finishes(slab, "A") == [8, 13, np.inf]


def test_a_fast_feeder_waits_until_its_unit_is_built_in():
    battery = feeder("battery", "A", station("F", 1))
    slab = simulate(plant(station("A", 4), feeders=[battery]), until=10)
    # Unit j has its place from ready[j - 1] on: ready is 1, 5, 9.
    assert readies(slab, "A") == [1, 5, 9]
    assert leaves(slab, "F") == [1, 2, 5, 9, np.inf]
    assert starts(slab, "F") == [0, 1, 2, 5, 9]


def test_the_place_of_a_unit_is_free_when_all_components_are_there():
    left, right = feeder("left", "A", station("L", 1)), feeder("right", "A", station("R", 6))
    slab = simulate(plant(station("A", 1), feeders=[left, right]), until=13)
    assert readies(slab, "A") == [6, 12]
    # The second unit of the left feeder has waited since 2 for the first one's place.
    assert leaves(slab, "L") == [1, 6, 12, np.inf]


def test_feeders_of_feeders_join_on_the_way():
    cells = feeder("cells", "pack", station("cell", 3))
    battery = feeder("battery", "A", station("pack", 1))
    slab = simulate(plant(station("A", 1), feeders=[battery, cells]), until=11)
    assert readies(slab, "pack") == [3, 6, 9, np.inf]
    assert readies(slab, "A") == [4, 7, 10]


# --- outages ----------------------------------------------------------------------------


def test_a_break_interrupts_the_work_and_not_the_flow():
    line = plant(station("A", 8, calendar=off(10.0, 15.0)), station("B", 1))
    slab = simulate(line, until=30)
    # Part 1 works 8-10 and 15-21. It came in and started as if there were no break.
    assert starts(slab, "A") == [0, 8, 21, 29]
    assert finishes(slab, "A") == [8, 21, 29, np.inf]


def test_work_that_ends_as_an_outage_begins_ends_there():
    slab = simulate(plant(station("A", 10, calendar=off(10.0, 15.0))), until=26)
    assert finishes(slab, "A") == [10, 25, np.inf]
    assert starts(slab, "A") == [0, 10, 25]


def test_parts_that_end_together_after_a_break_leave_in_order_of_start():
    works = station("A", 6, 3, servers=2, calendar=off(4.0, 5.0))
    slab = simulate(plant(works, station("B", 1, 1), orders=two_models(0, 1, 1)), until=9)
    # Part 1 leaves at 3. Part 0 (0-4, 5-7) and part 2 (3-4, 5-7) are finished together.
    assert finishes(slab, "A")[:3] == [7, 3, 7]
    assert leavers(slab, "A")[:3] == [1, 0, 2]
    assert leaves(slab, "A")[:3] == [3, 7, 8]


def test_work_of_no_length_is_done_during_a_break():
    line = plant(station("A", 1), station("B", 0, calendar=off(0.5, 100.0)))
    assert finishes(simulate(line, until=3.5), "B") == [1, 2, 3]


def test_a_calendar_repeats_and_its_spans_may_touch_across_periods():
    nights = Calendar(10.0, (Interval(0.0, 2.0), Interval(8.0, 10.0)))
    slab = simulate(plant(station("A", 6, calendar=nights)), until=29)
    assert finishes(slab, "A") == [8, 18, 28, np.inf]


def test_failures_on_the_calendar_clock_come_whatever_the_station_does():
    line = plant(station("A", 8, failures=(breakdown("calendar", 10, 5),)))
    slab = simulate(line, until=35)
    # Down 10-15, 25-30, 40-45: part 1 works 8-10 and 15-21, part 2 21-25 and 30-34.
    assert finishes(slab, "A") == [8, 21, 34, np.inf]


def test_overlapping_outages_are_one():
    jam = breakdown("calendar", 10, 5)
    line = plant(station("A", 8, calendar=off(12.0, 20.0), failures=(jam,)))
    slab = simulate(line, until=40)
    # Not available 10-20 and 25-30: part 1 works 8-10, 20-25, 30-31.
    assert finishes(slab, "A") == [8, 31, 39, np.inf]


def test_failures_on_the_busy_clock_strike_the_part_that_passes_the_threshold():
    line = plant(station("A", 4, failures=(breakdown("busy", 10, 5),)))
    slab = simulate(line, until=35)
    # Cumulative work 4, 8, 12, 16, 20, 24 passes 10 with part 2, and 20 only with part 5.
    assert column(at(slab, "A").down) == [0, 0, 5, 0, 0, 5, 0]
    assert finishes(slab, "A")[:6] == [4, 8, 17, 21, 25, 34]


def test_a_part_suffers_every_breakdown_whose_threshold_it_passes():
    modes = (breakdown("busy", 3, 1), breakdown("busy", 7, 10, name="crash"))
    slab = simulate(plant(station("A", 8, failures=modes)), until=33)
    # Part 0 passes 3, 6 and 7; part 1 passes 9, 12, 15 and 14.
    assert column(at(slab, "A").down)[:2] == [12, 13]


def test_the_busy_clock_counts_all_servers_in_order_of_start():
    line = plant(station("A", 6, servers=2, failures=(breakdown("busy", 10, 5),)))
    # The sum passes 10 with part 1, on the second server, and 20 with part 3.
    assert column(at(simulate(line, until=17), "A").down)[:4] == [0, 5, 0, 5]


def test_a_repair_on_the_busy_clock_takes_available_time():
    line = plant(station("A", 4, calendar=off(6.0, 10.0), failures=(breakdown("busy", 3, 5),)))
    # 4 + 5 seconds: 0-6 and 10-13.
    assert finishes(simulate(line, until=14), "A")[0] == 13


# --- models, quality --------------------------------------------------------------------


def test_set_ups_depend_on_what_the_server_did_before():
    change = ((0.0, 3.0), (7.0, 0.0))
    line = plant(station("A", 10, 10, servers=2, setup=change), orders=two_models(0, 1, 1, 0))
    slab = simulate(line, until=31)
    # Part 2 (b) follows part 0 (a) on server 0: 3 s. Part 3 (a) follows part 1 (b): 7 s.
    assert column(at(slab, "A").work)[:4] == [10, 10, 13, 17]
    assert finishes(slab, "A")[:4] == [10, 10, 23, 27]


def test_all_lines_draw_the_same_models_by_weight():
    orders = Orders(models=("a", "b"), weights=(0.5, 0.5))
    line = plant(station("A", 1, 2), feeders=[feeder("f", "A", station("F", 1, 1))], orders=orders)
    slab = simulate(line, until=60)
    drawn = Draws(0, range(1)).stream("orders", "model").take(20)[:, 0] >= 0.5
    assert column(at(slab, "A").detail.model)[:20] == drawn.astype(int).tolist()
    assert column(at(slab, "F").detail.model)[:20] == drawn.astype(int).tolist()


def test_each_start_reads_the_draw_of_its_position():
    inspection = Inspection(0.5, 0.5, "off_line", Flat(), servers=3)
    works = Station("A", (Flat(),), servers=2, defect_rate=0.5, inspection=inspection)
    slab = simulate(plant(works), until=300)
    work = at(slab, "A").work
    assert len(work) > AHEAD  # more than are read at a time
    np.testing.assert_array_equal(work, Draws(0, range(1)).stream("A", "work").take(len(work)))


def test_repair_in_place_is_part_of_the_work():
    inspection = Inspection(1.0, 0.0, "in_place", Constant(2.0))
    seed = seed_where("A", "defect", 0.5, [False, True, True, False])
    line = plant(station("A", 5, defect_rate=0.5, inspection=inspection))
    slab = simulate(line, until=24.5, seed=seed)
    assert finishes(slab, "A")[:4] == [5, 12, 19, 24]
    assert column(slab.touched) == [False, True, True, False]


def test_a_defect_stays_until_it_is_found():
    inspection = Inspection(1.0, 0.0, "in_place", Constant(2.0))
    seed = seed_where("A", "defect", 0.5, [True, False])
    line = plant(station("A", 5, defect_rate=0.5), station("B", 1, inspection=inspection))
    slab = simulate(line, until=11.5, seed=seed)
    assert column(at(slab, "B").work) == [3, 1]


def test_a_false_alarm_stops_a_good_part():
    line = plant(station("A", 5, inspection=replace(SCRAP, false_alarm=1.0)))
    slab = simulate(line, until=16)
    assert column(slab.scrapped) == [5, 10, 15]
    assert column(slab.delivered) == []


def test_the_repair_shop_delivers_first_come_first_served_in_shift():
    inspection = Inspection(1.0, 0.0, "off_line", Constant(8.0), servers=1)
    works = station("A", 5, defect_rate=1.0, inspection=inspection, calendar=off(16.0, 20.0))
    slab = simulate(plant(works, station("B", 1)), until=34)
    # A finishes at 5, 10, 15, 24; the shop works 5-13, 13-16 and 20-25, 25-33.
    assert leaves(slab, "A")[:4] == [5, 10, 15, 24]
    assert column(slab.delivered) == [13, 25, 33]
    assert column(slab.touched) == [True, True, True]
    assert starts(slab, "B") == []


def test_the_repair_shop_does_not_share_the_breakdowns_of_its_station():
    inspection = Inspection(1.0, 0.0, "off_line", Constant(8.0), servers=1)
    jam = breakdown("calendar", 6, 100)
    line = plant(station("A", 5, defect_rate=1.0, inspection=inspection, failures=(jam,)))
    assert column(simulate(line, until=50).delivered) == [13]


def test_scrapped_parts_leave_past_the_blocked():
    seed = seed_where("A", "defect", 0.5, [False, False, True, False])
    works = station("A", 1, servers=2, defect_rate=0.5, inspection=SCRAP)
    slab = simulate(plant(works, station("B", 10)), until=11.5, seed=seed)
    # B takes part 0 at 1; part 1 is blocked until 11; part 2 (1-2) is thrown away at 2 and
    # makes room for part 3, blocked in its turn.
    assert leaves(slab, "A")[:3] == [1, 2, 11]
    assert leavers(slab, "A")[:3] == [0, 2, 1]
    assert column(at(slab, "A").detail.server)[:4] == [0, 1, 0, 0]
    assert column(slab.scrapped) == [2]


def test_a_join_takes_the_next_good_unit_of_a_feeder():
    seed = seed_where("F", "defect", 0.5, [True, False, True, False])
    battery = feeder("f", "A", station("F", 3, defect_rate=0.5, inspection=SCRAP))
    slab = simulate(plant(station("A", 1), feeders=[battery]), until=12.5, seed=seed)
    assert readies(slab, "A")[:2] == [6, 12]
    assert column(slab.scrapped) == []  # the main line has lost nothing


# --- rework -----------------------------------------------------------------------------


def rework_loop(buffer):
    """Return a line of three whose last station sends half its parts back to the second."""
    inspection = Inspection(1.0, 0.0, "rework", back_to="A")
    return plant(
        station("first", 1),
        station("A", 1, buffer=buffer),
        station("B", 1, defect_rate=0.5, inspection=inspection),
    )


def test_rework_goes_back_and_queues_like_any_other_part():
    seed = seed_where("B", "defect", 0.5, [True, False, False, False])
    inspection = Inspection(1.0, 0.0, "rework", back_to="A")
    works = station("B", 3, defect_rate=0.5, inspection=inspection)
    slab = simulate(plant(station("A", 2), works), until=14.5, seed=seed)
    # B: part 0 2-5, found, back to A, where part 2 waits already: A takes 2 (5-7), then 0 (8-10).
    assert column(at(slab, "A").detail.part)[:5] == [0, 1, 2, 0, 3]
    assert starts(slab, "A")[:4] == [0, 2, 5, 8]
    assert column(at(slab, "B").detail.part)[:4] == [0, 1, 2, 0]
    assert column(slab.delivered) == [8, 11, 14]
    assert column(slab.touched) == [False, False, True]
    assert column(slab.born) == [2, 5, 0]


def test_a_rework_loop_without_room_deadlocks_and_says_where_and_what_to_do():
    seed = seed_where("B", "defect", 0.5, [True])
    # At 3 s part 0 on B wants to A and part 1 on A wants to B.
    with pytest.raises(Deadlock, match=r"^deadlock at 3 s: every part on A, B .* more buffer"):
        simulate(rework_loop(buffer=0), until=10, seed=seed)


def test_a_rework_loop_with_room_goes_on():
    seed = seed_where("B", "defect", 0.5, [True, False, False, False, False])
    slab = simulate(rework_loop(buffer=1), until=7.5, seed=seed)
    # Part 0 has B's attention again after 1 and 2 that went before it to A.
    assert column(at(slab, "B").detail.part)[:3] == [0, 1, 0]
    assert column(slab.delivered)[:2] == [4, 5]


def returning(seed, *, lane):
    """Return what a loop does that deadlocks without a lane: A has no place but its server."""
    inspection = Inspection(1.0, 0.0, "rework", back_to="A", buffer=lane)
    works = station("B", 1, defect_rate=0.5, inspection=inspection)
    return simulate(plant(station("first", 1), station("A", 1), works), until=10, seed=seed)


@pytest.mark.parametrize("lane", [1, 5, UNLIMITED])
def test_parts_that_wait_beside_the_station_let_the_others_pass(lane):
    seed = seed_where("B", "defect", 0.5, [True, *[False] * 6])
    slab = returning(seed, lane=lane)
    # B: part 0 is found at 3 and steps aside; part 1 moves on from A, whose place goes to part 0
    # before part 2. With a lane of none all three stand still for ever.
    assert column(at(slab, "B").detail.part)[:4] == [0, 1, 0, 2]
    assert starts(slab, "first")[:4] == [0, 1, 2, 4]
    assert column(slab.delivered)[:4] == [4, 5, 6, 7]


def test_a_lane_that_is_full_holds_the_station():
    seed = seed_where("B", "defect", 0.5, [True, True, True])
    with pytest.raises(Deadlock, match="every part on A, B, the way back from B is finished"):
        returning(seed, lane=1)


# --- paced sections ---------------------------------------------------------------------


def test_stop_and_go_waits_for_the_slowest_station():
    section = Section("moving", 10.0, (station("A", 8), station("B", 12)))
    slab = simulate(plant(section), until=40)
    cycles = slab.sections[0]
    # Only A has a part in cycle 0; then B takes 12.
    assert column(cycles.begin) == [0, 10, 22, 34]
    assert column(cycles.end) == [10, 22, 34, np.inf]
    assert column(cycles.paced) == [10, 20, 32, np.inf]
    assert column(cycles.held) == [8, 22, 34, np.inf]
    assert column(cycles.holder) == [0, 1, 1, 0]
    assert leaves(slab, "A") == [10, 22, 34, np.inf]
    assert finishes(slab, "A") == [8, 18, 30, np.inf]
    assert starts(slab, "B") == [10, 22, 34]
    assert column(slab.delivered) == [22, 34]


def test_a_window_lets_work_run_over_and_carries_the_backlog():
    section = Section("moving", 10.0, (station("A", 8), station("B", 12, window=3.0)))
    slab = simulate(plant(section), until=50)
    # B lets go after z + 12 - 3: 9 (z = 0, cycle 10, over 2), 11 (z = 2, cycle 11, over 3),
    # then 12 in every cycle.
    assert begins(slab) == [0, 10, 20, 31, 43]
    assert column(slab.sections[0].held)[1:4] == [19, 31, 43]
    assert finishes(slab, "B")[:3] == [20, 31, 43]  # cut by the end of the cycle
    assert column(at(slab, "B").work)[:3] == [12, 12, 12]


def test_a_backlog_is_worked_off_in_a_long_cycle():
    section = Section("moving", 10.0, (station("A", 4, 12, window=5.0),))
    slab = simulate(plant(section, orders=two_models(1, 0, 0)), until=31)
    # Part 0: 12 s in a cycle of 10; part 1: 2 + 4 s, done at 16; part 2 at 24.
    assert begins(slab) == [0, 10, 20, 30]
    assert finishes(slab, "A")[:3] == [10, 16, 24]


def test_a_breakdown_holds_the_section_whatever_the_window():
    works = station("A", 5, window=100.0, failures=(breakdown("busy", 7, 20),))
    slab = simulate(plant(Section("moving", 10.0, (works,))), until=61)
    # Parts 1 and 2 pass 7 and 14: held 20 s each; the window lets all work run over.
    assert begins(slab) == [0, 10, 30, 50, 60]
    assert column(at(slab, "A").down)[:4] == [0, 20, 20, 0]
    # Over 5 at 30 and 10 at 50; part 3 needs 10 + 5 in a cycle of 10.
    assert finishes(slab, "A")[:4] == [5, 30, 50, 60]


def test_the_takt_passes_in_the_shift_of_the_section():
    section = Section("moving", 10.0, (station("A", 2),), calendar=off(15.0, 25.0))
    slab = simulate(plant(section), until=41)
    # Cycle 1: 10-15 and 25-30. The station itself works on.
    assert begins(slab) == [0, 10, 30, 40]
    assert finishes(slab, "A")[:3] == [2, 12, 32]


def test_an_outage_of_a_position_holds_the_section():
    works = station("A", 8, calendar=off(15.0, 25.0), window=2.0)
    slab = simulate(plant(Section("moving", 10.0, (works,))), until=41)
    # Part 1 lets go after 6 available seconds, 10-15 and 25-26, with 2 s over: part 2 needs
    # 2 + 8 and lets go after 8.
    assert begins(slab) == [0, 10, 26, 36]
    assert finishes(slab, "A")[:3] == [8, 26, 36]


def between(takt, buffer, fill, drain):
    """Return a section of two between two asynchronous stations."""
    section = Section("moving", takt, (station("P", 1), station("Q", 1)), buffer=buffer)
    return plant(station("A", fill), section, station("C", drain))


def test_a_section_waits_for_a_place_downstream():
    slab = simulate(between(takt=5.0, buffer=1, fill=2, drain=7), until=27)
    # Parts enter at 2, 7, 12; the next cycles end when C frees its place, at 19 and 26.
    assert begins(slab) == [2, 7, 12, 19, 26]
    assert starts(slab, "C") == [12, 19, 26]
    # Part j has its place in front of the section from the beginning of cycle j - 1 on.
    assert leaves(slab, "A")[:5] == [2, 4, 7, 12, 19]


def test_without_a_buffer_parts_leave_as_they_enter_the_section():
    slab = simulate(between(takt=5.0, buffer=0, fill=2, drain=7), until=27)
    assert leaves(slab, "A")[:5] == begins(slab) == [2, 7, 12, 19, 26]
    assert starts(slab, "A") == [0, 2, 7, 12, 19, 26]


def test_a_section_never_moves_on_without_its_next_part():
    slab = simulate(between(takt=5.0, buffer=1, fill=8, drain=1), until=33)
    assert begins(slab) == [8, 16, 24, 32]
    assert starts(slab, "C") == [24, 32]


def test_sections_without_a_buffer_move_on_together():
    first = Section("first", 5.0, (station("P", 1),))
    second = Section("second", 7.0, (station("Q", 1),))
    slab = simulate(plant(first, second), until=27)
    # Part 0 enters the second at 5; from then on the second takes a part every 7 s.
    assert begins(slab) == [0, 5, 12, 19, 26]
    assert column(slab.sections[1].begin) == [5, 12, 19, 26]


def test_a_section_carries_parts_into_its_buffer():
    section = Section("moving", 1.0, (station("P", 1),), buffer=1, transport=4.0)
    slab = simulate(plant(station("A", 2), section), until=12)
    # One place: the next part may leave A when the part before has entered, and takes 4 s.
    assert begins(slab) == [6, 10]
    assert leaves(slab, "A")[:3] == [2, 6, 10]


def test_a_feeder_joins_inside_a_section():
    section = Section("moving", 5.0, (station("P", 1), station("Q", 1)))
    slab = simulate(plant(section, feeders=[feeder("f", "Q", station("F", 9))]), until=30)
    # Units come at 9, 18, 27: each time Q works for a second and lets the section go.
    assert begins(slab) == [0, 5, 10, 19, 28]
    assert readies(slab, "Q") == [9, 18, 27, np.inf]


def test_two_feeders_may_join_at_one_position():
    left, right = feeder("left", "P", station("L", 2)), feeder("right", "P", station("R", 9))
    section = Section("moving", 5.0, (station("P", 1),))
    slab = simulate(plant(section, feeders=[left, right]), until=20)
    assert readies(slab, "P") == [9, 18, np.inf]
    assert leaves(slab, "L") == [2, 9, 18, np.inf]


def test_only_repair_in_place_is_possible_on_a_moving_line():
    works = station("A", 1, defect_rate=0.5, inspection=SCRAP)
    with pytest.raises(ValueError, match=r"A stands in a paced section.* \(got scrap\)"):
        simulate(plant(Section("moving", 5.0, (works,))), until=10)


# --- shared people ----------------------------------------------------------------------


def test_operators_serve_stations_first_come_first_served():
    line = plant(
        station("A", 4, operators="crew"),
        station("B", 3, buffer=5, transport=1.0, operators="crew"),
        pools={"crew": 1},
    )
    slab = simulate(line, until=16)
    # One person: A 0-4 and 4-8, B 8-11 for the part that came at 5, A 11-15, B from 15.
    assert starts(slab, "A") == [0, 4, 8, 15]
    assert readies(slab, "A")[:3] == [0, 4, 11]
    assert starts(slab, "B") == [5, 11]
    assert readies(slab, "B") == [8, 15]


def test_an_operator_stays_with_a_moving_part_until_it_moves_on():
    section = Section(
        "moving", 5.0, (station("A", 7, operators="crew", window=9.0), station("B", 1))
    )
    slab = simulate(plant(section, pools={"crew": 1}), until=6)
    assert readies(slab, "A") == [0, 5]
    assert finishes(slab, "A") == [5, np.inf]


def test_a_repair_on_the_calendar_clock_waits_for_the_shared_crew():
    line = plant(
        station("A", 1, failures=(breakdown("calendar", 10, 6, crew="fitters"),)),
        station("B", 20, failures=(breakdown("calendar", 12, 6, crew="fitters"),)),
        pools={"fitters": 1},
    )
    slab = simulate(line, until=33.5)
    # A is repaired 10-16, B fails at 12 and is repaired 16-22: its part works 1-12 and 22-31.
    assert finishes(slab, "B")[0] == 31
    edge = np.array([[33.0]])
    assert at(slab, "A").outages.lost(edge).item() == 6 + 6  # again at 26-32
    assert at(slab, "B").outages.lost(edge).item() == 10


def test_a_repair_on_the_busy_clock_waits_for_the_shared_crew():
    line = plant(
        station("A", 10, failures=(breakdown("busy", 6, 3, crew="fitters"),)),
        station("J", 1),
        feeders=[
            feeder("f", "J", station("F", 10, failures=(breakdown("busy", 7, 3, crew="fitters"),)))
        ],
        pools={"fitters": 1},
    )
    slab = simulate(line, until=15.5)
    # A fails at 6 and is repaired until 9; F fails at 7, waits 2 s and is repaired until 12.
    assert finishes(slab, "A")[0] == 13
    assert finishes(slab, "F")[0] == 15
    assert at(slab, "F").down[0, 0] == 5
    assert readies(slab, "J")[0] == 15


def test_a_position_waits_for_the_shared_crew():
    works = station("A", 5, failures=(breakdown("busy", 4, 3, crew="fitters"),))
    slab = simulate(plant(Section("moving", 5.0, (works,)), pools={"fitters": 1}), until=9)
    assert begins(slab) == [0, 8]
    assert column(at(slab, "A").down)[0] == 3


# --- the engine -------------------------------------------------------------------------


def test_a_run_may_go_on_until_the_work_under_way_is_finished():
    line = plant(station("A", 10, failures=(breakdown("busy", 25, 20),)), station("B", 1))
    for until in (20.0, 30.0):
        # What happens just at the end is part of it: the third part starts at 20.
        slab = run(line, Draws(0, range(1)), until, finish=True)
        assert finishes(slab, "A") == [10, 20, 50]
        assert starts(slab, "B") == [10, 20, 50]
    assert finishes(simulate(line, until=30), "A") == [10, 20, np.inf]


@pytest.mark.parametrize("until", [2.5, 3.0])
def test_parts_that_come_to_wait_for_each_other_after_the_run_do_not_end_it(until):
    seed = seed_where("B", "defect", 0.5, [True])
    slab = run(rework_loop(buffer=0), Draws(seed, range(1)), until, finish=True)
    # Part 0 on B and part 1 on A are both finished at 3 s, and neither can move on.
    assert finishes(slab, "A") == [2, 3]
    assert finishes(slab, "B") == [3]


def test_a_run_ends_even_if_a_repair_never_does():
    """The crew sees to X and Y in turn, which have failed again by then, and never to A."""
    worn = replace(breakdown("calendar", 1, 10, crew="fitters"), rank=-1)
    line = plant(
        station("A", 10, failures=(breakdown("busy", 5, 1, crew="fitters"),)),
        station("X", 1, failures=(worn,)),
        station("Y", 1, failures=(worn,)),
        pools={"fitters": 1},
    )
    slab = run(line, Draws(0, range(1)), 50.0, finish=True)
    assert finishes(slab, "A") == [np.inf]
    edge = np.array([[50.0]])
    assert at(slab, "X").outages.lost(edge).item() == 50 - 3  # up from 0, 11 and 31 on, for 1 s


def test_only_one_replication_is_simulated_at_a_time():
    with pytest.raises(ValueError, match="one replication at a time"):
        run(plant(station("A", 1)), Draws(0, range(2)), 10.0)


def test_a_run_stopped_early_is_the_beginning_of_a_longer_one():
    line = plant(
        Station("A", (Flat(),), servers=3, failures=(Failure("jam", "busy", Flat(), Flat()),)),
        Station("B", (Flat(),), calendar=off(3.0, 4.0, period=5.0)),
    )
    short, long = simulate(line, until=20), simulate(line, until=40)
    for early, late in zip(short.stations, long.stations, strict=True):
        for name in ("start", "ready", "finish", "leave"):
            before, after = getattr(early, name)[:, 0], getattr(late, name)[:, 0]
            happened = after[after < 20]
            np.testing.assert_array_equal(np.sort(before[before < np.inf]), np.sort(happened))


@given(times=st.lists(st.floats(0, 1e9), min_size=2, max_size=5).map(sorted))
def test_the_clock_stops_at_exactly_the_times_asked_for(times):
    clock, seen = Clock(), []

    def process():
        for time in times:
            yield clock.at(time)
            seen.append(clock.now)

    clock.process(process())
    clock.run()
    assert seen == times


def test_delays_would_miss_the_times_asked_for():
    # From below 1 to nearly 2 by way of a delay above 1: the last bit of the first time is
    # half a bit of the others, so the delay and the sum are ties, and both round to even.
    times = np.random.default_rng(0).uniform((0.5, 1.75), (0.75, 2.0), size=(200, 2))
    missed = 0
    for now, time in times.tolist():
        environment = Environment(now)
        environment.run(environment.timeout(time - now))
        missed += environment.now != time
    assert missed > 200 / 4 - 4 * np.sqrt(200 * 3 / 16)  # a quarter, less 4 standard errors


def test_events_of_one_instant_go_by_order_and_after_all_that_earlier_ones_set_off():
    clock, seen = Clock(), []

    def process(name, order):
        yield clock.at(1.0, order)
        seen.append(name)
        yield clock.event().succeed()
        seen.append(f"after {name}")

    for name, order in (("third", 2), ("first", 0), ("second", 1)):
        clock.process(process(name, order))
    clock.run()
    assert seen == ["first", "after first", "second", "after second", "third", "after third"]


@given(
    work=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=6),
    buffers=st.lists(st.integers(0, 2), min_size=3, max_size=3),
)
def test_a_serial_line_follows_the_recursion_of_finite_buffers(work, buffers):
    orders = Orders(tuple(map(str, range(len(work)))), (1.0,) * len(work), tuple(range(len(work))))
    work = [[seconds + (s == 0) for s, seconds in enumerate(row)] for row in work]
    stages = [station(f"S{s}", *(row[s] for row in work), buffer=buffers[s]) for s in range(3)]
    slab = simulate(plant(*stages, orders=orders), until=60)
    parts = 12
    # One more than its buffer fits into each station; the first never starves.
    leave = np.full((parts, 4), -np.inf)
    for k in range(parts):
        arrive = 0.0
        for s in range(3):
            start = max(arrive, leave[k - 1, s] if k else 0.0)
            finish = start + work[k % len(work)][s]
            place = k - 1 - buffers[s + 1] if s < 2 else -1
            leave[k, s] = arrive = max(finish, leave[place, s + 1] if place >= 0 else 0.0)
    for s in range(3):
        measured = at(slab, f"S{s}").leave[:parts, 0]
        happened = measured < np.inf
        np.testing.assert_array_equal(measured[happened], leave[: len(measured), s][happened])
        assert (leave[len(measured) :, s] >= 60).all() or len(measured) == parts
    assert len(slab.delivered) > 0


@given(
    work=st.integers(1, 9),
    spans=st.lists(st.integers(0, 19), min_size=2, max_size=6, unique=True),
    up=st.integers(1, 12),
    down=st.integers(1, 5),
)
def test_work_proceeds_in_just_the_seconds_the_station_is_available(work, spans, up, down):
    edges = sorted(spans)[: len(spans) // 2 * 2]
    calendar = Calendar(20.0, tuple(map(Interval, map(float, edges[::2]), map(float, edges[1::2]))))
    line = plant(station("A", work, calendar=calendar, failures=(breakdown("calendar", up, down),)))
    slab = simulate(line, until=200)
    expected, left = [], work
    for second in range(200):
        shift = not any(a <= second % 20 < b for a, b in zip(edges[::2], edges[1::2], strict=True))
        left -= shift and second % (up + down) < up
        if left == 0:
            expected.append(second + 1.0)
            left = work
    done = [finish for finish in finishes(slab, "A") if finish < 200]
    assert done == [finish for finish in expected if finish < 200]


def test_outages_walked_through_are_the_outages_recorded():
    jam = Failure("jam", "calendar", Flat(), Flat())
    line = plant(Station("A", (Flat(),), calendar=off(2.0, 3.0, period=7.0), failures=(jam,)))
    record = at(simulate(line, until=100), "A")
    ready, finish = (times[record.finish < 100] for times in (record.ready, record.finish))
    work = record.work[: len(finish), 0]
    where = np.zeros(len(finish), dtype=np.int64)
    lost = record.outages.between(ready, finish, where)
    np.testing.assert_allclose(finish - ready, work + lost, rtol=0, atol=1e-9)
    other = at(simulate(line, until=100, seed=1), "A").outages.between(ready, finish, where)
    assert not np.allclose(finish - ready, work + other, rtol=0, atol=1e-9)
