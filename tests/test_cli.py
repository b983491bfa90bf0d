from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from factory_sim import Estimate, exits, loads
from factory_sim.analysis.statistics import interval
from factory_sim.cli import app
from factory_sim.report.numbers import places_of_part, plus_minus
from factory_sim.report.readable import margin_of
from factory_sim.report.writable import OutputError
from factory_sim.study import executors, replications, run, tiles

VERBS = (
    "run",
    "compare",
    "diff",
    "explain",
    "sweep",
    "twin",
    "base",
    "device",
    "telemetry",
    "plot",
    "report",
    "check",
    "schema",
    "verify",
    "init",
)
README = Path(__file__).parents[1] / "README.md"

LINE = """
name: small line
horizon: 4 h
warm_up: 1 h
replications: 10
stations:
  - {name: press, cycle_time: {dist: exponential, mean: 50 s}}
  - {name: weld, buffer: 3, cycle_time: 55 s}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "line.yaml"
    path.write_text(LINE)
    return path


def called(*arguments: object, stdin: str | None = None):
    return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)


def started(*arguments: object, **options):
    """Run the program in a process of its own."""
    command = [sys.executable, "-c", "from factory_sim.cli import main; main()"]
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False, **options
    )


def test_a_run_shows_the_figures_with_their_intervals(file):
    answer = called("run", file)
    assert answer.exit_code == 0, answer.output
    assert re.search(r"throughput +\d+\.\d+ ± \d+\.\d+ parts/h", answer.stdout)
    runs = "10 replications \N{MULTIPLICATION SIGN} 4 h (first 1 h cut)"
    assert f"small line, 2 stations · {runs}" in answer.stdout
    assert "<- bottleneck" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_json_is_one_object_and_nothing_else(file):
    answer = called("run", file, "--json")
    assert answer.exit_code == 0
    record = json.loads(answer.stdout)
    assert record["scenario"] == "small line"
    assert record["engine"] == "batch"
    assert record["replications"] == 10
    assert record["estimates"]["throughput"].keys() == {"mean", "half_width", "unit"}
    assert record["estimates"]["throughput"]["unit"] == "parts/h"
    assert {"lead_time", "wip"} <= record["estimates"].keys()
    states = ("busy", "blocked", "starved", "waiting", "down", "off")
    assert [s["name"] for s in record["stations"]] == ["press", "weld"]
    assert all(abs(sum(s[x] for x in states) - 1) < 1e-9 for s in record["stations"])
    assert isinstance(record["warnings"], list)
    assert not answer.stderr


def test_json_holds_no_nan(file):
    answer = called(
        "run", file, "--json", "--replications", 1, "--set", "horizon=90 s", "--set", "warm_up=0"
    )
    assert answer.exit_code == 0
    record = json.loads(answer.stdout, parse_constant=pytest.fail)
    assert record["estimates"]["throughput"]["half_width"] is None


def test_options_replace_what_the_scenario_says(file):
    answer = called(
        "run",
        file,
        "--json",
        "--seed",
        0,
        "--replications",
        3,
        "--engine",
        "reference",
        "--set",
        "stations.weld.cycle_time=30 s",
    )
    record = json.loads(answer.stdout)
    assert (record["seed"], record["replications"], record["engine"]) == (0, 3, "reference")
    assert record["estimates"]["throughput"]["mean"] > 60


def test_a_figure_that_is_not_defined_is_a_dash_without_a_unit(file):
    answer = called("run", file, "--set", "horizon=10 s", "--set", "warm_up=0")
    assert re.search(r"lead time +-\n", answer.stdout)
    assert re.search(r"throughput +0 ± 0 parts/h", answer.stdout)


def test_standard_input_is_read_for_a_dash():
    assert json.loads(called("run", "-", "--json", stdin=LINE).stdout)["scenario"] == "small line"
    assert called("check", "-", stdin=LINE).exit_code == 0
    for command in ("compare", "diff"):
        answer = called(command, "-", "-", stdin=LINE)
        assert answer.exit_code == 2
        assert "standard input holds one scenario; write it to a file" in answer.stderr


def test_check_reports_what_a_scenario_holds(file):
    answer = called("check", file)
    assert answer.exit_code == 0
    assert f"{file}: ok: 1 line, 2 stations; " in answer.stdout
    assert "without a source" in answer.stdout
    assert "batch engine: " in answer.stdout


def test_check_reports_every_problem_of_every_file(tmp_path, file):
    bad = tmp_path / "bad.yaml"
    bad.write_text(LINE.replace("mean: 50", "mean: -50").replace("buffer", "bufer"))
    answer = called("check", bad, file, tmp_path / "missing.yaml")
    assert answer.exit_code == 1
    assert f"{bad}:7: stations[0].cycle_time.mean: " in answer.stderr
    assert f"{bad}:8: stations[1].bufer: " in answer.stderr
    assert "did you mean buffer?" in answer.stderr
    assert "missing.yaml" in answer.stderr
    assert f"{file}: ok" in answer.stdout


def test_a_users_error_exits_with_1_and_no_traceback(file, tmp_path):
    for arguments in (
        ("run", tmp_path / "missing.yaml"),
        ("run", tmp_path),
        ("run", file, "--set", "stations.wild.buffer=6"),
        ("run", file, "--level", "50 %"),
        ("run", file, "--out", file),
        ("compare", file, file, "--set-b", "horizon=5 h"),
        ("verify", tmp_path),
        ("plot", tmp_path),
        ("run", file, "--plots", file),
        ("init", file),
        ("check", tmp_path / "missing.yaml"),
        (
            "run",
            file,
            "--set",
            "pools={men: 1}",
            "--set",
            "stations.weld.operators=men",
            "--engine",
            "batch",
        ),
    ):
        answer = called(*arguments)
        assert answer.exit_code == 1, (arguments, answer.output)
        assert answer.stderr.strip(), arguments
        assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("verb", ["compare", "diff"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--set", "stations.wild.buffer=6"),
        ("--set-b", "stations.wild.buffer=6"),
        ("--set-b", "stations.weld.buffer=many"),
        ("--set-b", "stations.weld.buffer"),
    ],
)
def test_a_problem_is_said_of_the_option_that_has_it(file, verb, option, value):
    answer = called(verb, file, file, option, value)
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"{option} {value}: ")


def test_an_option_that_stands_for_a_key_is_named_as_it_was_written(file):
    answer = called("run", file, "--level", "300 %")
    assert answer.exit_code == 1
    assert answer.stderr.startswith("--level 300 %: ")


def test_a_line_that_locks_itself_is_the_users_error(tmp_path):
    path = tmp_path / "loop.yaml"
    path.write_text("""
