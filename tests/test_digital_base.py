"""What a user may write about the digital base, what is refused, and the command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from factory_sim.cli import app
from factory_sim.fleet.base import simulate
from factory_sim.fleet.base.run import simulate_base
from factory_sim.scenario import ScenarioError, loads

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
name: small base
horizon: 40 h
stations:
  - {name: press, cycle_time: 52 s}
fleet:
  devices: 60
  classes:
    robots: {count: 40, attach: press, period: 0.5 s, size: 600, uplink: urllc, fresh_within: 1 s}
    meters: {count: 20, attach: press, period: 5 s, size: 150, uplink: embb}
digital_base:
  uplinks:
    urllc: {latency: {dist: lognormal, median: 1.57 ms, sigma: 0.435}, loss: 1e-5}
    embb: {latency: 9 ms}
  cells: {count: 2, capacity: 10 Mbit/s}
  gateways: {count: 2, service: 1 ms, queue: 1000, drop: oldest}
  broker: {partitions: 2, service: 0.2 ms}
  services:
    - {name: ingest, replicas: 2, service: 5 ms}
    - {name: alarms, service: 1 ms, then: []}
    - {name: twin, replicas: 2, service: 5 ms}
  twin: twin
  window: {from: "10:00", for: 20 s, warm_up: 2 s}
"""
CHAIN = BASE.replace(
    "service: 5 ms}\n    - {name: al", "service: 5 ms, then: [alarms, twin]}\n    - {name: al"
)


def refusals(*changes: tuple[str, str], text: str = CHAIN) -> str:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    with pytest.raises(ScenarioError) as error:
        loads(text, "base.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "then: []",
            "then: ingest",
            "base.yaml:19: digital_base.services[0].then: closes a loop, ingest -> alarms -> "
            "ingest; leave one of these out of then:",
        ),
        (
            "then: [alarms, twin]",
            "then: [alarms, twinn]",
            'base.yaml:19: digital_base.services[0].then: there is no service "twinn"; '
            "did you mean twin?",
        ),
        (
            "then: [alarms, twin]",
            "then: [alarms]",
            "base.yaml:21: digital_base.services[2].name: gets no messages; name it in then: of "
            "another service",
        ),
        (
            "twin: twin",
            "twin: ingset",
            'base.yaml:22: digital_base.twin: there is no service "ingset"; did you mean ingest?',
        ),
        (
            "name: ingest",
            "name: broker",
            'base.yaml:19: digital_base.services[0].name: "broker" is the name of a stage before '
            "the services; write another",
        ),
        (
            "uplink: embb",
            "uplink: emb",
            'base.yaml:10: fleet.classes.meters.uplink: there is no uplink "emb"; '
            "did you mean embb?",
        ),
        (
            "period: 5 s",
            "period: -5 s",
            'base.yaml:10: fleet.classes.meters.period: must be greater than 0 s (got "-5 s")',
        ),
        (
            "10 Mbit/s",
            "10 Mbyte",
            "base.yaml:15: digital_base.cells.capacity: must be a rate such as 100 Mbit/s "
            '(got "10 Mbyte")',
        ),
        (
            "drop: oldest",
            "drop: odlest",
            "base.yaml:16: digital_base.gateways.drop: must be one of newest, oldest "
            '(got "odlest"); did you mean oldest?',
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(before: str, after: str, message: str) -> None:
    assert message in refusals((before, after)).splitlines()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("{gateway: 3, from: '10:00:05', for: 5 s}", "gateway: must be at most 2, the number of "),
        ("{gateway: 1, from: '10:00:05'}", "for: is missing, so that it never ends; write for:"),
        ("{cell: 1}", 'from: is missing, so that it never begins; write from: "10:00"'),
        ("{cell: 1, from: '11:00', for: 5 s}", "from: must lie in the window, 20 s from 10:00"),
        ("{service: ingets, replicas: 1}", 'service: there is no service "ingets"; did you mean '),
        ("{telemetry: 10, classes: [robot]}", 'there is no device class "robot"; did you mean '),
        ("{service: twin}", "needs replicas: or slower:, one of them, beside service:"),
        ("{broker: all}", "needs slower: beside broker:, such as slower: 3"),
        ("{gateway: 1, cell: 1}", "must name one of gateway, cell, service, broker, telemetry"),
        ("{cell: 1, slower: 2}", "slower does not go with cell; leave it out"),
    ],
)
def test_a_fault_says_what_and_when(fault: str, message: str) -> None:
    text = CHAIN + f"  faults:\n    - {fault}\n"
    found = refusals(text=text)
    assert found.startswith("base.yaml:25: digital_base.faults[0]")
    assert message in found


