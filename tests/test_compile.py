"""From scenario to plant: what is compiled, and what editing the file must not move."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.compile import compile_plant
from factory_sim.line.plant import UNLIMITED, Section
from factory_sim.scenario import Scenario, ScenarioError, automation, loads
from factory_sim.scenario.distributions import Constant, Gamma, Scaled
from factory_sim.scenario.readers import DAY, WEEK

H = 3_600.0
HEAD = "name: x\nhorizon: 1 h\n"


def plant(stations, rest="", level=None):
    return compile_plant(loads(f"{HEAD}stations: [{stations}]\n{rest}"), level=level)


def only(keys, rest=""):
    """Return the compiled station of a plant that has one."""
    return plant(f"{{name: a, {keys}}}", rest).stations()[0]


def calendar(shifts, rest="", keys="cycle_time: 1"):
    return only(keys, f"shifts: {shifts}\n{rest}").calendar


def off(period, *spans):
    return Calendar(period, tuple(Interval(begin, end) for begin, end in spans))


# Stations


def test_a_plain_station_has_the_defaults_of_the_plant():
    station = only("cycle_time: 52 s")
    assert station.work == (Constant(value=52),)
    assert (station.servers, station.buffer, station.transport) == (1, 0, 0)
    assert station.calendar == Calendar()
    assert (station.failures, station.setup, station.inspection) == ((), None, None)
    assert (station.automated, station.operations, station.hand_content) == (False, 1, 52)


def test_a_template_makes_stations_in_series_that_one_more_does_not_rename():
    few, more = (plant(f"{{name: a, count: {n}, cycle_time: 9}}") for n in (3, 4))
    assert [s.name for s in few.stations()] == ["a-1", "a-2", "a-3"]
    assert more.stations()[:3] == few.stations()
    assert [s.name for s in plant("{name: a, count: 1, cycle_time: 9}").stations()] == ["a-1"]


def test_an_unlimited_buffer_is_the_sign_of_the_plant():
    stations = plant("{name: a, cycle_time: 1}, {name: b, buffer: unlimited, cycle_time: 1}")
    assert stations.stations()[1].buffer == UNLIMITED


def test_models_have_their_own_work_in_the_order_of_their_names():
    station = only(
        "cycle_time: {dist: gamma, mean: 50, cv: 0.2}, "
        "by_model: {suv: {factor: 1.2}, coupe: {cycle_time: 40}}",
        "orders: {mix: {suv: 1, sedan: 2, coupe: 1}}",
    )
    base = Gamma(mean=50, cv=0.2)
    assert station.work == (Constant(value=40), base, Scaled(base, 1.2))
    assert station.hand_content == pytest.approx(0.25 * 40 + 0.5 * 50 + 0.25 * 60)


def test_orders_are_weights_or_a_sequence_of_models_by_name():
    stations = "{name: a, cycle_time: 1}"
    mix = plant(stations, "orders: {mix: {suv: 30, sedan: 70}}").orders
    assert (mix.models, mix.sequence) == (("sedan", "suv"), ())
    assert mix.weights == pytest.approx((0.7, 0.3))
    sequence = plant(stations, "orders: {sequence: [suv, sedan, suv]}").orders
    assert (sequence.models, sequence.sequence) == (("sedan", "suv"), (1, 0, 1))
    assert plant(stations).orders.models == ("part",)


def test_set_ups_are_a_matrix_by_model_before_and_after():
    orders = "orders: {mix: {a: 1, b: 1, c: 1}}"
    assert only("cycle_time: 1, setup: 40 s", orders).setup == (
        (0, 40, 40),
        (40, 0, 40),
        (40, 40, 0),
    )
    detailed = "setup: {from_to: {a: {b: 10, a: 5}, c: {a: 30}}, default: 20}"
    assert only(f"cycle_time: 1, {detailed}", orders).setup == (
        (5, 10, 20),
        (20, 0, 20),
        (30, 20, 0),
    )
    assert only("cycle_time: 1, setup: 40 s").setup is None


def test_failures_and_inspections_keep_what_was_written():
    station = only(
        "cycle_time: 1, defects: 1 %, operators: men, crew: 1.5, failures: "
        "[{name: jam, mtbf: 4 h, mttr: 12 min, crew: men}, "
        "{name: power, mtbf: 9 h, mttr: 1, clock: calendar}], "
        "inspection: {detects: 98 %, false_alarm: 2 %, then: off_line, repair: 60, servers: 3}",
        "pools: {men: 2}",
    )
    assert [(f.name, f.clock, f.crew, f.up.mean) for f in station.failures] == [
        ("jam", "busy", "men", 4 * H),
        ("power", "calendar", None, 9 * H),
    ]
    inspection = station.inspection
    assert (inspection.detects, inspection.false_alarm) == (0.98, 0.02)
    assert (inspection.then, inspection.servers, inspection.repair.mean) == ("off_line", 3, 60)
    assert (station.defect_rate, station.operators, station.crew) == (0.01, "men", 1.5)


def test_a_section_gives_its_window_and_hours_to_its_stations():
    compiled = plant(
        "{name: a, cycle_time: 1}, {section: s, takt: 60, window: 5, buffer: 3, transport: 9, "
        'shifts: [{from: "00:00", to: "12:00"}], planned: [{at: "00:00", for: 1 h}], stations: '
        "[{name: b, count: 2, cycle_time: 1}, {name: c, window: 0, cycle_time: 1, "
        'planned: [{at: "02:00", for: 1 h}]}]}'
    )
    section = compiled.main.stages[1]
    assert isinstance(section, Section)
    assert (section.takt, section.buffer, section.transport) == (60, 3, 9)
    assert [s.window for s in section.stations] == [5, 5, 0]
    assert section.calendar == off(DAY, (0, H), (12 * H, DAY))
    assert section.stations[0].calendar == section.calendar
    assert section.stations[2].calendar == off(DAY, (0, H), (2 * H, 3 * H), (12 * H, DAY))
    assert compiled.main.stages[0].calendar == Calendar()


def test_lines_come_with_the_main_line_first_and_feeders_by_name():
    text = f"""{HEAD}lines:
  b: {{joins: j, stations: [{{name: b, cycle_time: 1}}]}}
  a: {{joins: j, buffer: 6, transport: 20 s, stations: [{{name: a, cycle_time: 1}}]}}
  main: {{stations: [{{name: j, cycle_time: 1, operators: men}}]}}
