"""The scenario language: what is read, and the full message for what cannot be."""

import io
import json
import pickle
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.scenario import (
    EXAMPLE,
    Precision,
    Scenario,
    ScenarioError,
    automation,
    json_schema,
    load,
    loads,
)
from factory_sim.scenario.loader import LARGEST_FILE
from factory_sim.scenario.readers import clock, days, duration, moment, ratio
from factory_sim.scenario.tree import MOST_VALUES
from plants import costly, thoroughly

SMALL = """\
name: three stations
horizon: 40 h
stations:
  - {name: press, cycle_time: 52 s}
  - {name: weld, buffer: 4, cycle_time: 50 s}
"""

FULL = """\
name: everything
source: the authors
horizon: 1 d
warm_up: 2 h
replications: {half_width: 1 %, max: 200, min: 20, of: lead_time}
confidence: 90 %
seed: 0
takt: 60 s
start: mon 06:00
shifts:
  - {from: "06:00", to: "16:30", days: mon-sat, breaks: [{at: "08:00", for: 10 min}]}
  - {from: "22:00", to: "04:00", days: [mon, tue], breaks: [{at: "01:00", for: 30 min}]}
orders: {mix: {sedan: 60 %, suv: 40 %}}
arrivals: {every: {dist: exponential, mean: 55 s}}
pools: {technicians: 3, loaders: 2}
automation: {level: 32 %, baseline: 10 %, order: [battery/*, weld]}
lines:
  battery:
    joins: marriage
    buffer: 6
    transport: 20 s
    shifts: [{from: 00:00, to: 24:00}]
    stations:
      - name: cell
        count: 2
        by_hand: {cycle_time: 55 s, crew: 1}
        automated: {cycle_time: 40 s, failures: {mtbf: 4 h, mttr: 3 min}}
  main:
    stations:
      - name: press
        servers: 2
        cycle_time: {dist: gamma, mean: {value: 52 s, source: F6}, cv: 0.3}
        by_model: {suv: {cycle_time: 60 s}, sedan: {factor: 0.9}}
        setup: {from_to: {sedan: {suv: 60 s}}, default: 30 s}
        failures:
          - {name: jam, mtbf: 4 h, mttr: 12 min, crew: technicians, source: assumption of us}
          - {name: power, mtbf: {dist: weibull, mean: 40 h, shape: 2}, mttr: 4 min, clock: calendar}
        defects: 0.5 %
        inspection: {detects: 98 %, false_alarm: 1 %, then: scrap}
        operators: loaders
        planned: [{at: "12:00", for: 30 min, days: wed}]
      - name: weld
        buffer: unlimited
        setup: 40 s
        operations: 3
        by_hand: {cycle_time: 50 s}
        automated: {cycle_time: 30 s}
      - section: trim
        takt: 58 s
        window: 10 s
        buffer: 3
        transport: 5 s
        stations:
          - name: seat
            count: 4
            window: 3 s
            cycle_time: {dist: normal, mean: 50 s, cv: 10 %}
            inspection: {then: in_place, repair: 20 s}
          - {name: marriage, cycle_time: {dist: beta, low: 40 s, high: 60 s, a: 2, b: 3}}
      - name: test
        cycle_time: 30 s
        always: automated
        inspection: {then: off_line, repair: {dist: erlang, mean: 10 min, k: 2}, servers: 3}
"""


def problems(text, **options):
    """Return the problems of a scenario as the user reads them, without the file name."""
    with pytest.raises(ScenarioError) as caught:
        loads(text, "f", **options)
    return [line.removeprefix("f:").lstrip() for line in str(caught.value).splitlines()]


def station(keys, rest=""):
    """Return a scenario whose first station has some keys, on line 4."""
    return f"name: x\nhorizon: 1 h\nstations:\n  - {{name: a, {keys}}}\n{rest}"


# What is read


def test_the_example_of_the_readme_loads():
    scenario = loads(EXAMPLE)
    assert [place.station.name for place in scenario.places()] == ["press", "weld", "pack"]
    assert scenario.replications == 100
    assert scenario.warm_up == "auto"


