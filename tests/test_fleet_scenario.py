"""What a scenario may say of its devices, what is refused and why, and what it compiles to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import ScenarioError, loads
from factory_sim.line.compile import compile_plant
from factory_sim.line.devices import SteadyAge, compile_fleet, dealt
from factory_sim.scenario import json_schema
from factory_sim.scenario.fleet import USUAL_SIGNALS
from factory_sim.scenario.readers import since_start

FLEET = """
name: x
horizon: 4 h
pools: {technicians: 1}
stations:
  - {name: press, cycle_time: 52 s}
  - {name: weld, count: 3, cycle_time: 50 s, buffer: 1}
fleet:
  devices: {value: 22, source: F6}
  classes:
    robots:
      count: 12
      attach: weld
      period: 0.5 s
      jitter: 5 %
      size: 600
      fresh_within: 1 s
      criticality: stops
      failures: {mtbf: 40 h, mttr: 12 min, crew: technicians}
      wear: {begins: 80 %}
    fans:
      count: 5
      attach: ["*"]
      period: 1 s
      size: 100
      criticality: {slows: 1.2}
      failures:
        - {name: a, mtbf: {dist: weibull, shape: 2, mean: 100 h}, mttr: 5 min, clock: calendar}
        - {name: b, mtbf: 90 h, mttr: 5 min, clock: calendar}
      signals:
        vibration: {kind: wear, unit: mm/s, worn: 4.5}
        current: {kind: current, working: 3}
    readers: {count: 5, attach: ["main/press"], period: 50 s, size: 100}
