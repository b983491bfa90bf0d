"""What the twin buys: keys of the scenario, levers on shared draws, faults followed to parts."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from factory_sim import StudyError, loads
from factory_sim.cli import app
from factory_sim.fleet.base.detection import SHARES, DetectionLaw
from factory_sim.fleet.bases import Bases, law_in_run
from factory_sim.line.compile import compile_plant
from factory_sim.line.detection import Blind, Detection, Law, Round, Steady
from factory_sim.line.upkeep import FALSE_ALARM, YEAR
from factory_sim.scenario import ScenarioError
from factory_sim.study.compare import compare
from factory_sim.study.faults import chain, fault_chain
from factory_sim.study.late import spell_of
from factory_sim.study.twin import LEVERS, available, gains, pulled

LINE = """
name: robots
horizon: 60 h
warm_up: 4 h
replications: 16
shifts: [{from: "06:00", to: "22:00", breaks: [{at: "10:00", for: 30 min}]}]
stations:
  - {name: floor, cycle_time: 600 s, defects: 5 %}
  - {name: roof, buffer: 2, cycle_time: 580 s, inspection: {detects: 80 %, false_alarm: 10 %,
     then: in_place, repair: 2 min, by_camera: {detects: 98 %, false_alarm: 1 %}}}
fleet:
  devices: 40
  classes:
    robots: {count: 30, attach: "*", period: 1 s, size: 600, criticality: stops,
      failures: {mtbf: 120 h, mttr: 12 min}, wear: {begins: 90 %}}
    ovens: {count: 10, attach: roof, period: 1 s, size: 600, criticality: stops,
      failures: {mtbf: 500 h, mttr: 12 min, clock: calendar}}
"""
UPKEEP = """
monitoring: {by: patrol, patrol: 30 min, twin: 2 s}
maintenance:
  dispatch: {hand: 8 min, twin: 4 min}
  predictive: {monitored: 60 %, detects: 85 %, false_alarms: 0.5, repair: 20 min}
