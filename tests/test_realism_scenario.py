"""What a scenario says of people and machines, how it is inherited, and what switches do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from factory_sim import ScenarioError, compare, loads
from factory_sim.cli import app
from factory_sim.line.compile import compile_plant
from factory_sim.line.conditions import Fatigue, Growth, Learning
from factory_sim.line.realism import effects, shift_ends, tiring
from factory_sim.scenario import realism
from factory_sim.scenario.distributions import Constant, Exponential
from factory_sim.scenario.readers import DAY, WEEK
from factory_sim.scenario.shifts import Shift

if TYPE_CHECKING:
    from factory_sim.line.plant import Plant, Station

H = 3600.0

EVERYTHING = """
name: x
horizon: 3 d
warm_up: 0
replications: 4
shifts:
  - {from: "06:00", to: "14:00", breaks: [{at: "10:00", for: 30 min}]}
  - {from: "14:00", to: "22:00", breaks: [{at: "18:00", for: 30 min}]}
pools: {technicians: 1}
absence: {rate: 20 %, utility: 1, unmanned: 2}
fatigue: {rise: 10 %, errors: 30 %, recovery: 50 %}
learning: {rate: 85 %, reference: 100}
defect_learning: {rate: 50 %, per: 10, reference: 100}
stations:
  - name: hand
    crew: 2
    defects: 5 %
    cycle_time: {dist: lognormal, mean: 50 s, cv: 0.2}
  - name: robot
    always: automated
    buffer: 2
    cycle_time: {dist: lognormal, mean: 48 s, cv: 0.02}
    tool_changes: {every: 50, takes: 2 min}
    micro_stops: {every: 60 min, length: 40 s, growth: {from: 50 %, over: 10 h}}
    failures:
      {mtbf: 4 h, mttr: 10 min, crew: technicians, growth: {from: 30 %, over: 1 d}}
"""


def plant(text: str, *overrides: str) -> Plant:
    return compile_plant(loads(text, overrides=overrides))


def station(text: str, name: str, *overrides: str) -> Station:
    return next(s for s in plant(text, *overrides).stations() if s.name == name)


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        loads(text)
    return [f"{problem.path}: {problem.message}" for problem in error.value.problems]


# What is compiled


def test_wrights_rate_is_what_a_doubling_leaves():
    hand = station(EVERYTHING, "hand")
    assert hand.learning == Learning(np.log2(0.85), 100.0)
    assert hand.defect_learning.exponent == pytest.approx(-0.301, abs=1e-3)  # Levitt et al. 2013


def test_what_a_plant_says_of_people_does_not_hold_for_machines():
    robot = station(EVERYTHING, "robot")
    assert (robot.learning, robot.defect_learning, robot.fatigue) == (None, None, None)


def test_the_innermost_level_speaks_of_people():
    text = """
name: x
horizon: 1 d
shifts: [{from: "06:00", to: "14:00"}]
learning: {rate: 90 %, reference: 1}
fatigue: {rise: 1 %}
lines:
  main: {stations: [{name: a, cycle_time: 1, crew: 1}, {name: t, cycle_time: 1}]}
  sub:
    joins: a
    learning: {rate: 80 %, reference: 1}
    fatigue: {rise: 2 %}
    stations:
      - {name: b, cycle_time: 1, crew: 1}
      - {name: c, cycle_time: 1, crew: 1, fatigue: {rise: 3 %},
         learning: {rate: 70 %, reference: 1}}
      - {name: r, cycle_time: 1, always: automated, learning: {rate: 95 %, reference: 1}}
"""
    by_name = {s.name: s for s in plant(text).stations()}
    rates = {n: s.learning and round(2**s.learning.exponent, 6) for n, s in by_name.items()}
    assert rates == {"a": 0.9, "t": 0.9, "b": 0.8, "c": 0.7, "r": 0.95}
    ends = {n: s.fatigue and round(max(s.fatigue.slopes) * 8 * H, 6) for n, s in by_name.items()}
    assert ends == {"a": 0.01, "t": None, "b": 0.02, "c": 0.03, "r": None}  # nobody stands at t


def test_micro_stops_are_short_for_a_failure_and_draw_the_same():
    short, long = (
        station(f"name: x\nhorizon: 1 h\nstations: [{{name: a, cycle_time: 9, {keys}}}]", "a")
        for keys in (
            "micro_stops: {every: 3 h, length: 40 s, growth: {from: 0.5, over: 10 h}}",
            "failures: {name: micro-stop, mtbf: 3 h, mttr: {dist: constant, value: 40 s}, "
            "growth: {from: 0.5, over: 10 h}}",
        )
    )
    assert short == long
    assert short.failures[0].growth == Growth(0.5, 10 * H)


def test_absence_concerns_the_lines_that_do_not_say_their_own():
    text = """
