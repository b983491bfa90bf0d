"""Indicators by ISO 22400-2: hand-computed plants, identities, intervals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from factory_sim import loads, simulate
from factory_sim.analysis import jackknife
from factory_sim.analysis.books import account
from factory_sim.analysis.kpi_elements import plant_elements, station_elements
from factory_sim.analysis.kpis import KPIS
from factory_sim.analysis.statistics import interval
from factory_sim.cli import app
from plants import costly, plants, thoroughly

if TYPE_CHECKING:
    from factory_sim.line.plant import Plant

MILL = """
name: mill and test
horizon: 1526 s
warm_up: 0
replications: 2
orders: {sequence: [A, A, B, B]}
stations:
  - name: mill
    cycle_time: 10 s
    setup: 4 s
    failures: {mtbf: {dist: constant, value: 100 s}, mttr: {dist: constant, value: 30 s}}
  - {name: test, cycle_time: 5 s}
"""


def kpis(text: str, *overrides: str):
    return simulate(loads(text, overrides=overrides)).kpis


def means(found) -> dict[str, float]:
    return {name: estimate.mean for name, estimate in found.items()}


@pytest.mark.parametrize("engine", ["batch", "reference"])
def test_a_line_with_set_ups_and_failures_has_the_indicators_worked_out_by_hand(engine):
    """100 parts take 1,000 s, 49 changes of 4 s, and 11 repairs of 30 s: 1,526 s."""
    found = kpis(MILL, f"engine={engine}").stations["mill"]
    expected = {
        "availability": 1000 / 1526,
        "effectiveness": 1,
        "quality_ratio": 1,
        "oee": 1000 / 1526,
        "nee": 1196 / 1526,
        "allocation_efficiency": 1,
        "utilisation_efficiency": 1000 / 1526,
        "technical_efficiency": 1000 / 1330,
        "setup_ratio": 196 / 1196,
        "blocking_ratio": 0,
        "starving_ratio": 0,
        "throughput_rate": 3600 * 100 / 1526,
        "mtbf": 1196 / 11,
        "mttf": 1196 / 11,
        "mttr": 30,
        "corrective_maintenance_ratio": 1,
        "scrap_ratio": 0,
        "rework_ratio": 0,
    }
    for name, value in expected.items():
        assert found[name].mean == pytest.approx(value, rel=1e-12), name
        assert found[name].half_width == 0, name
    undefined = {"first_pass_yield", "worker_efficiency", "production_process_ratio"}
    assert all(np.isnan(found[name].mean) for name in undefined)


def test_a_defect_counts_where_it_is_made_and_a_repair_where_it_is_done():
    """Every part of the mill is defective; the test takes 5 s, finds it, mends it in 3 s."""
    checks = "stations.test.inspection={detects: 1, then: in_place, repair: 3 s}"
    found = kpis(MILL, "stations.mill.defects=100 %", checks)
    mill, test = (means(found.stations[name]) for name in ("mill", "test"))
    assert (mill["quality_ratio"], mill["oee"], mill["rework_ratio"]) == (0, 0, 0)
    assert (test["quality_ratio"], test["first_pass_yield"], test["rework_ratio"]) == (1, 0, 1)
    # The last part is on the test station for none of its time at 1,526 s.
    assert test["effectiveness"] == pytest.approx(5 / 8)
    assert means(found.plant)["first_pass_yield"] == 0
    assert means(found.plant)["rework_ratio"] == 1


def test_scrap_counts_where_it_is_thrown_away_and_is_produced_all_the_same():
    checks = "stations.test.inspection={detects: 1, then: scrap}"
    found = kpis(MILL, "stations.mill.defects=100 %", checks)
    test, plant = means(found.stations["test"]), means(found.plant)
    assert (test["scrap_ratio"], test["first_pass_yield"], test["quality_ratio"]) == (1, 0, 1)
    assert (plant["scrap_ratio"], plant["first_pass_yield"]) == (1, 0)
    assert plant["throughput_rate"] == pytest.approx(3600 * 99 / 1526)


@pytest.mark.parametrize("servers", [1, 2])
def test_failures_on_the_calendar_clock_count_once_for_all_servers(servers):
    """Failures begin at 90, 190, ..., 990 s; the last repair is cut by the end."""
    text = f"""