def test_every_feature_of_the_language_loads():
    scenario = loads(FULL)
    assert scenario.seed == 0
    assert scenario.horizon == 86_400
    assert scenario.confidence == 0.9
    assert scenario.replications == Precision(half_width=0.01, max=200, min=20, of="lead_time")
    assert list(scenario.flow) == ["main", "battery"]
    assert scenario.orders.shares == pytest.approx({"sedan": 0.6, "suv": 0.4})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("52 s", 52),
        ("1.5min", 90),
        ("1 h 30 min", 5_400),
        ("3 ms", 0.003),
        ("2 d", 172_800),
        ("1e3 s", 1_000),
        (7, 7),
    ],
)
def test_a_time_is_read_in_seconds(text, seconds):
    assert duration(text) == seconds


@given(st.integers(0, 10**6), st.sampled_from(["ms", "s", "min", "h", "d"]))
def test_a_time_is_the_float_nearest_to_what_is_written(amount, unit):
    """Law: text and bare seconds are the same number, to the last bit."""
    seconds = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
    expected = amount * seconds[unit] if unit in seconds else amount / 1_000
    assert duration(f"{amount} {unit}") == expected


def test_percentages_clocks_days_and_moments_are_read_in_base_units():
    assert ratio("0.1 %") == 0.001
    assert clock("06:30") == 23_400
    assert clock("24:00") == 86_400
    assert moment("tue 06:00") == 86_400 + 21_600
    assert days("sat-mon") == ("mon", "sat", "sun")
    assert days("daily") == ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert days("mon, wed-thu") == ("mon", "wed", "thu")


def test_yaml_1_2_keeps_on_and_clock_times_as_text():
    scenario = loads(SMALL + "description: on\nshifts: [{from: 06:00, to: 14:00}]\n")
    assert scenario.description == "on"
    assert scenario.shifts[0].begin == 21_600


def test_merge_keys_share_what_stations_have_in_common():
    text = (
        "name: x\nhorizon: 1 h\nstations:\n"
        "  - &a {name: a, cycle_time: 52 s, buffer: 2}\n"
        "  - {<<: *a, name: b, buffer: 3}\n"
    )
    first, second = (place.station for place in loads(text).places())
    assert second.cycle_time == first.cycle_time
    assert (second.name, second.buffer) == ("b", 3)


def test_a_weight_may_be_any_positive_number():
    shares = loads(SMALL + "orders: {mix: {suv: 1, sedan: 3}}\n").orders.shares
    assert shares == {"sedan": 0.75, "suv": 0.25}
    assert list(shares) == ["sedan", "suv"]


# What identifies a scenario


def test_the_digest_does_not_depend_on_the_order_of_keys_or_on_sources():
    reordered = """\
stations:
  - {cycle_time: {value: 52 s, source: F6}, name: press}
  - {cycle_time: 50, buffer: 4, name: weld, note: as measured}
horizon: 144000
name: three stations
"""
    assert loads(reordered).digest == loads(SMALL).digest


@pytest.mark.parametrize(
    "change", ["seed=2", "stations.weld.buffer=5", "stations.press.defects=1 %"]
)
def test_the_digest_changes_with_the_content(change):
    assert loads(SMALL, overrides=[change]).digest != loads(SMALL).digest


@pytest.mark.parametrize("text", [SMALL, FULL, EXAMPLE])
def test_the_canonical_text_loads_as_the_same_scenario(text):
    scenario = loads(text)
    assert loads(scenario.canonical).canonical == scenario.canonical
    assert Scenario.model_validate(json.loads(scenario.canonical)).digest == scenario.digest
    assert pickle.loads(pickle.dumps(scenario)).figures == scenario.figures


def test_measured_values_of_a_file_become_part_of_the_scenario(tmp_path):
    (tmp_path / "times.csv").write_text("52\n48\n")
    text = station("cycle_time: {dist: empirical, file: times.csv}")
    (tmp_path / "line.yaml").write_text(text)
    scenario = load(tmp_path / "line.yaml")
    assert '"values": [48.0, 52.0]' in scenario.canonical
    assert "times.csv" not in scenario.canonical
    inline = station("cycle_time: {dist: empirical, values: [52 s, 48 s]}")
    assert loads(inline).digest == scenario.digest


# Sources