def test_a_base_needs_devices() -> None:
    text = CHAIN[: CHAIN.index("fleet:")] + CHAIN[CHAIN.index("digital_base:") :]
    assert "digital_base: has no devices whose messages it carries" in refusals(text=text)


def test_side_services_get_every_message_and_the_twin_knows_only_its_own() -> None:
    result = simulate_base(loads(CHAIN))
    ingest, alarms, twin = result.stages[3:]
    assert abs(ingest.arrived - alarms.arrived) < 20
    assert abs(ingest.arrived - twin.arrived) < 20
    assert result.latency["p50"] > 0.011


def test_the_order_of_classes_moves_nothing() -> None:
    lines = CHAIN.splitlines(keepends=True)
    robots = next(k for k, line in enumerate(lines) if "robots:" in line)
    lines[robots : robots + 2] = lines[robots : robots + 2][::-1]
    one, two = (simulate_base(loads(text)).record() for text in (CHAIN, "".join(lines)))
    assert one | {"seconds": 0} == two | {"seconds": 0}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text(CHAIN, encoding="utf-8")
    return path


def test_the_command_shows_writes_and_repeats(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    called = CliRunner().invoke(app, ["base", str(file), "--out", str(out)])
    assert called.exit_code == 0, called.output
    assert "small base, 60 devices · 20 s from 10:00" in called.output
    assert max(map(len, called.stdout.splitlines())) <= 80
    wide = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["base", str(file)])
    assert len(wide.stdout.splitlines()) < len(called.stdout.splitlines())
    stages = pq.read_table(out / "stages.parquet").to_pylist()
    assert {row["stage"] for row in stages} == {
        "uplink",
        "gateway",
        "broker",
        "ingest",
        "alarms",
        "twin",
    }
    detection = pq.read_table(out / "detection.parquet")
    assert detection.num_rows == 2 * 305
    assert CliRunner().invoke(app, ["verify", str(out)]).exit_code == 0
    printed = CliRunner().invoke(app, ["base", str(file), "--json", "--for", "5 s"])
    assert json.loads(printed.stdout)["length"] == 5.0


def test_the_command_needs_a_fleet_and_a_base(tmp_path: Path) -> None:
    path = tmp_path / "line.yaml"
    path.write_text(CHAIN[: CHAIN.index("fleet:")], encoding="utf-8")
    called = CliRunner().invoke(app, ["base", str(path)])
    assert called.exit_code == 1
    assert "digital_base: is missing; write digital_base:" in called.output


def test_an_overloaded_queue_is_warned_of_and_bounded(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    fault = "digital_base.faults=[{telemetry: 20, from: '10:00:10', for: 8 s}]"
    command = ["base", str(file), "--set", fault]
    called = CliRunner().invoke(app, command)
    text = " ".join(called.output.split())
    assert "warning: ingest is offered 4.2 times what it can do from 10:00:10 on, and its " in text
    assert "it diverges, by 1,280 messages/s" in text
    assert "finite `digital_base.services[0].queue`" in text
    monkeypatch.setattr(simulate, "MOST_UNDER_WAY", 1_000)
    called = CliRunner().invoke(app, command)
    assert called.exit_code == 1
    assert "digital_base.services[0].queue: is overloaded:" in called.output