name: press
horizon: 1000 s
warm_up: 0
replications: 2
stations:
  - name: press
    servers: {servers}
    crew: 2
    cycle_time: 9 s
    failures:
      mtbf: {{dist: constant, value: 90 s}}
      mttr: {{dist: constant, value: 10 s}}
      clock: calendar
"""
    found = means(kpis(text).stations["press"])
    assert found["mttr"] == pytest.approx(10)
    assert found["mttf"] == pytest.approx(90)
    assert found["mtbf"] == pytest.approx(90 * servers)
    assert found["worker_efficiency"] == pytest.approx(0.9)


def test_failures_on_the_busy_clock_hit_one_server_and_count_its_time():
    """Two servers, each always at work on parts of 10 s: every 100 s of work, 25 s of repair."""
    text = """
name: presses
horizon: 10000 s
warm_up: 0
replications: 2
stations:
  - name: press
    servers: 2
    cycle_time: 10 s
    failures: {mtbf: {dist: constant, value: 100 s}, mttr: {dist: constant, value: 25 s}}
"""
    found = means(kpis(text).stations["press"])
    assert found["mtbf"] == pytest.approx(100, rel=0.01)
    assert found["mttf"] == pytest.approx(100, rel=0.01)
    assert found["mttr"] == pytest.approx(25, rel=0.01)


def test_planned_stops_within_the_shift_are_preventive_maintenance():
    """Of the two stops only that from 12:00 to 12:30 lies in the shift."""
    text = """
name: press
horizon: 1 d
warm_up: 0
replications: 2
shifts: [{from: "06:00", to: "14:00", breaks: [{at: "12:20", for: 10 min}]}]
stations:
  - name: press
    cycle_time: 60 s
    planned: [{at: "12:00", for: 30 min}, {at: "20:00", for: 1 h}]
    failures: {mtbf: {dist: constant, value: 4 h}, mttr: {dist: constant, value: 10 min}}
