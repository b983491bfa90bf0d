"""Figures of sweeps, explanations and comparisons: drawn from files, at once, and right."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from factory_sim import Estimate, compare, explain, loads, sweep
from factory_sim.analysis.economics import Recovery
from factory_sim.cli import app
from factory_sim.report.changed_keys import summary
from factory_sim.report.explanation_files import write_explanation
from factory_sim.report.figures import explained, swept
from factory_sim.report.figures.compared import differences
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.figures.effects import Panel, Recoveries, effects
from factory_sim.report.figures.scattered import scattered
from factory_sim.report.figures.settings_axis import Axis
from factory_sim.report.recorded import recorded
from factory_sim.report.settings import short
from factory_sim.report.sweep_files import write_sweep
from factory_sim.report.texts import ENGLISH, catalogue
from sketches import noted
from test_figures import check_layout
from test_sweep import BY_HAND, PACED, RANDOM

LINE = """
name: two stations
horizon: 4 h
warm_up: 1 h
replications: 3
stations:
  - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}}
  - {name: pack, buffer: 4, cycle_time: 48 s, failures: {mtbf: 1 h, mttr: 12 min}}
"""


def called(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture(scope="module")
def leveled():
    return sweep(loads(BY_HAND), automation=[0.5, 0.0])


@pytest.fixture(scope="module")
def swept_directory(leveled, tmp_path_factory):
    directory = tmp_path_factory.mktemp("sweep") / "out"
    write_sweep(directory, leveled, loads(BY_HAND), ["--automation", "0.5,0"])
    return directory


@pytest.fixture(scope="module")
def explanation():
    return explain(loads(LINE), measure=0)


@pytest.fixture(scope="module")
def explained_directory(explanation, tmp_path_factory):
    directory = tmp_path_factory.mktemp("explain") / "out"
    write_explanation(directory, explanation, loads(LINE).digest)
    return directory


def test_levels_are_drawn_in_order_with_their_differences(leveled):
    drawn = dict(swept.figures(leveled.record()))
    assert list(drawn) == ["output", "effects"]
    above, below = drawn["output"].axes
    half, none = leveled.points  # as they were asked: 50 % first
    for axes, of in ((above, "estimates"), (below, "differences")):
        curve = axes.get_lines()[0]
        assert list(curve.get_xdata()) == [0.0, 0.5]
        expected = [getattr(point, of)["throughput"].mean for point in (none, half)]
        np.testing.assert_allclose(curve.get_ydata(), expected)
    assert above.get_ylabel() == "throughput, parts/h"  # there are no shifts
    panels = {axes.get_title(loc="left"): axes for axes in drawn["effects"].axes}
    assert {"labour, h/part", "payback, years"} <= panels.keys()
    value = half.recoveries["payback"].value
    marks = [line for line in panels["payback, years"].get_lines() if line.get_marker() == "o"]
    assert [tuple(line.get_xydata()[0]) for line in marks] == [(0.5, pytest.approx(value))]


def test_a_sweep_is_drawn_from_its_files_and_at_once_alike(swept_directory, tmp_path, monkeypatch):
    noted(monkeypatch)
    answer = called("plot", swept_directory)
    assert answer.exit_code == 0, answer.output
    assert names(swept_directory / "figures") == ["effects.png", "output.png"]
    file = tmp_path / "plan.yaml"
    file.write_text(BY_HAND)
    now = tmp_path / "now"
    answer = called("sweep", file, "--automation", "0.5,0", "--plots", now, "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["keys"] == ["automation"]
    assert "output.png" in answer.stderr
    for name in names(now):
        assert (now / name).read_bytes() == (swept_directory / "figures" / name).read_bytes()


def test_a_number_alone_is_an_axis():
    found = sweep(loads(BY_HAND), vary=["stations.weld.buffer=0:4:2"])
    axis = swept.along(found.record())
    assert (axis.label, axis.values, axis.shares) == (
        "buffer of weld, places",
        (0.0, 2.0, 4.0),
        False,
    )


def test_times_and_shares_keep_their_units():
    def record(*texts):
        return {"keys": ["k"], "points": [{"settings": {"k": text}} for text in texts]}

    axis = swept.along(record("50 s", "1 min"))
    assert (axis.label, axis.values, axis.shares) == ("k, s", (50.0, 60.0), False)
    axis = swept.along(record("5 %", "10 %"))
    assert (axis.label, axis.values, axis.shares) == ("k", pytest.approx((0.05, 0.1)), True)
    assert swept.along(record("5", "{dist: exponential, mean: 5 s}")) is None


def test_a_grid_is_ranked_by_output():
    buffers = "stations.weld.buffer=0,2"
    found = sweep(loads(RANDOM), automation=[0, 0.5], vary=[buffers], replications=2)
    together, figure = dict(swept.figures(found.record())).values()
    # Of two axes of two values each the first is along, the other tells the lines apart.
    drawn = [line for line in together.axes[0].get_lines() if line.get_marker() in ("o", "s")]
    made = np.array([point.estimates["throughput"].mean for point in found.points])
    for line, means in zip(drawn, (made[0::2], made[1::2]), strict=True):
        np.testing.assert_allclose(line.get_ydata(orig=False), means)
    drawn = [line for line in together.axes[1].get_lines() if line.get_marker() in ("o", "s")]
    gains = np.array([point.differences["throughput"].mean for point in found.points])
    for line, means in zip(drawn, (gains[0::2], gains[1::2]), strict=True):
        np.testing.assert_allclose(line.get_ydata(orig=False), means)
    points = next(line for line in figure.axes[0].get_lines() if line.get_marker() == "o")
    means = [point.differences["throughput"].mean for point in found.points]
    assert [float(x) for x in points.get_xdata()] == sorted(means, reverse=True)
    best = found.points[int(np.argmax(means))]
    label = f"{100 * best.level:g} % | {best.settings['stations.weld.buffer']}"
    assert figure.axes[0].get_yticklabels()[0].get_text() == label
    assert figure.get_suptitle().endswith("level of automation | buffer of weld, places")


def test_points_of_several_numbers_are_scattered_along_each():
    vary = [
        "stations.weld.buffer=0:4:1",
        "stations.load.cycle_time=40s:60s",
        "stations.pack.buffer=2,unlimited",
    ]
    found = sweep(loads(RANDOM), vary=vary, samples=12, replications=2)
    drawn = dict(swept.figures(found.record()))
    assert list(drawn) == ["scatter", "ranking"]
    buffer, work = drawn["scatter"].axes  # the third key is no number
    check_layout(drawn["scatter"])
    gains = [point.differences["throughput"].mean for point in found.points]
    for axes, key in ((buffer, "stations.weld.buffer"), (work, "stations.load.cycle_time")):
        points = next(line for line in axes.get_lines() if line.get_marker() == "o")
        at = [float(point.settings[key].split()[0]) for point in found.points]
        np.testing.assert_allclose(points.get_xdata(orig=False), at)
        np.testing.assert_allclose(points.get_ydata(orig=False), gains)
    assert work.get_xlabel() == "cycle time of load, s"


def test_a_scatter_refuses_settings_of_other_points():
    with pytest.raises(ValueError, match=r"settings of 1 points each \(got 2\)"):
        scattered([Axis("x", (1.0, 2.0), shares=False)], [Estimate(1.0, 0.1, 0.95, 9)], label="y")
    with pytest.raises(ValueError, match=r"\(got none\)"):
        scattered([], [], label="y")


def test_at_the_fastest_takt_the_output_there_is_drawn():
    found = sweep(loads(PACED), automation=[0, 0.5], fastest_takt=0.95, replications=2)
    figure = dict(swept.figures(found.record()))["output"]
    assert figure.axes[0].get_ylabel() == "output at that takt, parts/h"
    assert "fastest takt with 95 % availability" in figure.get_suptitle()


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("largest", [1.57, 0.0187, 0.157, 12.3, 1230.0])
def test_values_along_the_axes_of_dots_stay_apart(columns, largest):
    found = [Estimate(-largest / 1.3, largest * 0.3, 0.95, 8), Estimate(0.0, 0.0, 0.95, 8)]
    figure = dots(["监测", "检测"], [Column("h/天", found)] * columns)
    check_layout(figure)
    ticks = [axes.get_xticks() for axes in figure.axes]
    figure.set_size_inches(60.0, 4.0)  # as wide as axes may be before they are laid out
    for axes, before in zip(figure.axes, ticks, strict=True):
        assert len(before) >= 2
        np.testing.assert_array_equal(axes.get_xticks(), before)


def test_at_the_fastest_takt_it_is_drawn_and_told_first():
    level = {"fastest_takt": {"mean": 58.0, "half_width": 1.0, "unit": "s"}}
    found = sweep(loads(PACED), automation=[0, 0.5], fastest_takt=0.95, replications=2).record()
    found["points"][1]["figures"] |= level
    panel, *_ = dict(swept.figures(found))["effects"].axes
    assert panel.get_title(loc="left") == "fastest takt, s"


def test_a_point_that_makes_what_the_baseline_makes_is_said_to():
    vary = ["stations.weld.buffer=0,2", "stations.pack.buffer=2,unlimited"]
    found = sweep(loads(RANDOM), vary=vary, replications=2).record()
    figure = dict(swept.figures(found))["ranking"]
    differences = [point["figures"]["throughput"]["difference"] for point in found["points"]]
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said.count("as the baseline") == differences.count(0.0) > 0
    assert "0 ± 0" not in said
    assert figure.get_suptitle().endswith("\nrows: buffer of weld, places | buffer of pack, places")


def test_an_explanation_is_drawn_from_its_files_and_its_runs_repeat(explained_directory):
    answer = called("plot", explained_directory, "--format", "svg")
    assert answer.exit_code == 0, answer.output
    assert names(explained_directory / "figures") == ["prices.svg", "waterfall.svg"]
    verified = called("verify", explained_directory)
    assert verified.exit_code == 0, verified.output


def test_bars_of_an_explanation_are_its_steps_and_its_gains(explanation):
    drawn = dict(explained.figures(explanation.record()))
    widths = [bar.get_width() for bar in drawn["waterfall"].axes[0].patches]
    steps = [step.value for step in explanation.waterfall]
    np.testing.assert_allclose(widths[1:-1], steps[1:-1])
    bars = [bar.get_width() for bar in drawn["prices"].axes[0].patches]
    np.testing.assert_allclose(bars, [g.gain.mean for g in explanation.gains if g.gain.mean > 0])
    labels = [label.get_text() for label in drawn["prices"].axes[0].get_yticklabels()]
    assert "1 s less work at press" in labels  # exact
    assert "10 % fewer breakdowns at pack (at most)" in labels


def test_tables_of_an_explanation_add_up_to_it(explained_directory, explanation):
    path = pl.read_parquet(explained_directory / "path.parquet")
    total = path.group_by("replication").agg(pl.col("seconds").sum()).sort("replication")
    whole = explanation.path.last - explanation.path.first
    np.testing.assert_allclose(total["seconds"], whole)
    prices = pl.read_parquet(explained_directory / "prices.parquet")
    means = prices.group_by("label", maintain_order=True).agg(pl.col("gain").mean())
    every = (*explanation.gains, *explanation.candidates)
    assert means["label"].to_list() == [gain.label for gain in every]
    np.testing.assert_allclose(means["gain"], [gain.gain.mean for gain in every])
    assert prices.height == 3 * len(every)


def test_explain_writes_and_draws_and_never_over_another_study(
    swept_directory, tmp_path, monkeypatch
):
    noted(monkeypatch)
    file, out = tmp_path / "line.yaml", tmp_path / "out"
    file.write_text(LINE)
    asked = ("explain", file, "--measure", 0, "--out", out)
    answer = called(*asked, "--plots", tmp_path / "figures")
    assert answer.exit_code == 0, answer.output
    assert names(out) == ["explain.json", "manifest.json", "path.parquet", "prices.parquet"]
    assert names(tmp_path / "figures") == ["prices.png", "waterfall.png"]
    assert called(*asked).exit_code == 0  # the same again
    refused = called(*asked, "--set", "seed=5")
    assert refused.exit_code == 1
    assert "holds the explanation of another scenario" in refused.stderr
    assert called(*asked, "--set", "seed=5", "--force").exit_code == 0
    refused = called("explain", file, "--out", swept_directory)
    assert refused.exit_code == 1
    assert "holds another study" in refused.stderr
    refused = called("run", file, "--set", "seed=5", "--out", out)
    assert refused.exit_code == 1
    assert "holds another study" in refused.stderr


@pytest.mark.parametrize("name", ["sweep.json", "explain.json"])
@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "is missing"), ("{", "cannot be read"), ("{}", "is not what --out writes")],
)
def test_a_study_whose_record_is_missing_or_spoilt_is_reported(
    swept_directory, explained_directory, tmp_path, name, content, message
):
    source = swept_directory if name == "sweep.json" else explained_directory
    manifest = (source / "manifest.json").read_text(encoding="utf-8")
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    answer = called("plot", tmp_path)
    assert answer.exit_code == 1
    assert f"{name}: {message}" in answer.stderr
    assert "run the scenario again with --out" in answer.stderr


def test_a_window_is_for_runs_only(swept_directory):
    answer = called("plot", swept_directory, "--replication", 0)
    assert answer.exit_code == 2
    assert "holds the sweep" in " ".join(answer.stderr.replace("│", " ").split())


def test_differences_of_a_comparison_are_in_percent_of_its_first_run(tmp_path, monkeypatch):
    noted(monkeypatch)
    a, b = (loads(LINE, overrides=[f"stations.pack.buffer={n}"]) for n in (0, 4))
    both = compare(a, b)
    figure = differences(recorded(both.a), recorded(both.b))
    (axes,) = figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    points = next(line for line in axes.get_lines() if line.get_marker() == "o")
    pair = both.differences["throughput"]
    shown = points.get_xdata()[rows.index("throughput")]
    assert shown == pytest.approx(100 * pair.difference.mean / pair.a.mean)
    file = tmp_path / "line.yaml"
    file.write_text(LINE)
    answer = called("compare", file, file, "--plots", tmp_path / "figures", "--json")
    assert answer.exit_code == 0, answer.output
    assert {"differences.png", "gantt.png", "b-gantt.png"} <= set(names(tmp_path / "figures"))


def test_figures_that_are_not_defined_have_no_difference(monkeypatch):
    noted(monkeypatch)
    short = ["horizon=30 s", "warm_up=0"]
    a, b = (loads(LINE, overrides=[*short, f"stations.pack.buffer={n}"]) for n in (0, 4))
    both = compare(a, b)
    assert math.isnan(both.a.estimates["lead_time"].mean)
    figure = differences(recorded(both.a), recorded(both.b))
    rows = [] if figure is None else [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert "lead time" not in rows


def test_a_payback_that_may_never_come_says_so():
    never, far = math.inf, Recovery(4.0, 2.0, math.inf, 0.95, "years")
    found = [Recovery(math.nan, math.nan, math.nan, 0.95, ""), far,
             Recovery(never, never, never, 0.95, "years")]  # fmt: skip
    figure = effects([0.0, 0.1, 0.2], [Recoveries("payback, years", found)])
    (axes,) = figure.axes
    assert [(t.get_text(), t.xy[0]) for t in axes.texts] == [("never", 0.2)]
    (arrow,) = [line for line in axes.get_lines() if line.get_marker() == "^"]
    assert arrow.get_xydata().tolist() == [[0.1, axes.get_ylim()[1]]]


def test_panels_and_dots_refuse_what_does_not_fit():
    one = Estimate(1.0, 0.1, 0.95, 3, "s")
    with pytest.raises(ValueError, match="there is no figure"):
        effects([0.0], [])
    with pytest.raises(ValueError, match=r"2 rows need .* \(got \[1\]\)"):
        dots(["a", "b"], [Column("x", [one])])
    figure = effects([0.0, 1.0], [Panel(str(n), [one, one]) for n in range(3)])
    assert [bool(axes.get_xlabel()) for axes in figure.axes] == [False, True, True]


def test_keys_are_shown_without_what_stands_before_a_station():
    assert short("stations.weld.buffer=4, lines.main.stations.trim.stations.a.b.count=2") == (
        "weld.buffer=4, a.b.count=2"
    )
    assert short("30 %, pools.operators=3") == "30 %, pools.operators=3"


def test_changes_are_named_in_a_line_or_counted():
    def change(key, before, after):
        return {"key": key, "kind": "changed", "before": before, "after": after}

    buffer = change("stations.weld.buffer", 4, 6)
    assert summary([buffer], ENGLISH) == "weld.buffer 6 instead of 4"  # of an earlier version
    about = {"key": buffer["key"], "owners": ["weld"], "fields": ["buffer"], "unit": "places"}
    buffer["about"] = about
    assert summary([buffer], ENGLISH) == "buffer of weld 6 instead of 4"
    assert summary([buffer], catalogue("zh")) == "weld 的缓冲容量由 4 改为 6"
    assert summary([buffer] * 3, ENGLISH) == "3 changes"
    long = change("stations.a station with a long name.cycle_time", 52.0, 50.0)
    assert summary([buffer, long], ENGLISH) == "2 changes"
    assert summary([{**long, "after": "x" * 30}], ENGLISH).startswith("another a station")
