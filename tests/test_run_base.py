"""A run shows the digital base of its plant: simulated once, summed up, written, repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from factory_sim.cli import app
from factory_sim.fleet.base import run as base_run
from factory_sim.fleet.bases import Bases
from factory_sim.report import base_table
from factory_sim.report.base_summary import lost_share, stale, summary
from factory_sim.report.figures import gallery
from factory_sim.report.recorded import read_runs
from factory_sim.scenario import loads
from factory_sim.study.faults import fault_chain
from factory_sim.study.run import simulate

if TYPE_CHECKING:
    from pathlib import Path

PLANT = """
name: connected line
horizon: 5 h
warm_up: 0
start: "06:00"
replications: 3
stations:
  - {name: press, cycle_time: 52 s}
  - {name: weld, cycle_time: 50 s}
fleet:
  devices: 60
  classes:
    robots:
      {count: 40, attach: press, period: 0.5 s, size: 600, fresh_within: 2 s,
       criticality: stops, failures: {mtbf: 100 h, mttr: 5 min}}
    meters: {count: 20, attach: weld, period: 2 s, size: 150}
digital_base:
  uplinks: {radio: {latency: 2 ms}}
  gateways: {count: 2, service: 1 ms}
  broker: {partitions: 2, service: 0.2 ms}
  services:
    - {name: ingest, replicas: 2, service: 5 ms}
    - {name: twin, replicas: 4, service: 5 ms}
  window: {from: "10:00", for: 20 s, warm_up: 2 s}