"""
    result = simulate(loads(text))
    elements = station_elements(result.plant, result.accounts)
    np.testing.assert_allclose(elements.pmt, 20 * 60)  # the break would have been anyway
    np.testing.assert_allclose(elements.pbt, (8 * 60 - 30) * 60)
    ratio = result.kpis.stations["press"]["corrective_maintenance_ratio"].mean
    assert ratio == pytest.approx(10 / (10 + 20))


def test_the_shares_of_a_lead_time_are_those_of_the_parts_on_the_main_line():
    """Parts pass in 10 + 5 s, and wait for nothing: all of their time is production."""
    text = MILL.replace("    setup: 4 s\n", "").split("    failures")[0]
    text += "  - {name: test, cycle_time: 5 s}\n"
    found = means(kpis(text, "horizon=1000 s").plant)
    assert found["production_process_ratio"] == pytest.approx(1)
    assert found["allocation_ratio"] == pytest.approx(1)
    slower = means(kpis(text, "horizon=1000 s", "stations.test.transport=5 s").plant)
    assert slower["production_process_ratio"] == pytest.approx(15 / 20, rel=0.01)


@costly(5)
@given(plant=plants(), seed=st.integers(0, 2**32))
def test_the_identities_of_the_standard_hold_in_every_replication(plant: Plant, seed: int) -> None:
    accounts = account(plant, seed, range(63, 66), 15.0, 60.0, "batch")
    for e in (station_elements(plant, accounts), plant_elements(plant, accounts)):
        value = {kpi.name: kpi.of(e) for kpi in KPIS}
        np.testing.assert_allclose(e.apt + e.aust + e.adet + e.adot, e.pbt, atol=1e-6)
        with np.errstate(invalid="ignore", divide="ignore"):
            product = value["availability"] * value["effectiveness"] * value["quality_ratio"]
            np.testing.assert_allclose(value["oee"], product)
            known = np.isfinite(product)
            np.testing.assert_allclose(product[known], (e.good / e.pbt)[known], atol=1e-9)
            net = (e.apt + e.aust) / e.pbt * value["effectiveness"] * value["quality_ratio"]
            np.testing.assert_allclose(value["nee"], net)
        for kpi in KPIS:
            if kpi.bounded:
                some = value[kpi.name][np.isfinite(value[kpi.name])]
                assert (some >= -1e-9).all(), kpi.name
                assert (some <= 1 + 1e-9).all(), kpi.name
    e = station_elements(plant, accounts)
    failed = (e.fe > 0) & (e.up + e.ttr > 0)
    mttf, mttr = (e.up / np.maximum(e.fe, 1))[failed], (e.ttr / np.maximum(e.fe, 1))[failed]
    np.testing.assert_allclose(mttf / (mttf + mttr), (1 - e.cmt / e.pbt)[failed], atol=1e-9)
    assert (e.gq <= e.pq).all()
    assert (e.gp + e.sq + e.rq <= e.pq).all()


test_the_identities_of_the_standard_hold_in_every_replication_thoroughly = thoroughly(
    test_the_identities_of_the_standard_hold_in_every_replication,
    given(plant=plants(), seed=st.integers(0, 2**32)),
)


def test_the_jackknife_of_a_mean_is_students_interval():
    x = np.random.default_rng(0).gamma(2.0, size=(9, 1))
    estimate = interval(x[:, 0], 0.9)
    assert jackknife.mean(x)[0] == pytest.approx(estimate.mean)
    half_width = jackknife.half_width(jackknife.left_out(x), 0.9)
    assert half_width[0] == pytest.approx(estimate.half_width)


def test_the_interval_of_a_ratio_covers_the_truth_as_often_as_it_claims():
    """Work and failures of 2,000 runs of 30 replications: 100 failures of 50 s of work each."""
    random = np.random.default_rng(0)
    failures = random.poisson(100, size=(30, 2_000)).astype(float)
    work = random.gamma(failures, 50.0)
    ratio = jackknife.mean(work) / jackknife.mean(failures)
    spread = jackknife.half_width(jackknife.left_out(work) / jackknife.left_out(failures), 0.95)
    covered = np.mean(np.abs(ratio - 50) < spread)
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 2_000)
    narrow = np.mean(np.abs(ratio - 50) < spread / 2)  # negative control
    assert narrow < 0.8


def test_what_hangs_on_one_replication_has_no_interval():
    """Of three runs one has a failure: there is a mean time to repair, but no spread of it."""
    text = MILL.replace("{dist: constant, value: 100 s}", "{dist: exponential, mean: 10000 s}")
    result = simulate(loads(text, overrides=["replications=3", "seed=8"]))
    assert sorted(result.accounts.failures[:, 0]) == [0, 0, 1]
    mttr = result.kpis.stations["mill"]["mttr"]
    assert mttr.mean == pytest.approx(30)
    assert np.isnan(mttr.half_width)
    assert np.isnan(jackknife.half_width(np.ones((1, 1)), 0.95)).all()


def test_run_shows_writes_and_prints_the_indicators(tmp_path):
    file = tmp_path / "mill.yaml"
    file.write_text(MILL)
    runner = CliRunner()
    shown = runner.invoke(app, ["run", str(file), "--kpis", "--out", str(tmp_path / "out")])
    assert shown.exit_code == 0
    assert "avail  effect" in shown.output
    assert "setup: set-up ratio, AUST/AUPT" in shown.output
    assert "0.655" in shown.output
    table = pq.read_table(tmp_path / "out" / "kpis.parquet").to_pylist()
    assert [row["name"] for row in table] == ["mill", "test", "mill and test"]
    assert table[0]["oee"] == pytest.approx(1000 / 1526)
    assert json.loads((tmp_path / "out" / "kpis.json").read_text()) == table
    plain = runner.invoke(app, ["run", str(file), "--json"])
    record = json.loads(plain.stdout)["kpis"]
    assert record == table
    assert record[0]["first_pass_yield"] is None