def test_a_source_covers_what_is_below_unless_a_nearer_one_does():
    figures = {f.path: f.source for f in loads(FULL).figures}
    assert figures["lines.main.stations[0].cycle_time.mean"] == "F6"
    assert figures["lines.main.stations[0].cycle_time.cv"] == "the authors"
    assert figures["lines.main.stations[0].failures[0].mtbf"] == "assumption of us"


def test_assumptions_and_numbers_without_a_source_are_listed():
    scenario = loads(station("cycle_time: 52 s, buffer: {value: 3, source: Assumption}"))
    assert [f.path for f in scenario.assumptions] == ["stations[0].buffer"]
    assert [(f.path, f.value) for f in scenario.unsourced] == [("stations[0].cycle_time", "52 s")]


def test_what_is_asked_needs_no_source():
    paths = {f.path for f in loads(FULL).figures}
    assert not paths & {"horizon", "warm_up", "seed", "confidence", "replications.max"}


def test_an_overridden_number_has_the_option_as_its_source():
    scenario = loads(FULL, overrides=["stations.press.cycle_time.mean=40 s"])
    found = {f.path: (f.value, f.source) for f in scenario.figures}
    option = "--set stations.press.cycle_time.mean=40 s"
    assert found["lines.main.stations[0].cycle_time.mean"] == ("40 s", option)


# Overrides


@pytest.mark.parametrize(
    ("setting", "read"),
    [
        ("horizon=8 h", lambda s: s.horizon == 28_800),
        ("stations.weld.buffer=6", lambda s: s.lines["main"].stations[1].buffer == 6),
        ("lines.battery.buffer=4", lambda s: s.lines["battery"].buffer == 4),
        ("lines.main.stations.1.buffer=7", lambda s: s.lines["main"].stations[1].buffer == 7),
        ("stations.seat.window=1 s", lambda s: s.lines["main"].stations[2].stations[0].window == 1),
        ("stations.trim.takt=1 min", lambda s: s.lines["main"].stations[2].takt == 60),
        ("orders={sequence: [suv, sedan]}", lambda s: s.orders.shares["suv"] == 0.5),
        ("automation.order.0=cell", lambda s: s.automation.order[0] == "cell"),
    ],
)
def test_a_setting_replaces_one_value(setting, read):
    assert read(loads(FULL, overrides=[setting]))


def test_a_setting_finds_names_that_contain_dots():
    text = SMALL.replace("weld", "weld 1.5")
    scenario = loads(text, overrides=["stations.weld 1.5.buffer=9"])
    assert scenario.stations[1].buffer == 9


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("horizon", ": must be key=value, such as stations.weld.buffer=6"),
        ("stations.wedl.buffer=1", ": stations: there is no item wedl; did you mean weld?"),
        ("statins.weld.buffer=1", ": there is no key statins in the file; did you mean stations?"),
        ("weld.buffer=1", ": there is no key weld in the file; did you mean stations.weld?"),
        ("stations.weld.name.x=1", ": stations[1].name: is a single value and has no key x"),
        ("stations.weld.buffer=-1", ": stations[1].buffer: must be at least 0 (got -1)"),
        ("stations.weld.bufer=1", ": stations[1].bufer: unknown key; did you mean buffer?"),
    ],
)
def test_a_bad_setting_is_reported_under_its_own_name(setting, message):
    with pytest.raises(ScenarioError) as caught:
        loads(SMALL, "f", overrides=[setting])
    assert str(caught.value) == f"--set {setting}{message}"