"""


def problems(*changes: tuple[str, str]) -> list[str]:
    """Return what is wrong with the scenario after some changes, without the name of the file."""
    text = FLEET
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    with pytest.raises(ScenarioError) as raised:
        loads(text)
    return [str(problem).removeprefix("<string>:") for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("value: 22", "value: 21"),
            "9: fleet.devices: must be the sum of the counts of the classes, 22 (got 21); "
            "write devices: 22 or change a count by 1",
        ),
        (
            ("attach: weld", "attach: [wled]"),
            '13: fleet.classes.robots.attach[0]: "wled" matches no station; did you mean weld-3?',
        ),
        (
            ("attach: weld", "attach: []"),
            "13: fleet.classes.robots.attach: must not be empty",
        ),
        (
            ("      attach: weld\n", ""),
            '11: fleet.classes.robots.attach: is missing; write attach: ["*"]',
        ),
        (
            ("period: 0.5 s", "period: -1 s"),
            '14: fleet.classes.robots.period: must be greater than 0 s (got "-1 s")',
        ),
        (
            ("period: 50 s", "period: 0"),
            "33: fleet.classes.readers.period: must be greater than 0 s (got 0)",
        ),
        (
            ("criticality: stops", "criticality: stop"),
            "18: fleet.classes.robots.criticality: must be one of stops, informs "
            '(got "stop"); did you mean stops?',
        ),
        (
            ("slows: 1.2", "slows: 0.9"),
            "26: fleet.classes.fans.criticality.slows: must be greater than 1 (got 0.9)",
        ),
        (
            ("crew: technicians", "crew: technician"),
            '19: fleet.classes.robots.failures.crew: there is no pool "technician"; '
            "did you mean technicians?",
        ),
        (
            ("criticality: stops", "criticality: informs"),
            "19: fleet.classes.robots.failures.crew: means nothing where the station goes on; "
            "leave it out or write criticality: stops",
        ),
        (
            ("name: b, mtbf: 90 h", "name: a, mtbf: 90 h"),
            "28: fleet.classes.fans.failures[0].name: must differ among the failures of a class "
            '(got "a")',
        ),
        (
            ("90 h, mttr: 5 min, clock: calendar", "90 h, mttr: 5 min"),
            "29: fleet.classes.fans.failures[1].clock: must be calendar where a device slows its "
            "station, whose work would depend on when within a part the device fails; "
            "write clock: calendar",
        ),
        (
            ("mtbf: 40 h,", "mtbf: {dist: gamma, mean: 40 h, cv: 1}, repair: as_old,"),
            "19: fleet.classes.robots.failures.repair: needs a mtbf that is exponential or weibull "
            "(got gamma); write mtbf: {dist: weibull, shape: 2, mean: 40 h}",
        ),
        (
            ("mtbf: 40 h,", "mtbf: 40 h, growth: {from: 50 %, over: 9 h}, age: 5 h,"),
            "19: fleet.classes.robots.failures.age: contradicts growth:, which changes the law "
            "with time; leave out one of them",
        ),
        (
            ("mtbf: 40 h,", "mtbf: 40 h, repair: as_old, age: steady,"),
            "19: fleet.classes.robots.failures.age: must be a time where repairs leave the age as "
            "it was; write age: 5000 h",
        ),
        (
            ("      failures: {mtbf: 40 h, mttr: 12 min, crew: technicians}\n", ""),
            "19: fleet.classes.robots.wear: leads to no failure; "
            "write failures: {mtbf: 5000 h, mttr: 30 min}",
        ),
        (
            ("kind: wear", "kind: waer"),
            "31: fleet.classes.fans.signals.vibration.kind: must be one of state, current, power, "
            'counter, temperature, wear (got "waer"); did you mean wear?',
        ),
        (
            ("kind: current, ", ""),
            "32: fleet.classes.fans.signals.current: must have a kind: "
            '{kind: current, idle: 0.5, working: 12, unit: A} (got {"working": 3})',
        ),
        (
            ("jitter: 5 %", "jittre: 5 %"),
            "15: fleet.classes.robots.jittre: unknown key; did you mean jitter?",
        ),
    ],
)
def test_what_is_wrong_with_a_fleet_is_said_with_its_line(change, message):
    assert message in problems(change)


def test_a_wear_signal_without_failures_is_refused():
    text = "size: 100}\n"
    wear = "size: 100, signals: {v: {kind: wear, worn: 2}}}\n"
    assert problems((text, wear)) == [
        "33: fleet.classes.readers.signals.v: shows a wear that leads to no failure; "
        "write failures: {mtbf: 5000 h, mttr: 30 min}"
    ]


def test_devices_have_names_and_stand_at_stations_in_flow_order():
    fleet = compile_fleet(loads(FLEET))
    assert len(fleet) == 22
    robots = [d for d in fleet.devices() if d.of.name == "robots"]
    assert [d.name for d in robots[:2]] == ["robots-01", "robots-02"]
    assert [d.station for d in robots] == [f"weld-{1 + n // 4}" for n in range(12)]
    fans = [d.station for d in fleet.devices() if d.of.name == "fans"]
    assert fans == ["press", "press", "weld-1", "weld-2", "weld-3"]
    assert {fleet.named(d.name).number for d in fleet.devices()} == set(range(22))
    assert [fleet.named(n) for n in ("robots-1", "robots-13", "robots-00", "fan-1", "")] == [
        None
    ] * 5


@given(count=st.integers(1, 200), places=st.integers(1, 40))
def test_devices_are_dealt_out_evenly_and_what_is_over_goes_first(count, places):
    got = np.bincount(dealt(count, np.arange(places)), minlength=places)
    assert got.sum() == count
    assert got.max() - got.min() <= 1
    assert list(got) == sorted(got, reverse=True)


def test_devices_fail_at_their_stations():
    stations = {s.name: s for s in compile_plant(loads(FLEET)).stations()}
    names = [f.name for f in stations["weld-1"].failures]
    assert names == [f"robots-0{n}/failure" for n in range(1, 5)]
    assert [f.of for f in stations["weld-1"].failures] == ["robots"] * 4
    assert not stations["press"].failures  # readers have none, fans slow
    (fan,) = stations["weld-3"].slowing
    assert fan.factor == 1.2
    assert [f.name for f in fan.failures] == ["fans-5/a", "fans-5/b"]
    assert isinstance(fan.failures[0].age, SteadyAge)  # Weibull, made new: as after years
    assert fan.failures[1].age is None  # without memory


@pytest.mark.parametrize(
    ("says", "age", "minimal"),
    [("", SteadyAge, False), (", age: 3 h", object, False), (", repair: as_old", type(None), True)],
)
def test_the_age_at_time_0_is_what_the_scenario_says_or_steady(says, age, minimal):
    fans = FLEET.replace("mttr: 5 min, clock", f"mttr: 5 min{says}, clock", 1)
    (kind,) = [k for k in compile_fleet(loads(fans)).classes if k.name == "fans"]
    assert isinstance(kind.failures[0].age, age)
    assert kind.failures[0].minimal is minimal


def test_switches_take_the_failures_of_devices_out_of_the_plant():
    plant = compile_plant(loads(FLEET, overrides=["realism.breakdowns=false"]))
    assert not any(s.failures or s.slowing for s in plant.stations())
    shared = compile_plant(loads(FLEET, overrides=["realism.shared_technicians=false"]))
    assert not any(f.crew for s in shared.stations() for f in s.failures)


def test_a_class_that_says_nothing_of_its_messages_sends_the_usual_signals():
    classes = loads(FLEET).fleet.classes
    assert classes["readers"].carried == USUAL_SIGNALS
    assert {*classes["robots"].carried} == {*USUAL_SIGNALS, "vibration"}
    assert {*classes["fans"].carried} == {"vibration", "current"}


def test_the_json_schema_takes_a_fleet():
    jsonschema = pytest.importorskip("jsonschema")
    from ruamel.yaml import YAML

    content = YAML(typ="safe", pure=True).load(FLEET)
    jsonschema.Draft202012Validator(json_schema()).validate(content)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10:00", 4 * 3600),
        ("05:00", 23 * 3600),  # the first that is not before the start
        ("tue 10:00", 28 * 3600),
        ("mon 05:00", 167 * 3600),
        ("4 h", 4 * 3600),
    ],
)
def test_moments_of_the_clock_are_counted_from_the_start(text, seconds):
    assert since_start(text, 6 * 3600.0) == seconds