name: loop
horizon: 1 h
warm_up: 0
replications: 2
stations:
  - {name: feed, cycle_time: 1 s}
  - {name: work, cycle_time: 1 s}
  - name: test
    cycle_time: 1 s
    defects: 50 %
    inspection: {then: rework, back_to: work}
""")
    answer = called("run", path)
    assert answer.exit_code == 1, answer.output
    assert re.match(r"engine: deadlock at .* give them more buffer places", answer.stderr)


def test_wrong_usage_exits_with_2(file):
    for arguments in (
        ("walk",),
        ("run",),
        ("run", file, "--replications", "0"),
        ("run", file, "--engine", "diesel"),
        ("run", file, "--trace", "0"),
        ("run", file, "--out", "x", "--trace", "first"),
    ):
        assert called(*arguments).exit_code == 2, arguments


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--replications", "0"), "must be at least 1 (got 0)"),
        (("--seed", "-1"), "must be at least 0 (got -1)"),
        (("--workers", "two"), "must be a whole number (got two)"),
        (("--engine", "diesel"), "'--engine': 'diesel' is not one of 'auto', 'batch', 'reference'"),
    ],
)
def test_an_option_that_is_refused_says_what_it_takes_and_what_was_given(file, given, message):
    answer = called("run", file, *given)
    assert answer.exit_code == 2
    assert message in " ".join(answer.stderr.replace("│", " ").split())


def test_shares_of_stations_have_an_interval(file):
    result = run.simulate(loads(LINE))
    states = result.accounts.states
    widest = max(
        interval(states[:, station, state]).half_width
        for station in range(states.shape[1])
        for state in range(states.shape[2])
    )
    answer = called("run", file)
    told = float(re.search(r"shares of time ± (\S+) at most", answer.stdout)[1])
    assert told == pytest.approx(widest, rel=0.05)  # two digits are shown
    assert "alone ± " in answer.stdout
    assert "at most" not in called("run", file, "--replications", 1).stdout


PACED = """
name: paced
horizon: 5 h
warm_up: 1 h
replications: 4
shifts: [{from: "00:00", to: "03:00"}]
stations:
  - section: trim
    takt: 60 s
    stations: [{name: t, count: 3, cycle_time: {dist: gamma, mean: 55 s, cv: 0.2}}]
  - section: final
    takt: 60 s
    buffer: 2
    stations: [{name: f, count: 3, cycle_time: {dist: gamma, mean: 56 s, cv: 0.2}}]