# Problems in values, each with its full message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            station("cycle_time: {dist: gamma, mean: -60, cv: 1}"),
            "4: stations[0].cycle_time.mean: must be greater than 0 s (got -60)",
        ),
        (
            station("cycle_tme: 50 s"),
            "4: stations[0].cycle_tme: unknown key; did you mean cycle_time?",
        ),
        (
            station("cycle_time: 4 hh"),
            "4: stations[0].cycle_time: has the unknown unit hh; write ms, s, min, h or d "
            '(got "4 hh")',
        ),
        (
            station("cycle_time: {dist: gama, mean: 3}"),
            "4: stations[0].cycle_time.dist: must be one of constant, exponential, uniform, "
            "triangular, normal, lognormal, gamma, erlang, weibull, beta, empirical "
            '(got "gama"); did you mean gamma?',
        ),
        (
            station("cycle_time: [1]"),
            "4: stations[0].cycle_time: must be a time such as 52 s, or have a dist: "
            "{dist: gamma, mean: 52 s, cv: 0.3} (got [1])",
        ),
        (
            station('cycle_time: 1, buffer: "4"'),
            '4: stations[0].buffer: must be a whole number or unlimited (got "4")',
        ),
        (
            station("cycle_time: 1, failures: {mtbf: 0, mttr: 1}"),
            "4: stations[0].failures.mtbf: must be greater than 0 s (got 0)",
        ),
        (
            station("cycle_time: 1, failures: {mtbf: 9, mttr: 1, clock: bus}"),
            "4: stations[0].failures.clock: must be one of busy, calendar "
            '(got "bus"); did you mean busy?',
        ),
        (
            station("cycle_time: 1, defects: 101 %"),
            '4: stations[0].defects: must be at most 1 (got "101 %")',
        ),
        (station("cycle_time: 1, setup: x"), "4: stations[0].setup: must be a time such as 52 s "
         'or 12 min (got "x")'),
        (station("count: 0, cycle_time: 1"), "4: stations[0].count: must be at least 1 (got 0)"),
        (
            station("cycle_time: 1, by_model: {suv: {}}"),
            "4: stations[0].by_model.suv: needs either cycle_time or factor",
        ),
        (
            station("cycle_time: 1, planned: [{at: 25:00, for: 1}]"),
            "4: stations[0].planned[0].at: must be a time of day from 00:00 to 24:00 "
            '(got "25:00")',
        ),
        (
            SMALL + "shifts: [{from: 06:00, to: 10:00, breaks: [{at: 12:00, for: 1 min}]}]",
            "6: shifts[0]: the break at 12:00 must lie within the shift, 06:00 to 10:00",
        ),
        (
            SMALL + "shifts: [{from: 06:00, to: 06:00}]",
            "6: shifts[0]: from and to must differ; a whole day is from 00:00 to 24:00",
        ),
        (
            SMALL + "shifts: [{from: 06:00, to: 10:00, days: mon-fry}]",
            "6: shifts[0].days: must be days such as mon-fri, daily or [mon, wed] "
            '(got "mon-fry")',
        ),
        (SMALL + "seed: 1.5", "6: seed: must be a whole number (got 1.5)"),
        (SMALL + "seed: true", "6: seed: must be a whole number (got true)"),
        (SMALL + "engine: bach", '6: engine: must be one of auto, batch, reference (got "bach"); '
         "did you mean batch?"),
        (SMALL + "start: fry 06:00", "6: start: must begin with a day, mon, tue, wed, thu, fri, "
         'sat, sun (got "fry 06:00")'),
        (SMALL + "arrivals: every", '6: arrivals: must be one of saturated (got "every")'),
        (SMALL + "pools: [a]", '6: pools: must be a mapping, key: value (got ["a"])'),
        (SMALL + "pools: {a/b: 1}", '6: pools.a/b: must not contain / (got "a/b")'),
        (
            SMALL + "  - {name: b, cycle_time: {value: 4 s, sorce: F6}}",
            "6: stations[2].cycle_time.sorce: unknown key; did you mean source?",
        ),
        (SMALL + "source: 6", "6: source: must be text (got 6); put it in quotes"),
        ("name: 3\nhorizon: 1 h\nstations: [{name: a, cycle_time: 1}]",
         "1: name: must be text in quotes (got 3)"),
        ("name: x\nstations: [{name: a, cycle_time: 1}]",
         "1: horizon: is missing; write horizon: 40 h"),
        ("name: x\nhorizon: 1 h\n",
         "1: stations: is missing; write stations: [{name: press, cycle_time: 52 s}]"),
        ("name: x\nhorizon: 1 h\nstations: []\n",
         "3: stations: is empty; write stations: [{name: press, cycle_time: 52 s}]"),
        ("name: x\nhorizon: 1 h\nstations: [weld]\n",
         "3: stations[0]: must be a mapping, key: value with keys such as name, cycle_time, "
         'by_model (got "weld")'),
        (SMALL + "orders: [A, B]",
         '6: orders: must be a mapping, key: value with keys such as mix, sequence '
         '(got ["A", "B"])'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_quoted_with_what_to_write(text, message):
    assert problems(text) == [message]


# Problems between values


def two_lines(feeder, rest=""):
    return (
        "name: x\nhorizon: 1 h\nlines:\n  main: {stations: [{name: a, cycle_time: 1}]}\n"
        f"  door: {{{feeder}}}\n{rest}"
    )


PLAN = SMALL.replace("cycle_time: 50 s", "by_hand: {cycle_time: 50 s}, automated: {cycle_time: 9}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL + "warm_up: 2 d", "6: warm_up: must be less than the horizon, 40 h (got 2 d)"),
        (SMALL + "replications: {min: 9, max: 8}",
         "6: replications.max: must be at least min, 9 (got 8)"),
        (SMALL + "orders: {mix: {a: 1}, sequence: [a]}",
         "6: orders: has both mix and sequence; write one of them"),
        (SMALL + "arrivals: {every: 0}",
         "6: arrivals.every: must have a mean greater than 0 s"),
        (SMALL + "  - {name: press, cycle_time: 1}",
         '6: stations[2].name: "press" is also the name of a station of line main; write another'),
        (SMALL + "  - {section: press, takt: 9, stations: [{name: b, cycle_time: 1}]}",
         '6: stations[2].section: "press" is also the name of a station of line main; '
         "write another"),
        (SMALL + "lines: {main: {stations: [{name: b, cycle_time: 1}]}}",
         "6: lines: is written beside stations:; move those to lines: {main: {stations: ...}}"),
        (two_lines("stations: [{name: b, cycle_time: 1}]"),
         "5: lines.door: has no joins:, but main is the main line already; write joins: STATION"),
        (two_lines("joins: aa, stations: [{name: b, cycle_time: 1}]"),
         '5: lines.door.joins: there is no station "aa"; did you mean a?'),
        (two_lines("joins: b, stations: [{name: b, cycle_time: 1}]"),
         "5: lines.door.joins: leads in a circle, door -> door; "
         "the lines must end in the main line"),
        ("name: x\nhorizon: 1 h\nlines:\n  main: {buffer: 2, stations: [{name: a, cycle_time: 1}]}",
         "4: lines.main.buffer: means nothing on the main line; leave it out"),
        (two_lines("joins: a, stations: [{name: b, cycle_time: 1, defects: 1 %, "
                   "inspection: {then: off_line, repair: 9}}]"),
         "5: lines.door.stations[0].inspection.then: must not be off_line on a feeder, "
         "whose units go on to a join"),
        (station("by_hand: {}"), "4: stations[0].by_hand.cycle_time: is missing, here and at the "
         "station; write cycle_time: 52 s"),
        (station("buffer: 1"), "4: stations[0].cycle_time: is missing; write cycle_time: 52 s"),
        (station("cycle_time: 1, automated: {cycle_time: 2}"),
         "4: stations[0].cycle_time: is never used; write it under by_hand:"),
        (station("cycle_time: 1, always: automated, by_hand: {}"),
         "4: stations[0].always: contradicts by_hand:; leave it out"),
        (station("cycle_time: 1, window: 3"),
         "4: stations[0].window: means nothing outside a paced section; leave it out"),
        (station("cycle_time: 1, operators: men", "pools: {man: 1}"),
         '4: stations[0].operators: there is no pool "men"; did you mean man?'),
        (station("cycle_time: 1, failures: {mtbf: 9, mttr: 1, crew: men}"),
         '4: stations[0].failures.crew: there is no pool "men"; write pools: {men: 1}'),
        (station("cycle_time: 1, failures: [{mtbf: 9, mttr: 1}, {name: b, mtbf: "
                 "{dist: constant, value: 0}, mttr: 1}]"),
         "4: stations[0].failures[1].mtbf: must have a mean greater than 0 s"),
        (station("cycle_time: 1, by_model: {suv: {factor: 2}}", "orders: {mix: {suw: 1}}"),
         '4: stations[0].by_model.suv: there is no model "suv" in orders; did you mean suw?'),
        (station("cycle_time: 1, setup: {from_to: {a: {b: 1}}}", "orders: {sequence: [a]}"),
         '4: stations[0].setup.from_to.a.b: there is no model "b" in orders; known are a'),
        (station("cycle_time: 1, inspection: {then: in_place}"),
         "4: stations[0].inspection.repair: is missing, then: in_place needs it; "
         "write repair: 3 min"),
        (station("cycle_time: 1, inspection: {then: scrap, servers: 2}"),
         "4: stations[0].inspection.servers: means nothing with then: scrap; leave it out"),
        (station("cycle_time: 1, inspection: {then: scrap, buffer: 2}"),
         "4: stations[0].inspection.buffer: means nothing with then: scrap; leave it out"),
        (station("cycle_time: 1, defects: 1, inspection: {then: scrap}"),
         "4: stations[0].inspection: finds every part defective, so scrap lets none through; "
         "check the shares"),
        (SMALL + "  - {name: c, cycle_time: 1, inspection: {then: rework, back_to: c}}",
         "6: stations[2].inspection.back_to: must be an earlier station of line main, "
         'outside paced sections (got "c")'),
        (SMALL + "  - {name: c, cycle_time: 1, inspection: {then: rework, back_to: wed}}",
         '6: stations[2].inspection.back_to: there is no station "wed"; did you mean weld?'),
        (SMALL + "  - {section: s, takt: 9, transport: 1, stations: [{name: b, cycle_time: 1}]}",
         "6: stations[2].transport: needs a place for the part under way; "
         "write buffer: 1 or more"),
        (SMALL + "  - {section: s, takt: 9, stations: [{name: b, cycle_time: 1, servers: 2}]}",
         "6: stations[2].stations[0].servers: must be 1 in a paced section (got 2); "
         "write count: for more"),
        (SMALL + "  - {section: s, takt: 9, stations: [{name: b, cycle_time: 1, buffer: 2}]}",
         "6: stations[2].stations[0].buffer: means nothing within a paced section; write it at s"),
        (SMALL + "  - {section: s, takt: 9, stations: [{name: b, cycle_time: 1, inspection: "
         "{then: scrap}}]}",
         "6: stations[2].stations[0].inspection.then: must be in_place in a paced section "
         "(got scrap)"),
        (station("cycle_time: 1, planned: [{at: 00:00, for: 1 d}]"),
         "4: stations[0]: its shifts and planned stops leave no time to work"),
        (station("cycle_time: 0"),
         "3: stations: takes no time, so parts without end would pass at once; "
         "write a cycle_time"),
        (PLAN + "automation: {level: 60 %, order: [weld]}",
         "6: automation.level: 60 % cannot be reached: the order automates at most 49.02 % of the "
         "work content; write a lower level or extend automation.order"),
        (PLAN + "automation: {level: 0, order: [wled]}",
         '6: automation.order[0]: "wled" matches no station; did you mean weld?'),
        (PLAN + "automation: {level: 0, order: [press]}",
         '6: automation.order[0]: "press" matches no station with by_hand: and automated:; '
         "add both there"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_named_with_what_to_write(text, message):
    assert problems(text) == [message]


def test_every_problem_is_reported_at_once_in_the_order_of_the_file():
    text = """\
name: x
horizn: 40 h
seed: -1
stations:
  - {name: press, cycle_time: {dist: gamma, mean: -60, cv: 0.3}, operators: nobody}
  - {nmae: weld, cycle_time: 9, buffer: "4"}
  - {name: press, cycle_time: 9, window: 1}
  - just text
  - {section: s, stations: [{name: b, cycle_time: 9, servers: 2}]}
"""
    assert problems(text) == [
        "2: horizn: unknown key; did you mean horizon?",
        "3: seed: must be at least 0 (got -1)",
        "5: stations[0].cycle_time.mean: must be greater than 0 s (got -60)",
        '5: stations[0].operators: there is no pool "nobody"; write pools: {nobody: 1}',
        "6: stations[1].nmae: unknown key; did you mean name?",
        '6: stations[1].buffer: must be a whole number or unlimited (got "4")',
        '7: stations[2].name: "press" is also the name of a station of line main; write another',
        "7: stations[2].window: means nothing outside a paced section; leave it out",
        "8: stations[3]: must be a mapping, key: value with keys such as name, cycle_time, "
        'by_model (got "just text")',
        "9: stations[4].takt: is missing; write takt: 60 s",
        "9: stations[4].stations[0].servers: must be 1 in a paced section (got 2); "
        "write count: for more",
    ]


# Files that are no scenario


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; write name:, horizon: and stations:"),
        ("# only a comment", "is empty; write name:, horizon: and stations:"),
        ("just text", '1: must hold keys such as name: and stations: (got "just text")'),
        ("- 1", "1: must hold keys such as name: and stations: (got [1])"),
        ("a:\n\tb: 1", "2: a tab stands in the indentation; use blanks"),
        ("a: 1\n---\nb: 1", "2: the file holds several documents; keep one, without ---"),
        ("a: 'x", "1: a quote is opened but never closed"),
        ("a: b: c", "1: a colon stands where no key can be; check the indentation, or put text "
         "that contains a colon in quotes"),
        ("a: *b", "1: an alias (*name) has no anchor (&name) before it"),
        ("a: @b", "1: a value begins with a character that YAML reserves; "
         "put the value in quotes"),
        ("a: [", "1: this is not YAML (expected the node content, but found '<stream end>'); "
         "check brackets, quotes and indentation"),
        ("a: \x01", "1: the character 0x1 is not allowed; remove it"),
        ("&a [*a]", "is nested too deeply or contains itself; flatten it"),
        ("a: &a {<<: *a}", "is nested too deeply or contains itself; flatten it"),
        ("a: " + "[" * 600, "is nested too deeply or contains itself; flatten it"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_scenario_gets_one_message(text, message):
    assert problems(text) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("name: again", "6: name: is written twice, first on line 1; keep one"),
        ("1: 2", '6: the key 1 must be text; write "1":'),
        ("? [a]\n: 2", '6: the key a list or mapping must be text; write "a list or mapping":'),
        ("seed: !!python/object:os.system {}",
         "6: seed: the tag python/object:os.system is not supported; leave it out"),
        ("seed: .nan", '6: seed: must be a finite number (got ".nan")'),
        ("takt: 1e400", '6: takt: must be a finite number (got "1e400")'),
        ("replications: 1000001", "6: replications: must be at most 1,000,000 (got 1000001)"),
        ("takt: 1e20", "6: takt: must be at most 1e+12 s (got 1e+20)"),
        ('description: "\\ud800"',
         '6: description: must be Unicode text without lone surrogates (got "\\ud800")'),
    ],
)  # fmt: skip
def test_a_value_that_yaml_allows_but_we_do_not_is_named(line, message):
    assert problems(SMALL + line) == [message]


def test_a_number_of_thousands_of_digits_is_refused_not_computed():
    (message,) = problems(SMALL + "takt: " + "9" * 5_000)
    assert message.startswith("6: takt: must be a number of at most 300 digits (got")


def test_a_small_file_cannot_grow_without_bound_through_aliases():
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 9)]
    (message,) = problems("\n".join(levels))
    assert message == f"holds more than {MOST_VALUES:,} values; use count: and fewer aliases"


