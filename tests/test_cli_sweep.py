"""``factory-sim sweep``: its table, its files, its exit codes."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest
from typer.testing import CliRunner

from factory_sim import loads, sweep
from factory_sim.cli import app
from factory_sim.report.sweep_table import show_sweep
from factory_sim.report.terminal import console
from test_sweep import BY_HAND, PACED, RANDOM


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(BY_HAND)
    return path


def called(*arguments: object, width: int = 100):
    runner = CliRunner(env={"COLUMNS": str(width)})
    return runner.invoke(app, ["sweep", *map(str, arguments)])


def test_a_sweep_shows_every_level_with_its_difference_and_its_payback(file):
    answer = called(file, "--automation", "0:1:0.5", "--set", "stations.load.buffer=0")
    assert answer.exit_code == 0, answer.output
    text = answer.stdout
    assert "differences are from the baseline, 0 % automation" in text
    assert re.search(r"baseline +0 +0 +0 +60 ± 0 +0 ± 0", text)
    assert re.search(r"50 % +54\.5 +50\.0 +50\.0 +72 ± 0 +\+12 ± 0", text)
    assert re.search(r"50 % .*\b0\.672\b", text)  # years of payback
    assert "note: 100 % cannot be reached: the order of the plan automates at most" in text
    assert re.search(r"throughput +50 %: told apart from every other", text)
    assert "lost per hour on shift, by the average station: blocked, starved" in text
    assert "the line is held" not in text  # there is no paced section


def test_figures_of_a_line_that_is_not_on_shift_are_dashes_or_left_out(tmp_path):
    off = PACED + "shifts: [{days: [sat], from: '08:00', to: '16:00'}]\n"
    (tmp_path / "off.yaml").write_text(off)
    answer = called(tmp_path / "off.yaml", "--automation", "0,0.5", "-r", "2")
    assert answer.exit_code == 0, answer.output
    assert "nan" not in answer.stdout
    assert "line stops" not in answer.stdout
    assert re.search(r"50 % .* 0 ± 0 +0 ± 0", answer.stdout)  # the throughput and its difference


def test_the_table_fits_the_terminal_and_a_wide_one_takes_fewer_blocks(capsys, monkeypatch):
    found = sweep(loads(BY_HAND), automation=[0, 0.5], vary=["stations.weld.buffer=0:2:1"])
    blocks = []
    for width in (80, 100, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        show_sweep(found, console())
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= width
        blocks.append(sum(line.startswith("  automation") for line in lines))
    assert blocks == sorted(blocks, reverse=True)
    assert blocks[0] > blocks[-1]


def test_every_figure_that_is_estimated_has_its_interval(file):
    found = called(file, "--automation", "0,0.5", "--set", "stations.load.buffer=0", width=200)
    lines = found.stdout.splitlines()
    head = next(place for place, line in enumerate(lines) if " blocked " in line)
    for name in ("throughput", "blocked", "starved"):
        end = lines[head].index(f" {name}") + 1 + len(name)
        cells = [line[:end].split("  ")[-1] for line in lines[head + 2 : head + 5]]
        assert all(" ± " in cell for cell in cells), (name, cells)


def test_a_sweep_writes_tables_that_other_programs_read_and_verify_repeats(file, tmp_path):
    out = tmp_path / "results"
    asked = (file, "--automation", "0,0.5", "--vary", "stations.weld.buffer=0,2", "--out", out)
    assert called(*asked).exit_code == 0
    table = pl.read_parquet(out / "sweep.parquet")
    assert table["level"].to_list() == [0.0, 0.0, 0.5, 0.5]
    assert table["stations.weld.buffer"].to_list() == [0.0, 2.0] * 2
    assert table["throughput_difference"].to_list() == pytest.approx([0, 0, 12, 12])
    assert table["payback"][0] is None
    samples = pl.read_parquet(out / "replications.parquet")
    assert samples.height == 4 * 3
    best = pl.read_parquet(out / "best.parquet").filter(figure="throughput")
    assert best["possible"].to_list() == best["best"].to_list() == [False, False, True, True]
    record = json.loads((out / "sweep.json").read_text())
    assert record["points"][2]["figures"]["throughput"]["difference"] == pytest.approx(12)
    assert record["points"][0]["recoveries"] == {}
    verified = CliRunner().invoke(app, ["verify", str(out)])
    assert verified.exit_code == 0, verified.output
    # the same scenario may be swept again, another may not write over it
    assert called(file, "--automation", "0.5", "--out", out).exit_code == 0
    refused = called(file, "--automation", "0.5", "--out", out, "--set", "seed=5")
    assert refused.exit_code == 1
    assert "holds the sweep of another scenario; choose another, or add --force" in refused.stderr
    forced = called(file, "--automation", "0.5", "--out", out, "--set", "seed=5", "--force")
    assert forced.exit_code == 0


def test_a_sweep_never_writes_over_other_files(file, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    answer = called(file, "--automation", "0", "--out", tmp_path)
    assert answer.exit_code == 1
    assert "holds files that are not a run" in answer.stderr
    single = tmp_path / "single"
    CliRunner().invoke(app, ["run", str(file), "--out", str(single)])
    assert called(file, "--automation", "0", "--out", single).exit_code == 1


def test_json_is_one_object_and_nothing_else(file):
    answer = called(file, "--automation", "0,0.5", "--json", "--replications", 1)
    record = json.loads(answer.stdout, parse_constant=pytest.fail)
    assert [point["level"] for point in record["points"]] == [0.0, 0.5]
    assert record["points"][1]["figures"]["throughput"]["half_width"] is None
    assert record["points"][1]["recoveries"]["payback"].keys() == {"value", "low", "high", "unit"}


def test_a_hypercube_is_drawn_from_the_command_line(file):
    vary = ("--vary", "economics.wage=30:60", "--vary", "stations.weld.buffer=0:4:1")
    answer = called(file, *vary, "--samples", 5, "--json")
    points = json.loads(answer.stdout)["points"]
    assert sorted(p["settings"]["stations.weld.buffer"] for p in points) == list("01234")


def test_the_fastest_takt_is_shown_with_the_output_at_it(tmp_path):
    path = tmp_path / "paced.yaml"
    path.write_text(PACED)
    asked = ("--automation", "0,0.5", "--fastest-takt", "95 %", "--out", tmp_path / "out")
    answer = called(path, *asked, "--replications", 2)
    assert answer.exit_code == 0, answer.output
    verified = CliRunner().invoke(app, ["verify", str(tmp_path / "out")])
    assert verified.exit_code == 0, verified.output
    said = " ".join(answer.stdout.split())
    assert "each point at its fastest takt with 95 % availability" in said
    assert re.search(r"50 % .* 3[78]\.\d+ ± 0", answer.stdout)
    assert re.search(r"JPH at that takt +50 %: told apart from every other", answer.stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 1, "there is nothing to sweep; add --automation 0:1:0.1 or --vary"),
        (("--automation", "0,1"), 1, "--automation: 100 % cannot be reached"),
        (("--automation", "0:2:1"), 1, "a level must lie between 0 and 1"),
        (("--vary", "stations.wled.buffer=1,2"), 1, "did you mean weld?"),
        (("--vary", "stations.weld.buffer=-1,2"), 1, "--vary stations.weld.buffer=-1: "),
        (("--vary", "economics.wage=1:9"), 1, "a grid needs a step"),
        (("--vary", "stations.weld.source=us"), 1, "says where numbers come from, so that no"),
        (("--automation", "0", "--fastest-takt", "0.9"), 1, "has no paced section"),
        (("--automation", "0", "--fastest-takt", "95"), 2, "takes a share between 0 and 1"),
        (("--automation", "0", "--samples", "0"), 2, "--samples"),
    ],
)
def test_what_cannot_be_swept_exits_with_the_reason(file, arguments, code, message):
    answer = called(file, *arguments)
    assert answer.exit_code == code
    plain = re.sub(r"\x1b\[[0-9;]*m", "", answer.stderr)
    assert message in " ".join(plain.split())


def test_a_best_that_is_not_sure_names_its_rivals(tmp_path):
    path = tmp_path / "random.yaml"
    path.write_text(RANDOM)
    one, other = "{dist: exponential, mean: 45 s}", "{dist: gamma, mean: 45 s, cv: 0.99}"
    key = "stations.weld.automated.cycle_time"
    answer = called(path, "--vary", f"{key}={one},{other}", "--replications", 4)
    text = " ".join(answer.stdout.split())
    name = "cycle time when automated of weld"
    assert f"{name} is {key}" in text
    assert f"throughput {name} = {other}: not told apart from {name} = {one}" in text


def test_a_range_in_the_help_is_not_taken_for_an_emoji():
    text = called("--help").stdout
    assert "0:1:0.1" in text
    assert all(ord(character) < 0x1F000 for character in text)