"""


def failures(text: str, station: str = "roof") -> dict:
    plant = compile_plant(loads(text))
    (found,) = [s for s in plant.stations() if s.name == station]
    return {failure.name: failure for failure in found.failures}


def test_a_scenario_without_the_keys_is_left_as_it_was():
    bare = compile_plant(loads(LINE))
    unused = compile_plant(loads(LINE + "maintenance: {predictive: {repair: 20 min}}"))
    assert unused == bare
    assert all(not f.maintained for s in bare.stations() for f in s.failures)


def test_who_sees_is_one_key():
    assert failures(LINE + UPKEEP)["robots-16/failure"].seen == Round(1800.0)
    twin = failures(LINE + UPKEEP.replace("by: patrol", "by: twin"))
    assert twin["robots-16/failure"].seen == twin["ovens-01/failure"].seen
    assert isinstance(twin["robots-16/failure"].seen, Steady)
    assert twin["robots-16/failure"].dispatch.mean == 480.0
    blind = UPKEEP.replace("by: patrol", "by: twin, blind: {at: 30 h, for: 5 min, classes: ovens}")
    seen = {name: f.seen for name, f in failures(LINE + blind).items()}
    assert isinstance(seen["robots-16/failure"], Steady)
    assert seen["ovens-01/failure"] == Blind(twin["ovens-01/failure"].seen.of, 108000, 108300)


def test_a_law_of_the_base_comes_before_the_stated_delay_and_the_round_after():
    law = Law((0.0,), (0.0, 1.0), ((0.0, 1.0),))
    scenario = loads(LINE + UPKEEP.replace("by: patrol", "by: twin"))
    plant = compile_plant(scenario, detection=Detection({"robots": law}))
    seen = {f.of: f.seen for s in plant.stations() for f in s.failures}
    assert seen == {"robots": law, "ovens": Round(1800.0)}


def test_wear_of_the_fleet_is_the_warning_of_predictive_maintenance():
    used = UPKEEP.replace("predictive: {", "predictive: {use: true, ")
    modes = failures(LINE + used)
    ahead = modes["robots-16/failure"].prediction
    assert (ahead.begins, ahead.chance) == (0.9, pytest.approx(0.6 * 0.85))
    assert ahead.breaks.off
    assert modes["ovens-01/failure"].prediction is None  # no wear
    # Fifteen robots at the roof: 60 % of them measured, each half an alarm a year.
    assert modes[FALSE_ALARM].up.mean == pytest.approx(YEAR / (15 * 0.6 * 0.5))
    long = used.replace("repair: 20 min", "repair: 20 min, shortest_break: 1 h")
    kept = failures(LINE + long)["robots-16/failure"].prediction.breaks.off
    assert 0 < len(kept) < len(ahead.breaks.off)


def test_how_soon_failures_are_seen_is_known_though_some_runs_have_none():
    """A mean over failures: all seconds unseen over all failures, in whichever run they were."""
    short = (LINE + UPKEEP).replace("60 h", "11 h").replace("replications: 16", "replications: 12")
    found = compare(loads(short), loads(short, overrides=["monitoring.by=twin"]))
    awaited = found.a.accounts.awaited.sum(axis=1)
    assert (awaited == 0).any()
    assert (awaited > 1).any()
    delay = found.a.estimates["detection_delay"]
    assert delay.mean == pytest.approx(found.a.accounts.unseen.sum() / awaited.sum())
    assert 0 < delay.half_width < delay.mean
    assert found.b.estimates["detection_delay"].mean == pytest.approx(2.0)
    pair = found.differences["detection_delay"].difference
    assert pair.mean == pytest.approx(2.0 - delay.mean)
    assert pair.half_width == pytest.approx(delay.half_width, rel=0.01)


def test_a_camera_inspects_where_there_is_one():
    eye, camera = (
        compile_plant(loads(LINE + f"inspection_by: {who}")).stations()[1].inspection
        for who in ("eye", "camera")
    )
    assert (eye.detects, eye.false_alarm) == (0.8, 0.1)
    assert (camera.detects, camera.false_alarm) == (0.98, 0.01)
    assert camera.repair == eye.repair


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("monitoring: {by: twin, patrol: 30 min}", "monitoring.twin: is needed to see by the twin"),
        ("monitoring: {patrol: 30 min, stations_by: robot}", 'no class "robot" in the fleet; did'),
        (
            "monitoring: {patrol: 30 min, blind: {at: 1 h, for: 1 min, classes: oven}}",
            'monitoring.blind.classes[0]: there is no class "oven"',
        ),
        (
            "maintenance: {dispatch: {hand: 8 min, twin: 4 min, first: rof}}",
            'maintenance.dispatch.first[0]: "rof" matches no station; did you mean roof?',
        ),
        (
            "maintenance: {dispatch: {hand: 8 min, twin: 4 min, first: [by_load, roof]}}",
            "by_load ranks all stations; write it alone, or patterns alone",
        ),
        ("monitoring: {patrol: 0 s}", "monitoring.patrol: must be greater than 0 s"),
    ],
)
def test_what_does_not_fit_is_said_with_its_key(text: str, problem: str):
    with pytest.raises(ScenarioError) as error:
        loads(LINE + text)
    assert problem in str(error.value)


def test_predictive_maintenance_needs_wear_and_breaks_and_repairs_that_make_new():
    predictive = "maintenance: {predictive: {repair: 20 min}}"
    for old, new, problem in (
        (", wear: {begins: 90 %}", "", "finds no wear; write wear: {begins: 97 %}"),
        ('shifts: [{from: "06:00", to: "22:00", breaks: [{at: "10:00", for: 30 min}]}]', "",
         "never finds a break"),
        ("mttr: 12 min}, wear", "mttr: 12 min, repair: as_old}, wear", "write repair: as_new"),
    ):  # fmt: skip
        with pytest.raises(ScenarioError, match=problem):
            loads(LINE.replace(old, new) + predictive)
    with pytest.raises(ScenarioError, match="inspection_by: finds no camera"):
        loads(LINE[: LINE.index(", by_camera")] + "}}\ninspection_by: camera")


def test_monitoring_of_nothing_is_refused():
    bare = LINE[: LINE.index("fleet:")]
    with pytest.raises(ScenarioError, match="about failures of devices, and there are none"):
        loads(bare + "monitoring: {patrol: 30 min}")
    with pytest.raises(ScenarioError, match="about failures, and there are none"):
        loads(bare + "monitoring: {patrol: 30 min, of: all}")


def test_each_lever_is_one_key_between_people_and_the_twin():
    scenario = loads(LINE + UPKEEP)
    assert available(scenario) == LEVERS
    assert [lever.key for lever in LEVERS] == [
        "monitoring.by", "maintenance.dispatch.by", "maintenance.predictive.use", "inspection_by",
    ]  # fmt: skip
    everything = pulled(scenario, LEVERS)
    assert everything.monitoring.by == "twin"
    assert everything.inspection_by == "camera"
    assert compile_plant(pulled(everything, [])) == compile_plant(scenario)


@pytest.fixture(scope="module")
def found():
    return gains(loads(LINE + UPKEEP), shares=True)


def test_shares_of_one_replication_have_no_interval_and_can_be_written():
    record = gains(loads(LINE + UPKEEP), shares=True, replications=1).record()
    for lever in record["levers"]:
        assert lever["shares"]["downtime"]["half_width"] is None
    json.dumps(record, allow_nan=False)


def test_levers_gain_what_they_should(found):
    monitoring, management, predictive, vision = (c.differences for c in found.alone)
    # A round of 30 min is seen after 15 on average; the twin takes 2 s.
    delay = monitoring["unseen"].difference
    assert delay.high < 0
    assert monitoring["downtime"].difference.high < 0 < monitoring["throughput"].difference.low
    assert management["downtime"].difference.high < 0
    assert management["unseen"].difference.mean == pytest.approx(0, abs=abs(delay.mean) / 10)
    assert predictive["planned_repairs"].difference.low > 0
    assert predictive["failures"].difference.high < 0
    assert vision["first_time_through"].difference.low > 0


def test_shares_add_up_to_the_difference(found):
    for name, pair in found.together.differences.items():
        total = sum(share.mean for share in found.shares[name])
        assert total == pytest.approx(pair.difference.mean, abs=1e-9)


def test_pairs_on_the_same_draws_are_sharp(found):
    assert found.alone[0].differences["throughput"].variance_reduction > 0.3


def test_a_scenario_without_levers_is_told_so():
    bare = LINE.replace(", by_camera: {detects: 98 %, false_alarm: 1 %}", "")
    with pytest.raises(StudyError, match="has no lever of the twin; write monitoring:"):
        gains(loads(bare))


def test_a_fault_costs_what_the_rates_of_failures_say():
    text = LINE + UPKEEP.replace("twin: 2 s", "twin: 2 s, blind: {at: 30 h, for: 20 min}")
    followed = fault_chain(loads(text), replications=64)
    assert [late.of for late in followed.late] == ["robots", "ovens"]
    for late in followed.late:
        # A failure in the spell waits for the rest of it.
        assert late.delay == pytest.approx(600.0)
        assert (late.begin, late.end) == (108000.0, 109200.0)
    # Ten ovens on the calendar: 10 x 20 min / (500 h + 12 min) failures in the spell.
    assert followed.late[1].failures == pytest.approx(10 * 1200 / (500 * 3600 + 720))
    expected = sum(late.downtime for late in followed.late)
    error = followed.each.unseen.half_width / 2
    assert abs(followed.each.unseen.mean - expected) < 4 * error
    assert error < expected / 4  # sharp enough to mean something
    assert followed.each.parts.low > 0  # parts are lost to lost messages


def test_a_fault_that_delays_nothing_is_no_chain():
    scenario = loads(LINE + UPKEEP)
    with pytest.raises(StudyError, match="the fault delays no failure"):
        chain(scenario, scenario)
    assert fault_chain(scenario) is None


def test_the_spell_of_a_fault_is_where_its_law_differs():
    usual = Law((0.0,), (0.0, 1.0), ((0.0, 2.0),))
    late = Law((0.0, 60.0, 90.0), (0.0, 1.0), ((0.0, 2.0), (50.0, 70.0), (0.0, 2.1)))
    assert spell_of(late, usual, 1000.0) == (60.0, 90.0)  # 5 % is a rounding
    assert spell_of(usual, usual, 1000.0) is None


def test_the_window_of_the_base_is_laid_into_the_run():
    rows = np.outer([1.2, 300.0, 1.0], SHARES)
    phases = ("normal", "fault", "normal")
    law = DetectionLaw("robots", np.array([0.0, 120.0, 420.0]), 600.0, phases, rows, np.ones(3))
    in_run = law_in_run(law, 14_400.0)
    assert in_run.begins == (0.0, 14_400.0, 14_520.0, 14_820.0, 15_000.0)
    # Elsewhere the law is that of the normal piece in which no fault is felt.
    means = in_run.mean(np.array([0.0, 14_500.0, 14_600.0, 14_900.0, 1e6]))
    np.testing.assert_allclose(means, [0.5, 0.6, 150.0, 0.5, 0.5])


BASE = """
digital_base:
  uplinks: {radio: {latency: 2 ms}}
  gateways: {count: 1, service: 1 ms}
  broker: {partitions: 1, service: 0.1 ms}
  services: [{name: twin, service: 1 ms}]
  window: {from: "08:00", for: 60 s}
  faults: [{gateway: 1, from: "08:00:20", for: 20 s}]