def test_a_file_of_nothing_but_mistakes_is_summed_up():
    found = problems("".join(f"k{number}: 1\n" for number in range(2_000)))
    assert found[0] == "1: has 2,002 mistakes; is it a scenario?"
    assert len(found) < 1_000


@pytest.mark.parametrize("depth", [100, 200, 300, 400, 500, 600])
def test_deep_nesting_at_any_depth_is_survived(depth):
    assert len(problems(SMALL + "pools: " + "{a: " * depth + "1" + "}" * depth)) == 1


def refusal(path):
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return str(caught.value).removeprefix(str(path))


def test_a_path_that_holds_no_text_gets_one_message(tmp_path):
    assert refusal(tmp_path) == ": is a directory; name a YAML file in it"
    assert refusal(tmp_path / "no.yaml").startswith(": no such file; check the name")
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\x7fELF\x00\x01")
    assert refusal(file) == ": is binary, not text; name a YAML file"
    file.write_bytes(b"name: x\nhorizon: \xe4\n")
    assert refusal(file) == ":2: is not UTF-8 text (byte 0xe4); save it as UTF-8"
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    assert refusal(file).startswith(": is larger than 2 MB;")


def test_a_byte_order_mark_is_no_problem(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text(SMALL, encoding="utf-8-sig")
    assert load(file).digest == loads(SMALL).digest


def test_a_dash_reads_the_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SMALL.encode())))
    assert load("-").digest == loads(SMALL).digest


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["52 s", "5 %", "06:00", "unlimited", "auto", "gamma", "<gamma>", "scrap"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(
        st.sampled_from(["dist", "mean", "section", "value", "<gamma>"]), st.integers()
    ),
)