"""


def test_how_long_the_line_is_held_has_one_name_one_unit_and_an_interval(tmp_path):
    """In the headline, in a comparison and in a sweep; of stations and sections, too."""
    path = tmp_path / "paced.yaml"
    path.write_text(PACED)
    lost = run.simulate(loads(PACED)).accounts.lost / (4 * 60)  # minutes in each of 4 h
    told = plus_minus(interval(lost.sum(axis=1)))
    shown = called("run", path).stdout
    assert re.search(rf"line held +{told} min/h", shown)
    sections = [lost[:, :3].sum(axis=1), lost[:, 3:].sum(axis=1)]
    for name, section in zip(("trim", "final"), sections, strict=True):
        assert re.search(rf"{name} \(3 paced\) .* {section.mean():.2f} ", shown)
    widest = max(interval(some).half_width for some in (*sections, lost.sum(axis=1)))
    off = float(re.search(r"held ± (\S+) min/h at most", " ".join(shown.split()))[1])
    assert off == pytest.approx(widest, rel=0.05)  # two digits are shown
    compared = called("compare", path, path, "--set-b", "stations.final.buffer=3").stdout
    assert re.search(rf"line held min/h +{told} ", compared)
    swept = called("sweep", path, "--vary", "stations.final.buffer=2,3", "--json").stdout
    held = json.loads(swept)["points"][0]["figures"]["held"]
    assert plus_minus(Estimate(held["mean"], held["half_width"], 0.95, 4)) == told
    assert held["unit"] == "min/h"


def test_our_defect_exits_with_3_and_leaves_a_log(file, monkeypatch):
    def defective(*_args):
        raise ZeroDivisionError("a seeded defect")

    monkeypatch.setattr(tiles, "account", defective)
    answer = called("run", file)
    assert answer.exit_code == 3
    log = Path(re.search(r"please report it with (.+)", answer.stderr)[1])
    text = log.read_text()
    log.unlink()
    assert "a seeded defect" in text
    assert "numpy" in text


def test_an_interruption_reports_what_was_finished_and_exits_with_130(file, tmp_path, monkeypatch):
    def interrupting(job, replications):
        if replications.start:
            raise KeyboardInterrupt
        return account(job, replications)

    account = executors.compute_tile
    monkeypatch.setattr(executors, "compute_tile", interrupting)
    out = tmp_path / "out"
    answer = called("run", file, "--replications", 600, "--out", out)
    assert answer.exit_code == exits.INTERRUPTED
    assert "512 replications that were finished" in answer.stderr
    assert "throughput" in answer.stdout
    monkeypatch.undo()
    assert called("verify", out).exit_code == 0


def test_an_interruption_with_nothing_finished_exits_with_130(file, monkeypatch):
    def interrupting(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(executors, "compute_tile", interrupting)
    answer = called("run", file)
    assert answer.exit_code == exits.INTERRUPTED
    assert "before anything was finished" in answer.stderr


def test_compare_shows_the_difference_and_what_pairing_gained(file):
    answer = called("compare", file, file, "--set-b", "stations.weld.buffer=9")
    assert answer.exit_code == 0, answer.output
    assert "B - A" in answer.stdout
    assert re.search(r"throughput parts/h .*\+\d+\.\d+ ± \d.* -\d+\.\d %", answer.stdout)
    record = json.loads(called("compare", file, file, "--json").stdout)
    assert record["differences"]["throughput"]["difference"]["mean"] == 0.0


def test_the_schema_is_json():
    answer = called("schema")
    assert answer.exit_code == 0
    assert "properties" in json.loads(answer.stdout)


def test_init_writes_a_scenario_that_runs_and_never_writes_over_one(tmp_path):
    path = tmp_path / "new.yaml"
    answer = called("init", path)
    assert answer.exit_code == 0
    assert f"factory-sim run {path}" in answer.stdout
    loads(path.read_text())
    assert called("check", path).exit_code == 0
    before = path.read_text()
    assert called("init", path).exit_code == 1
    answer = called("init", tmp_path / "none" / "line.yaml")
    assert answer.exit_code == 1
    assert answer.stderr.endswith(
        f"there is no directory {tmp_path / 'none'}; make it, or choose another\n"
    )
    assert called("init", tmp_path).stderr == f"{tmp_path}: is a directory; name a file in it\n"
    assert path.read_text() == before


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example_and_no_option_without_help(verb):
    answer = called(verb, "--help")
    assert answer.exit_code == 0
    assert f"factory-sim {verb}" in answer.stdout
    assert "Example:" in answer.stdout
    parameters = typer.main.get_command(app).commands[verb].params
    assert [p.name for p in parameters if not p.help] == []


def test_the_verbs_are_all_there_are():
    assert {command.callback.__name__ for command in app.registered_commands} == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb):
    text = README.read_text(encoding="utf-8")
    if "factory-sim run" not in text:
        pytest.skip("the README is not written yet")
    assert f"factory-sim {verb}" in text


def test_a_long_plant_is_shown_by_line_with_its_worst_stages(file):
    many = ("--set", "stations.press.count=40")
    short = called("run", file, *many, "--replications", 2).stdout
    full = called("run", file, *many, "--replications", 2, "--stations", "all").stdout
    assert "main (41 stations)" in short
    assert short.count("press-") < 15
    assert full.count("press-") >= 40


def test_chinese_names_are_aligned(tmp_path):
    path = tmp_path / "中文.yaml"
    path.write_text(LINE.replace("press", "冲压").replace("weld", "焊接工位"), encoding="utf-8")
    lines = called("run", path).stdout.splitlines()
    rows = [line for line in lines if "冲压 " in line or "焊接工位 " in line]
    columns = {cell_len(row[: row.index("0.")]) for row in rows[-2:]}
    assert len(columns) == 1


def test_names_are_never_taken_for_markup(tmp_path):
    path = tmp_path / "line.yaml"
    path.write_text(LINE.replace("small line", '"[red]fast[/red] :smile:"'))
    assert "[red]fast[/red] :smile:" in called("run", path).stdout


def test_nothing_but_text_is_printed_into_a_pipe(file):
    answer = started("run", file)
    assert answer.returncode == 0, answer.stderr
    assert "\x1b" not in answer.stdout
    assert answer.stderr == ""


def test_a_reader_that_stops_early_is_no_error(file):
    command = [sys.executable, "-c", "from factory_sim.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0
    assert complaint == ""


def test_help_needs_nothing_heavy():
    code = (
        "import sys; import factory_sim.cli, factory_sim;"
        "heavy = {'numpy', 'scipy', 'pydantic', 'pyarrow', 'simpy', 'ruamel', 'matplotlib'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_version_is_shown():
    assert re.fullmatch(r"factory-sim \d+\.\d+\.\d+\S*\n", called("--version").stdout)


def test_an_automation_plan_answers_with_a_paired_difference(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        LINE.replace(
            "- {name: weld, buffer: 3, cycle_time: 55 s}",
            "- {name: weld, buffer: 3, by_hand: {cycle_time: 70 s, crew: 1},"
            " automated: {cycle_time: 50 s, crew: 0}}",
        )
        + "automation: {level: 100 %, order: [weld]}\n"
    )
    # The press cannot be switched, so the plan reaches what the weld amounts to.
    answer = called("run", path, "--level", "50 %", "--json")
    assert answer.exit_code == 0, answer.output
    record = json.loads(answer.stdout)
    assert record["level"] == 0.5
    assert record["comparison"]["throughput"]["difference"]["mean"] > 0
    assert "B - A" in called("run", path, "--level", "50 %").stdout


def test_audit_errors_are_ours(file, monkeypatch):
    def broken(*_args):
        raise replications.AuditError("the run breaks a law")

    monkeypatch.setattr(replications, "check_study", broken)
    answer = called("run", file)
    assert answer.exit_code == 3
    assert "breaks a law" in answer.stderr
    Path(re.search(r"please report it with (.+)", answer.stderr)[1]).unlink()


@pytest.mark.parametrize(
    ("mean", "half_width", "text"),
    [
        (62.978, 0.262, "62.98 ± 0.26"),
        (331.4, 5.2, "331 ± 5"),
        (1234.0, 270.0, "1230 ± 270"),
        (0.0004, 0.02, "0.000 ± 0.020"),
        (-0.04, 0.3, "-0.04 ± 0.30"),
        (60.0, 0.0, "60 ± 0"),
        (1234567.0, 0.0, "1234567 ± 0"),
        (1.000000000000008, 1.1e-14, "1 ± 0"),
        (-3e-16, 4e-16, "0 ± 0"),
        (62.9367421, math.nan, "62.94"),
        (math.nan, math.nan, "-"),
    ],
)
def test_digits_follow_the_half_width(mean, half_width, text):
    assert plus_minus(Estimate(mean, half_width, 0.95, 10)) == text


@pytest.mark.parametrize("half_width", [0.0396, 0.96, 3.6, 3.96, 48.0, 394.0])
@pytest.mark.parametrize("over", [1.002, 1.01, 1.1, 1.3])
def test_an_interval_without_0_reads_as_one(half_width, over):
    """4 ± 4 of 4.1 ± 3.9 would reach 0."""
    for mean in (half_width * over, -half_width * over):
        said, _, spread = plus_minus(Estimate(mean, half_width, 0.95, 9)).partition(" ± ")
        assert abs(float(said)) > float(spread)
    open_yet = plus_minus(Estimate(half_width / over, half_width, 0.95, 9)).split(" ± ")
    assert float(open_yet[0]) <= float(open_yet[1])


def test_a_difference_carries_its_sign():
    assert plus_minus(Estimate(1.2, 0.1, 0.95, 9), signed=True) == "+1.20 ± 0.10"
    assert plus_minus(Estimate(-1.2, 0.1, 0.95, 9), signed=True) == "-1.20 ± 0.10"
    assert plus_minus(Estimate(0.0, 0.0, 0.95, 9), signed=True) == "0 ± 0"


def test_a_part_of_a_whole_has_one_digit_more_than_the_whole_and_no_noise():
    finest = places_of_part(Estimate(0.60, 0.11, 0.95, 9))
    assert plus_minus(Estimate(0.039, 0.010, 0.95, 9), finest=finest) == "0.039 ± 0.010"
    assert plus_minus(Estimate(2e-6, 5e-6, 0.95, 9), finest=finest, signed=True) == "0.000"
    assert places_of_part(Estimate(1.0, 0.0, 0.95, 9)) is None


def test_a_comparison_says_what_b_changes_and_fits_a_narrow_terminal(file):
    wide = called("compare", file, file, "--set-b", "stations.weld.buffer=6").stdout
    assert re.search(r"stations\.weld\.buffer +\d+ +-> +6\n", wide)
    assert "variance: what the shared draws take off" in wide
    alone = called("compare", file, file, "--replications", "1").stdout
    assert "nothing differs" in alone
    assert "nan" not in alone


def test_how_far_a_takt_is_missed_has_the_interval_of_the_rate():
    off = margin_of(Estimate(54.0, 3.0, 0.95, 9, "parts/h"), 60.0)
    assert plus_minus(off) == "10 ± 5"


def test_a_bottleneck_that_shifts_is_no_bottleneck_to_work_on(tmp_path):
    path = tmp_path / "equal.yaml"
    station = "cycle_time: {{dist: exponential, mean: 60 s}}, name: {0}"
    names = ("north", "south", "west", "east")
    stations = ", ".join(f"{{{station.format(name)}}}" for name in names)
    path.write_text(f"name: x\nhorizon: 20 h\nreplications: 8\nstations: [{stations}]\n")
    said = called("run", path).stdout
    share = r"\d\d ± \d %"
    assert re.search(rf"bottleneck +shifts: (\w+) {share}, (?!\1)\w+ {share} of the time", said)
    slow = "stations.south.cycle_time.mean=200 s"
    assert re.search(r"bottleneck +south, \d+ ± \d+ %", called("run", path, "--set", slow).stdout)


def test_files_are_written_though_the_reader_of_the_text_has_left(file, tmp_path):
    program = Path(sys.executable).with_name("factory-sim")
    asked = f"'{program}' run '{file}' --kpis --out '{tmp_path / 'out'}'"
    line = ["bash", "-c", f"{asked} | true; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, "wrote" in done.stderr) == (0, True), done.stderr
    assert (tmp_path / "out" / "manifest.json").exists()


def test_files_are_written_before_figures_and_bad_names_cost_no_time(file, tmp_path, monkeypatch):
    def fails(*_args, **_kwargs):
        raise OutputError("disk full")

    monkeypatch.setattr("factory_sim.report.figures.gallery.write", fails)
    out = tmp_path / "out"
    answer = called("run", file, "--out", out, "--plots", tmp_path / "figures")
    assert (answer.exit_code, (out / "manifest.json").exists()) == (1, True)
    monkeypatch.setattr(run, "simulate", fails)
    monkeypatch.setattr("factory_sim.report.html.page.page", fails)
    answer = called("report", out, "-o", tmp_path / "none" / "x.html")
    assert answer.exit_code == 1
    assert "there is no directory" in answer.stderr
    for name, said in (("x.gif", "no format"), ("none/x.svg", "there is no directory")):
        assert said in called("run", file, "--plot", tmp_path / name).stderr
    assert "is a file" in called("run", file, "--plots", file).stderr
    answer = called("run", file, "--trace", "0,99", "--out", tmp_path / "traced")
    assert (answer.exit_code, "0 to 9 (got 99)" in answer.stderr) == (2, True)