"""


def test_messages_lost_in_the_base_are_followed_to_parts():
    scenario = loads(LINE + UPKEEP.replace(", twin: 2 s", "") + BASE)
    assert Bases().detection(scenario) is None  # seen on the round
    followed = fault_chain(scenario, replications=8)
    robots = next(late for late in followed.late if late.of == "robots")
    # Thirty robots, a message a second, a gateway away for 20 s.
    assert robots.lost == pytest.approx(600, abs=31)
    # What fails then waits for the rest of them; the window before them counts, too.
    assert robots.delay * (robots.end - robots.begin) == pytest.approx(20**2 / 2, rel=0.15)
    assert robots.begin == pytest.approx(8 * 3600 + 20, abs=21)


def test_the_command_prints_levers_and_the_chain_and_gives_json(tmp_path):
    path = tmp_path / "plant.yaml"
    blind = UPKEEP.replace("twin: 2 s", "twin: 2 s, blind: {at: 30 h, for: 20 min}")
    path.write_text(LINE + blind, encoding="utf-8")
    short = ["--replications", "3", "--set", "horizon=32 h"]
    shown = CliRunner().invoke(app, ["twin", str(path), *short])
    assert shown.exit_code == 0
    assert max(map(len, shown.stdout.splitlines())) <= 80
    for words in ("+ monitoring", "+ vision inspection", "with the twin", "seen late", "30:20:00"):
        assert words in shown.output
    out = ["--json", "--out", str(tmp_path / "out"), *short]
    record = json.loads(CliRunner().invoke(app, ["twin", str(path), *out]).stdout)
    assert [lever["name"] for lever in record["levers"]] == [lever.name for lever in LEVERS]
    assert record["fault"]["late"][0]["of"] == "robots"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["asked"]["monitoring"]["blind"] is not None
    # The same command may write there again, that of another plant may not.
    assert CliRunner().invoke(app, ["twin", str(path), *out]).exit_code == 0
    refused = CliRunner().invoke(app, ["twin", str(path), *out, "--set", "seed=2"])
    assert refused.exit_code == 1
    assert "holds the gains of the twin of another scenario" in refused.stderr
    refused = CliRunner().invoke(app, ["run", str(path), *out])
    assert "holds another study" in refused.stderr