arrivals: {{every: 60}}
pools: {{women: 3, men: 2}}
"""
    compiled = compile_plant(loads(text))
    assert [line.name for line in compiled.lines] == ["main", "a", "b"]
    assert [(li.joins, li.buffer, li.transport) for li in compiled.lines] == [
        (None, 1, 0),
        ("j", 6, 20),
        ("j", 1, 0),
    ]
    assert compiled.arrivals == Constant(value=60)
    assert compiled.pools == {"men": 2}  # those that a station calls for


# Calendars


def test_no_shifts_are_always_on_and_so_is_a_shift_of_a_whole_day():
    assert only("cycle_time: 1").calendar == Calendar()
    assert calendar('[{from: "00:00", to: "24:00"}]') == Calendar()
    assert calendar('[{from: "06:00", to: "18:00"}, {from: "18:00", to: "06:00"}]') == Calendar()


def test_a_daily_shift_is_off_for_the_rest_of_the_day_and_in_breaks():
    shifts = '[{from: "06:00", to: "14:00", breaks: [{at: "10:00", for: 15 min}]}]'
    assert calendar(shifts) == off(DAY, (0, 6 * H), (10 * H, 10.25 * H), (14 * H, DAY))


def test_a_night_shift_runs_past_midnight_with_its_breaks():
    shifts = '[{from: "22:00", to: "06:00", breaks: [{at: "01:00", for: 30 min}]}]'
    assert calendar(shifts) == off(DAY, (H, 1.5 * H), (6 * H, 22 * H))


def test_a_night_shift_of_sunday_ends_in_the_next_week():
    expected = off(WEEK, (2 * H, WEEK - 2 * H))
    assert calendar('[{from: "22:00", to: "02:00", days: sun}]') == expected


def test_a_shift_on_some_days_has_a_weekly_pattern():
    expected = off(WEEK, (8 * H, DAY), (DAY + 8 * H, WEEK))
    assert calendar('[{from: "00:00", to: "08:00", days: mon-tue}]') == expected


def test_the_start_of_the_week_can_be_any_moment():
    shifts = '[{from: "06:00", to: "14:00", breaks: [{at: "10:00", for: 1 h}]}]'
    expected = off(DAY, (4 * H, 5 * H), (8 * H, DAY))
    assert calendar(shifts, "start: wed 06:00") == expected
    weekly = calendar('[{from: "06:00", to: "14:00", days: tue}]', "start: tue 13:00")
    assert weekly == off(WEEK, (H, WEEK - 7 * H))


def test_planned_stops_add_to_the_hours_of_a_station_only():
    keys = 'cycle_time: 1, planned: [{at: "12:00", for: 30 min, days: wed}]'
    stations = f"{{name: a, {keys}}}, {{name: b, cycle_time: 1}}"
    first, second = plant(stations).stations()
    assert first.calendar == off(WEEK, (2.5 * DAY, 2.5 * DAY + 0.5 * H))
    assert second.calendar == Calendar()


def test_the_nearest_shifts_replace_those_further_out():
    text = f"""{HEAD}shifts: [{{from: "00:00", to: "01:00"}}]