def keys_of(node, path=()):
    """Return the paths of all values below a node."""
    if not isinstance(node, dict | list):
        return [path]
    items = node.items() if isinstance(node, dict) else enumerate(node)
    below = [found for key, value in items for found in keys_of(value, (*path, key))]
    return [path, *below] if path else below


CONTENT = json.loads(loads(FULL).canonical)


SOME_JUNK = st.lists(st.tuples(st.sampled_from(keys_of(CONTENT)), JUNK), min_size=1, max_size=3)


@costly(12)
@given(changes=SOME_JUNK)
def test_junk_anywhere_is_either_valid_or_a_problem_with_a_line(changes):
    content = json.loads(loads(FULL).canonical)
    for path, junk in changes:
        place = content
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = junk
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change has replaced the place
    try:
        loads(json.dumps(content))
    except ScenarioError as error:
        found = error.problems
    else:
        found = ()
    assert all(problem.line for problem in found)


test_junk_anywhere_is_either_valid_or_a_problem_with_a_line_thoroughly = thoroughly(
    test_junk_anywhere_is_either_valid_or_a_problem_with_a_line,
    given(changes=SOME_JUNK),
    examples=300,
)


# Automation


def test_a_level_automates_the_shortest_prefix_that_reaches_it():
    scenario = loads(FULL)
    assert [unit.name for unit in automation.order(scenario)] == ["cell-1", "cell-2", "weld"]
    whole = 55 + 55 + (0.6 * 0.9 * 52 + 0.4 * 60) + 50 + 4 * 50 + 48 + 30
    fixed = 30  # the test station is always automated
    for names, content in [((), 0), (("cell-1",), 55), (("cell-1", "cell-2"), 110)]:
        share = (fixed + content) / whole
        assert automation.automated(scenario, share) == {"test", *names}
        assert automation.shares(scenario, share).work_content == pytest.approx(share, rel=1e-4)
    shares = automation.shares(scenario, share)
    assert shares.operations == pytest.approx(3 / 12)
    assert shares.stations == pytest.approx(3 / 10)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("battery/*", ["cell-1", "cell-2"]),
        ("cell", ["cell-1", "cell-2"]),
        ("cell-2", ["cell-2"]),
        ("main/*", ["press", "weld", "seat-1", "seat-2", "seat-3", "seat-4", "marriage", "test"]),
        ("trim/*", ["seat-1", "seat-2", "seat-3", "seat-4", "marriage"]),
        ("main/trim/seat-?", ["seat-1", "seat-2", "seat-3", "seat-4"]),
        ("nothing*", []),
    ],
)
def test_a_pattern_names_stations_lines_and_sections(pattern, names):
    units = automation.units(loads(FULL))
    assert [unit.name for unit in automation.matching(pattern, units)] == names