name: works
horizon: 1 d
shifts: [{from: "06:00", to: "14:00"}]
absence: {rate: 2 %, unmanned: 2}
lines:
  main: {stations: [{name: a, cycle_time: 1, crew: 1}]}
  sub: {joins: a, stations: [{name: b, cycle_time: 1, crew: 1},
                             {name: robot, cycle_time: 1, crew: 1, always: automated}]}
  own:
    joins: a
    shifts: [{from: "22:00", to: "06:00"}]
    absence: {rate: 5 %, utility: 3, unmanned: 1.5}
    stations: [{name: c, cycle_time: 1, crew: 2}]
"""
    own, works = plant(text).staffing
    assert (works.name, works.stations, works.rate, works.utility) == ("works", ("a", "b"), 0.02, 0)
    assert (own.name, own.stations, own.unmanned) == ("own", ("c",), 1.5)
    assert own.ends[0] == 6 * H
    assert works.ends[0] == 14 * H


# Shifts

EARLY = Shift.model_validate(
    {"from": "06:00", "to": "14:00", "breaks": [{"at": "10:00", "for": 1800}]}
)
LATE = Shift.model_validate({"from": "14:00", "to": "22:00"})
NIGHT = Shift.model_validate({"from": "22:00", "to": "06:00", "days": "sun"})


def at(fatigue: Fatigue, t: float) -> float:
    """Return the extra work content at a time."""
    t %= fatigue.period
    piece = np.searchsorted(fatigue.begins, t, side="right") - 1
    return fatigue.values[piece] + fatigue.slopes[piece] * (t - fatigue.begins[piece])


def test_fatigue_rises_with_the_time_worked_and_a_break_takes_its_share():
    """By hand: 10 % over 7.5 h worked; after 4 h 5.33 %, half of it stays, 3.5 h to go."""
    fatigue = tiring(0.1, 0.5, (EARLY, LATE), 0.0)
    four = 0.1 * 4 / 7.5
    for hour, extra in {
        6: 0.0,
        8: four / 2,
        10: four / 2,  # the break has begun: who works next has rested
        10.25: four / 2,
        12: four / 2 + 0.1 * 1.5 / 7.5,
        14: 0.0,  # the next shift is fresh
        18: 0.05,
        23: 0.0,
        24 + 8: four / 2,
    }.items():
        assert at(fatigue, hour * H) == pytest.approx(extra), hour
    assert at(fatigue, 10 * H - 1) == pytest.approx(four, rel=1e-3)
    assert at(fatigue, 22 * H - 1) == pytest.approx(0.1, rel=1e-3)


@given(
    start=st.floats(0, WEEK - 1),
    t=st.floats(0, WEEK - 1),
    recovery=st.floats(0, 1),
    shifts=st.sampled_from([(EARLY,), (EARLY, LATE), (LATE, NIGHT), (EARLY, LATE, NIGHT)]),
)
def test_fatigue_does_not_depend_on_when_the_clock_starts(start, t, recovery, shifts):
    pattern = tiring(0.2, recovery, shifts, 0.0)
    edges = np.append(pattern.begins, pattern.period)
    assume(np.abs(edges - (start + t) % pattern.period).min() > 1e-3)  # it jumps there
    moved = at(tiring(0.2, recovery, shifts, start), t)
    assert moved == pytest.approx(at(pattern, start + t), abs=1e-6)
    assert 0 <= moved <= 0.2 + 1e-9


def test_a_shift_over_the_end_of_the_week_goes_on_in_the_next():
    fatigue = tiring(0.1, 0.0, (NIGHT,), 0.0)
    assert at(fatigue, 2 * H) == pytest.approx(0.05)  # Monday, 4 of 8 hours
    assert at(fatigue, 6 * DAY + 23 * H) == pytest.approx(0.1 / 8)
    assert at(fatigue, 7 * H) == 0


def test_people_change_when_the_next_shift_begins_or_work_stops():
    seven = np.arange(7) * DAY
    assert shift_ends((EARLY, LATE), 0.0) == tuple(sorted([*(seven + 14 * H), *(seven + 22 * H)]))
    assert shift_ends((NIGHT,), 0.0) == (6 * H,)
    assert shift_ends((NIGHT,), 5 * H) == (1 * H,)
    overlapping = Shift.model_validate({"from": "12:00", "to": "20:00"})
    ends = shift_ends((EARLY, overlapping), 0.0)
    assert ends == tuple(sorted([*(seven + 12 * H), *(seven + 20 * H)]))


def test_errors_rise_as_the_work_does_only_as_far_as_they_are_said_to():
    hand = station(EVERYTHING, "hand")
    for hour in (3, 7, 9.9, 12, 16, 21.9):
        assert at(hand.defect_fatigue, hour * H) == pytest.approx(3 * at(hand.fatigue, hour * H))
    plain = station(EVERYTHING, "hand", "fatigue.errors=0")
    assert plain == replace(hand, defect_fatigue=None)
    only = station(EVERYTHING, "hand", "fatigue.rise=0")
    assert only == replace(hand, fatigue=None)


# Switches


def without(kind: str) -> Plant:
    """Return the plant of ``EVERYTHING`` with one effect taken out by hand."""
    whole = plant(EVERYTHING)
    hand, robot = whole.stations()
    breakdown, micro = robot.failures
    spared = {
        "task_spread": {"hand": {"work": (Constant(value=50.0),)}},
        "learning": {"hand": {"learning": None, "defect_learning": None}},
        "fatigue": {"hand": {"fatigue": None, "defect_fatigue": None}},
        "absence": {},
        "micro_stops": {"robot": {"failures": (breakdown,)}},
        "breakdowns": {"robot": {"failures": (micro,)}},
        "tool_changes": {"robot": {"tool_change": None}},
        "reliability_growth": {
            "robot": {"failures": (replace(breakdown, growth=None), replace(micro, growth=None))}
        },
        "shared_technicians": {"robot": {"failures": (replace(breakdown, crew=None), micro)}},
    }[kind]
    stages = tuple(replace(s, **spared.get(s.name, {})) for s in (hand, robot))
    groups = () if kind == "absence" else whole.staffing
    return replace(whole, lines=(replace(whole.main, stages=stages),), staffing=groups)


def test_every_switch_has_its_effect_counted_and_without_it_there_is_none():
    everywhere = effects(plant(EVERYTHING))
    assert everywhere.keys() == realism.Realism.model_fields.keys()
    assert set(everywhere.values()) == {1}
    for kind in everywhere:
        assert effects(plant(EVERYTHING, f"realism.{kind}=false"))[kind] == 0


def test_check_says_which_effects_work_where(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(EVERYTHING + "realism: {tool_changes: false}\n")
    shown = CliRunner().invoke(app, ["check", str(path)]).stdout
    assert "realism: stations with task spread 1, learning 1, fatigue 1, absence 1" in shown
    assert "off: tool_changes" in shown


@pytest.mark.parametrize("kind", sorted(realism.Realism.model_fields))
def test_a_switch_takes_out_its_effect_and_nothing_else(kind):
    found = plant(EVERYTHING, f"realism.{kind}=false")
    expected = without(kind)
    if kind == "task_spread":
        hand = found.stations()[0]
        assert (hand.work[0].mean, hand.work[0].sd) == (pytest.approx(50.0), 0.0)
        expected = replace(
            expected, lines=(replace(expected.main, stages=(hand, expected.stations()[1])),)
        )
        assert replace(hand, work=()) == replace(plant(EVERYTHING).stations()[0], work=())
    assert found == expected != plant(EVERYTHING)


def test_all_switches_are_on_unless_a_file_says_otherwise():
    on = ", ".join(f"{kind}: true" for kind in realism.Realism.model_fields)
    assert plant(EVERYTHING) == plant(f"{EVERYTHING}\nrealism: {{{on}}}")


def test_comparing_with_a_switch_shows_one_effect_on_the_same_draws():
    """Without fatigue more is made; the pairs agree so well that few replications tell."""
    batch = "shared_technicians=false"
    sides = [
        loads(EVERYTHING, overrides=[f"realism.{batch}", *more])
        for more in ((), ("realism.fatigue=false",))
    ]
    gain = compare(*sides).differences["throughput"]
    assert gain.difference.low > 0
    assert gain.variance_reduction > 0.5


# Messages

DAY_SHIFT = 'shifts: [{from: "06:00", to: "14:00"}]'
ABSENT = f"{DAY_SHIFT}\nabsence: {{rate: 2 %, unmanned: 2}}"

ONE = "name: x\nhorizon: 1 d\nstations: [{name: a, cycle_time: 9%s}]\n%s"


@pytest.mark.parametrize(
    ("keys", "top", "message"),
    [
        (
            ", learning: {rate: 0, reference: 9}",
            "",
            "stations[0].learning.rate: must be greater than 0 (got 0)",
        ),
        (
            ", learning: {rate: 120 %, reference: 9}",
            "",
            'stations[0].learning.rate: must be at most 1 (got "120 %")',
        ),
        (
            ", learning: {rate: 85 %}",
            "",
            "stations[0].learning.reference: is missing; write reference: 10000",
        ),
        (
            ", learning: {rate: 85 %, per: 1, reference: 9}",
            "",
            "stations[0].learning.per: must be greater than 1 (got 1)",
        ),
        (
            ", learning: {rate: 40 %, reference: 9}",
            "",
            "stations[0].learning: falls so fast that parts without end take no time; "
            "write a rate above 50 % or a floor",
        ),
        (
            ", fatigue: {rise: 10 %, recovery: 2}",
            "",
            "stations[0].fatigue.recovery: must be at most 1 (got 2)",
        ),
        (
            ", fatigue: {rise: 10 %}",
            "",
            f"stations[0].fatigue: needs shifts, over which it rises; write {DAY_SHIFT}",
        ),
        (
            ", fatigue: {rise: 10 %, errors: 10 %}",
            DAY_SHIFT,
            "stations[0].fatigue.errors: adds to defects, of which the station makes none; "
            "write defects: 0.1 % where its work makes some",
        ),
        (
            ", crew: 1",
            f"{DAY_SHIFT}\nfatigue: {{rise: 10 %, errors: 10 %}}",
            "fatigue.errors: adds to defects, of which no station by hand makes any; "
            "write defects: 0.1 % where its work makes some",
        ),
        (
            ", crew: 1",
            "fatigue: {rise: 10 %}",
            f"fatigue: needs shifts, over which it rises; write {DAY_SHIFT}",
        ),
        (
            "",
            "fatigue: {rise: 10 %}",
            "fatigue: holds for no station, as none by hand has people; "
            "write crew: 1 where they stand",
        ),
        (
            ", always: automated",
            "learning: {rate: 85 %, reference: 9}",
            "learning: holds for no station, as none works by hand; write it at a station",
        ),
        (
            ", tool_changes: {every: 0, takes: 1}",
            "",
            "stations[0].tool_changes.every: must be at least 1 (got 0)",
        ),
        (
            ", micro_stops: {every: {dist: constant, value: 0}, length: 1}",
            "",
            "stations[0].micro_stops.every: must have a mean greater than 0 s",
        ),
        (
            ", micro_stops: {every: 9, length: 1}, failures: {name: micro-stop, mtbf: 9, mttr: 1}",
            "",
            "stations[0].micro_stops: stands beside a failure of the name micro-stop; "
            "leave out one of them",
        ),
        (
            ", failures: {mtbf: 9, mttr: 1, growth: {from: 30 %, over: 0}}",
            "",
            "stations[0].failures.growth.over: must be greater than 0 s (got 0)",
        ),
        (
            ", crew: 1",
            "absence: {rate: 2 %, unmanned: 2}",
            f"absence: needs shifts, to which people come or not; write {DAY_SHIFT}",
        ),
        (
            "",
            ABSENT,
            "absence: concerns nobody, as no station by hand has a crew of 1; "
            "write crew: 1 where people stand",
        ),
        (
            ", crew: 1",
            f"{DAY_SHIFT}\nabsence: {{rate: 2 %, unmanned: 0.5}}",
            "absence.unmanned: must be at least 1 (got 0.5)",
        ),
        (
            ', crew: 1, shifts: [{from: "07:00", to: "14:00"}]',
            ABSENT,
            "stations[0].shifts: are others than those of absence:, by which people and "
            "utility workers come; write these shifts at the line",
        ),
        ("", "realism: {fatigue: 1}", "realism.fatigue: must be true or false (got 1)"),
        ("", "realism: {fatige: true}", "realism.fatige: unknown key; did you mean fatigue?"),
    ],
)
def test_what_does_not_fit_is_said_with_what_to_write(keys, top, message):
    assert problems(ONE % (keys, top)) == [message]


def test_a_line_with_other_shifts_needs_its_own_absence():
    text = """
name: x
horizon: 1 d
shifts: [{from: "06:00", to: "14:00"}]
absence: {rate: 2 %, unmanned: 2}
lines:
  main: {stations: [{name: a, cycle_time: 1, crew: 1}]}
  sub: {joins: a, shifts: [{from: "08:00", to: "14:00"}], stations: [{name: b, cycle_time: 1}]}
"""
    assert problems(text) == [
        "lines.sub.shifts: are others than those of absence: of the plant; write absence: here too"
    ]


def test_a_setting_reaches_a_switch_that_the_file_leaves_out():
    assert not loads(EVERYTHING, overrides=["realism.fatigue=false"]).realism.fatigue
    with pytest.raises(ScenarioError, match="unknown key; did you mean fatigue"):
        loads(EVERYTHING, overrides=["realism.fatige=false"])


def test_micro_stop_times_are_read_as_those_of_failures_are():
    stops = loads(EVERYTHING).stations[1].micro_stops
    assert stops.every == Exponential(mean=3600.0)
    assert stops.length == Constant(value=40.0)