lines:
  main: {{stations: [{{name: j, cycle_time: 1}}]}}
  door:
    joins: j
    shifts: [{{from: "00:00", to: "02:00"}}]
    stations:
      - {{name: a, cycle_time: 1}}
      - {{name: b, cycle_time: 1, shifts: [{{from: "00:00", to: "03:00"}}]}}
      - {{section: s, takt: 9, shifts: [{{from: "00:00", to: "04:00"}}],
          stations: [{{name: c, cycle_time: 1}}]}}
"""
    stations = {s.name: s.calendar for s in compile_plant(loads(text)).stations()}
    assert {name: c.off[0].begin / H for name, c in stations.items()} == {
        "j": 1,
        "a": 2,
        "b": 3,
        "c": 4,
    }


def is_on(begin, end, pause, moment):
    """Return whether a moment, s, lies in a daily shift and not in its break of 10 min."""
    since = (moment - begin) % DAY
    in_break = (moment - pause) % DAY < 600
    return since < (end - begin) % DAY and not in_break


quarter_hours = st.integers(0, 95).map(lambda quarter: 900.0 * quarter)


@given(
    begin=quarter_hours,
    length=st.integers(2, 95).map(lambda quarters: 900.0 * quarters),
    start=st.integers(0, 671).map(lambda quarter: 900.0 * quarter),
)
@settings(max_examples=40)
def test_a_calendar_is_off_exactly_when_no_shift_is_on(begin, length, start):
    """Law: at moments all over two weeks the pattern says what the clock on the wall says."""
    end, pause = (begin + length) % DAY, (begin + 900) % DAY
    shift = {"from": begin, "to": end, "breaks": [{"at": pause, "for": 600}]}
    compiled = calendar(json.dumps([shift]), f"start: {start}")
    for moment in np.arange(30.0, 2 * WEEK, 1_500.0):
        place = moment % compiled.period
        is_off = any(span.begin <= place < span.end for span in compiled.off)
        assert is_off != is_on(begin, end, pause, moment + start)


# Automation

VARIANTS = """\
{name: a, crew: 2, cycle_time: 60, by_hand: {}, automated: {cycle_time: 30, crew: 0}},
{name: b, count: 2, by_hand: {cycle_time: 50}, automated: {cycle_time: 20, servers: 2}},
{name: c, cycle_time: 40, always: automated}, {name: d, cycle_time: 80}
"""
PLAN = "automation: {level: 50 %, baseline: 15 %, order: [b, a]}"


def test_a_level_switches_stations_and_keeps_their_work_by_hand():
    """The whole is 60 + 2 x 50 + 40 + 80 = 280 s; c is 14.3 %, with b-1 32 %, with b 50 %."""
    by_level = {
        level: [s.name for s in plant(VARIANTS, PLAN, level).stations() if s.automated]
        for level in (0, 0.15, 0.5, 0.7, None)
    }
    assert by_level == {
        0: ["c"],
        0.15: ["b-1", "c"],
        0.5: ["b-1", "b-2", "c"],
        0.7: ["a", "b-1", "b-2", "c"],
        None: ["b-1", "b-2", "c"],
    }
    contents = [s.hand_content for s in plant(VARIANTS, PLAN, 0.7).stations()]
    assert contents == [60, 50, 50, 40, 80]


def test_a_variant_says_only_what_differs():
    by_hand, automated = (plant(VARIANTS, PLAN, level).stations()[0] for level in (0, 0.7))
    assert (by_hand.crew, by_hand.work) == (2, (Constant(value=60),))
    assert (automated.crew, automated.work) == (0, (Constant(value=30),))


def test_without_a_plan_a_station_works_by_hand_unless_it_can_only_be_automated():
    stations = plant(VARIANTS + ", {name: e, automated: {cycle_time: 9}}").stations()
    assert {s.name: s.automated for s in stations} == {
        "a": False,
        "b-1": False,
        "b-2": False,
        "c": True,
        "d": False,
        "e": True,
    }
    with pytest.raises(ScenarioError, match="a level needs a plan"):
        plant(VARIANTS, level=0.5)


def test_the_measure_of_the_share_is_named_by_the_plan():
    plan = "automation: {measure: %s, level: 40 %%, order: [b, a]}"
    names = {
        measure: automation.automated(loads(f"{HEAD}stations: [{VARIANTS}]\n{plan % measure}"))
        for measure in ("stations", "operations")
    }
    assert names["stations"] == names["operations"] == {"b-1", "c"}


@given(level=st.floats(0, 0.7), more=st.floats(0, 0.7))
@settings(max_examples=30)
def test_a_higher_level_automates_no_less(level, more):
    low, high = (
        automation.automated(loads(f"{HEAD}stations: [{VARIANTS}]\n{PLAN}"), value)
        for value in sorted((level, more))
    )
    assert low <= high


# What editing the file must not move

PARTS = {
    "press": {"cycle_time": {"dist": "gamma", "mean": 50, "cv": 0.2}, "buffer": 2},
    "weld": {"cycle_time": 48, "by_model": {"suv": {"factor": 1.2}}, "setup": 5},
    "paint": {"by_hand": {"cycle_time": 60}, "automated": {"cycle_time": 30}},
    "pack": {"cycle_time": 40, "count": 3, "failures": {"mtbf": 9_000, "mttr": 60}},
}


def scenario(names, models=("sedan", "suv")):
    stations = [{"name": name, **PARTS[name]} for name in names]
    return {
        "name": "x",
        "horizon": 3_600,
        "orders": {"mix": dict.fromkeys(models, 1)},
        "shifts": [{"from": 0, "to": 36_000, "days": "mon-fri"}],
        "stations": stations,
    }


def shuffled(node, random):
    """Return the same content with the keys of every mapping in another order."""
    if isinstance(node, dict):
        items = list(node.items())
        random.shuffle(items)
        return {key: shuffled(value, random) for key, value in items}
    if isinstance(node, list):
        return [shuffled(item, random) for item in node]
    return node


@given(st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_keys_moves_nothing(random):
    content = scenario(PARTS)
    one, other = (loads(json.dumps(c)) for c in (content, shuffled(content, random)))
    assert compile_plant(one) == compile_plant(other)
    assert one.digest == other.digest


@given(names=st.permutations(list(PARTS)), kept=st.integers(1, 3))
@settings(max_examples=30)
def test_another_station_changes_none_of_the_others(names, kept):
    few, all_of_them = (
        compile_plant(loads(json.dumps(scenario(n)))) for n in (names[:kept], names)
    )
    stations = {station.name: station for station in all_of_them.stations()}
    assert all(station == stations[station.name] for station in few.stations())


def test_compiling_leaves_the_scenario_as_it_was():
    content = loads(f"{HEAD}stations: [{VARIANTS}]\n{PLAN}")
    before = content.canonical
    compile_plant(content, level=0.7)
    assert content.canonical == before
    assert compile_plant(Scenario.model_validate(json.loads(before))) == compile_plant(content)