def test_a_level_that_cannot_be_reached_names_the_highest():
    with pytest.raises(ScenarioError, match="cannot be reached: the order automates at most"):
        automation.apply(loads(FULL), 0.99)
    with pytest.raises(ScenarioError, match="a level needs a plan"):
        automation.apply(loads(SMALL), 0.5)


# The package


schema_of_scenarios = cache(json_schema)


def test_the_json_schema_describes_every_field_and_accepts_sources():
    schema = schema_of_scenarios()
    for part in (schema, *schema["$defs"].values()):
        for name, field in part.get("properties", {}).items():
            assert name in ("dist", "kind") or "description" in field or "$ref" in field, name
    assert schema["properties"]["horizon"]["anyOf"][1]["required"] == ["value"]


@pytest.mark.parametrize("text", [SMALL, FULL, EXAMPLE])
def test_the_json_schema_accepts_what_loads(text):
    jsonschema = pytest.importorskip("jsonschema")
    from ruamel.yaml import YAML

    validator = jsonschema.Draft202012Validator(schema_of_scenarios())
    content = YAML(typ="safe", pure=True).load(text)
    validator.validate(content)
    content["stations" if "stations" in content else "lines"] = 3
    assert not validator.is_valid(content)


def test_importing_the_scenario_loads_nothing_heavy():
    code = (
        "import sys, factory_sim.scenario; print({'scipy', 'ruamel', 'pyarrow'} & {*sys.modules})"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