"""
BY_TWIN = "monitoring: {by: twin, patrol: 20 min}\n"
DEAD = '  faults: [{gateway: 1, from: "10:00", for: 20 s}]\n'
"""One of two gateways is away for the whole window."""
BRIEF = DEAD.replace("10:00", "10:00:05").replace("20 s", "10 s")


def without_time(record: dict[str, object]) -> dict[str, object]:
    return record | {"seconds": None}


@pytest.mark.parametrize("monitoring", ["", BY_TWIN])
def test_a_run_carries_what_its_base_does_whoever_watches(monitoring: str) -> None:
    scenario = loads(PLANT + monitoring)
    assert (Bases().detection(scenario) is None) == (not monitoring)
    result = simulate(scenario)
    assert result.base is not None
    alone = base_run.simulate_base(scenario)
    assert without_time(result.base.record()) == without_time(alone.record())
    assert without_time(result.record()["base"]) == without_time(alone.record())


def test_a_plant_without_a_base_has_none() -> None:
    text = PLANT[: PLANT.index("digital_base:")]
    result = simulate(loads(text))
    assert result.base is None
    assert "base" not in result.record()


def test_the_summary_counts_what_is_lost_and_who_is_stale() -> None:
    usual, dead = (Bases().result(loads(text)) for text in (PLANT, PLANT + DEAD))
    assert usual is not None
    assert dead is not None
    assert lost_share(usual) == 0
    assert stale(usual) == []
    lines = list(summary(usual, 200))
    # 40 robots twice a second and 20 meters every other second.
    assert "20 s from 10:00: 1,800 messages of 60 devices, 90/s, 0 % lost" in lines[0]
    # 90 messages/s of 5 ms each load two replicas of ingest by 0.225.
    assert "busiest stage: ingest, load 0.22" in lines[1]
    assert lines[2].strip() == "age of information: within the target of its class"
    # Half the devices are behind the gateway that is away.
    assert lost_share(dead) == pytest.approx(0.5, abs=0.02)
    (robots,) = stale(dead)  # meters have no target
    assert robots.name == "robots"
    # That half was heard of 0.25 s before on average, and is fresh until 2 s are over.
    assert robots.fresh is not None
    assert robots.fresh.mean == pytest.approx(0.5 + 0.5 * (2 - 0.25) / 20, abs=0.005)
    assert list(summary(dead, 200))[2].strip() == (
        f"too old for their target: robots ({100 * robots.fresh.mean:.1f} % within 2.00 s)"
    )


def test_what_is_lost_over_the_air_makes_the_rest_no_faster() -> None:
    """Constant times: 600 bytes of the one class take 4.8 ms of the cell, and 2 ms of the air."""
    alone = PLANT.replace("devices: 60", "devices: 40").replace(
        "    meters: {count: 20, attach: weld, period: 2 s, size: 150}\n", ""
    )
    cell = "  cells: {count: 40, capacity: 1 Mbit/s}\n"
    lossy = alone.replace("{latency: 2 ms}", "{latency: 2 ms, loss: 60 %}") + cell
    found = Bases().result(loads(lossy))
    assert found is not None
    uplink = found.stages[0]
    assert uplink.lost == pytest.approx(0.6 * uplink.arrived, rel=0.1)
    assert uplink.mean_latency.mean == pytest.approx(0.0068)
    assert uplink.latency["p50"] == pytest.approx(0.0068, rel=0.06)
    assert np.nanmax(uplink.course.latency) == pytest.approx(0.0068)
    # What rounding leaves of no spread is not shown: the services take 5 ms, with no interval.
    assert found.stages[4].mean_latency.half_width < 1e-12
    assert not any("±" in line for line in base_table.lines(found, 200) if line[2:6] == "twin")


def test_classes_beyond_the_third_are_counted() -> None:
    dead = Bases().result(loads(PLANT + DEAD))
    assert dead is not None
    (robots,) = stale(dead)
    many = replace(dead, classes=tuple(replace(robots, name=f"c{n}") for n in range(5)))
    text = list(summary(many, 200))[2]
    assert "c2" in text
    assert "c3" not in text
    assert text.endswith("2 more")
    none = replace(dead, classes=tuple(replace(robots, fresh=None) for _ in range(2)))
    assert (
        list(summary(none, 200))[2].strip().startswith("age of information: no class has a target")
    )


def test_an_overload_of_the_base_is_a_warning_of_the_run() -> None:
    slow = PLANT.replace("name: ingest, replicas: 2, service: 5 ms", "name: ingest, service: 20 ms")
    result = simulate(loads(slow))
    texts = [str(warning) for warning in result.warnings]
    assert any(text.startswith("ingest is offered 1.8 times what it can do") for text in texts)
    usual = simulate(loads(PLANT))
    assert not any("is offered" in str(warning) for warning in usual.warnings)


def test_the_run_shows_writes_and_repeats_its_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "save", lambda _, path: path.touch())
    path, out = tmp_path / "plant.yaml", tmp_path / "out"
    path.write_text(PLANT, encoding="utf-8")
    drawn_at_once = ["--plots", str(tmp_path / "plots")]
    called = CliRunner().invoke(app, ["run", str(path), "--out", str(out), *drawn_at_once])
    assert called.exit_code == 0, called.output
    assert "digital base, 20 s from 10:00: 1,800 messages" in called.output
    record = json.loads((out / "base.json").read_text(encoding="utf-8"))
    assert record["messages"] == 1800
    stages = pq.read_table(out / "stages.parquet").column("stage").to_pylist()
    assert set(stages) == {"uplink", "gateway", "broker", "ingest", "twin"}
    assert (out / "classes.parquet").exists()
    assert (out / "detection.parquet").exists()
    assert CliRunner().invoke(app, ["verify", str(out)]).exit_code == 0
    assert CliRunner().invoke(app, ["plot", str(out)]).exit_code == 0
    drawn = {path.name: path.read_bytes() for path in (out / "figures").iterdir()}
    assert {f"{name}.png" for name in ("base-latency", "base-age", "base-load", "devices")} <= (
        drawn.keys()
    )
    assert drawn == {path.name: path.read_bytes() for path in (tmp_path / "plots").iterdir()}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    manifest["runs"]["run"]["base_digest"] = "other"
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    refused = CliRunner().invoke(app, ["verify", str(out)])
    assert refused.exit_code != 0
    assert "the figures of the digital base are others" in refused.output


def test_a_comparison_shows_and_writes_two_bases_only_where_they_differ(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT + BY_TWIN, encoding="utf-8")

    def compared(change: str, out: Path) -> str:
        command = ["compare", str(path), str(path), "--set-b", change, "--out", str(out)]
        called = CliRunner().invoke(app, command)
        assert called.exit_code == 0, called.output
        return called.stdout

    text = compared("stations.weld.cycle_time=48 s", tmp_path / "same")
    assert text.count("digital base, ") == 1
    assert not (tmp_path / "same" / "b-base.json").exists()
    dead = "digital_base.faults=[{gateway: 1, from: '10:00:05', for: 10 s}]"
    text = compared(dead, tmp_path / "other")
    assert "A  digital base, " in text
    assert "B  digital base, " in text
    a, b = (
        json.loads((tmp_path / "other" / f"{prefix}base.json").read_text(encoding="utf-8"))
        for prefix in ("", "b-")
    )
    assert (a["recoveries"], sum(each["arrived"] for each in a["classes"])) == ([], 1800)
    assert sum(each["arrived"] for each in b["classes"]) == pytest.approx(1350, abs=90)
    assert (tmp_path / "other" / "b-stages.parquet").exists()
    for name, parts in (("same", ["a"]), ("other", ["a", "b"])):
        runs = read_runs(tmp_path / name)
        assert [part for part, run in runs.items() if run.base] == parts
        assert [row["name"] for row in runs["b"].devices] == ["robots"]


def test_a_fault_is_shown_beside_the_base_without_it() -> None:
    followed = fault_chain(loads(PLANT + BRIEF + BY_TWIN))
    assert followed is not None
    assert followed.base is not None
    assert lost_share(followed.base) == 0
    assert json.loads(json.dumps(followed.record()))["base"]["messages"] == 1800
