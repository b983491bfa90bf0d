"""Figures and pages of a digital base, and the devices of a fleet at a glance."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from selenium.webdriver.common.by import By
from typer.testing import CliRunner

import browser
from factory_sim import loads
from factory_sim.cli import app
from factory_sim.fleet.base.detection import FAULT
from factory_sim.fleet.base.result import EXCEEDED
from factory_sim.fleet.base.run import simulate_base
from factory_sim.fleet.history import history
from factory_sim.fleet.overview import MOST, fleet_states, shops
from factory_sim.fleet.states import DEVICE_STATES, fleet_spans
from factory_sim.line.compile import compile_plant
from factory_sim.report.costs import COSTS
from factory_sim.report.figures import based, gained, gallery
from factory_sim.report.figures.age import age
from factory_sim.report.figures.based import figures
from factory_sim.report.figures.chain import chain
from factory_sim.report.figures.course import clock, values
from factory_sim.report.figures.devices import CELL, LOOKS, device_grid, fitted
from factory_sim.report.figures.latency import latency
from factory_sim.report.figures.load import load
from factory_sim.report.html.answers import answer
from factory_sim.report.html.contents import read_contents
from factory_sim.report.html.tables import tables
from factory_sim.report.html.tables.base import seen_after
from factory_sim.report.texts import LANGUAGES, catalogue
from sketches import sketched
from test_figures import check_layout

PLANT = """
name: 渝北 <i>{plant}
horizon: 8 h
warm_up: 1 h
replications: 2
lines:
  main:
    stations:
      - {name: body weld, count: 3, cycle_time: 60 s}
      - {name: paint spray, buffer: 4, count: 2, cycle_time: {dist: gamma, mean: 55 s, cv: 0.4}}
      - {name: 检测, buffer: 4, cycle_time: 50 s}
  battery:
    joins: paint spray-1
    buffer: 3
    stations: [{name: pack a, cycle_time: 57 s}, {name: pack b, cycle_time: 57 s}]
fleet:
  devices: 210
  classes:
    机器人:
      count: 60
      attach: ["body *", "paint *"]
      uplink: radio
      period: 0.5 s
      jitter: 5 %
      size: 600
      fresh_within: 1 s
      criticality: stops
      failures:
        - {name: wear, mtbf: 40 h, mttr: 6 min, clock: busy}
        - {name: power, mtbf: 60 h, mttr: 20 min, clock: calendar}
    sensors:
      count: 120
      attach: "*"
      uplink: radio
      period: 1 s
      size: 100
      failures: {mtbf: 30 h, mttr: 30 min, clock: calendar}
    meters:
      {count: 30, attach: battery/*, uplink: radio, period: 2 s, size: 100, fresh_within: 3 s}
digital_base:
  uplinks: {radio: {latency: {dist: lognormal, mean: 5 ms, cv: 0.4}, loss: 1 %}}
  gateways: {count: 3, service: {dist: gamma, mean: 4 ms, cv: 0.5}, queue: 500}
  broker: {partitions: 2, service: {dist: exponential, mean: 1 ms}}
  services:
    - name: twin
      replicas: 2
      service: {dist: exponential, mean: 5 ms}
      autoscale: {target: 60 %, max: 6, every: 5 s, delay: 2 s, settle: 5 s}
  window: {from: "23:59", for: 2 min}
  faults:
    - {gateway: 1, from: "23:59:20", for: 10 s}
    - {telemetry: 4, from: "00:00:00", for: 15 s}
"""


def called(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def scenario():
    return loads(PLANT)


@pytest.fixture(scope="module")
def record(scenario):
    """A base with a dead gateway, a surge over midnight and a service that grows, as read."""
    return json.loads(json.dumps(simulate_base(scenario).record()))


@pytest.fixture(scope="module")
def drawn_in(record):
    """The figures in each language, made once."""
    return cache(lambda language: dict(figures(record, catalogue(language))))


@pytest.fixture(scope="module")
def drawn(drawn_in):
    return drawn_in("en")


@pytest.fixture
def unmade(monkeypatch):
    """Leave out what the figures of a base show, for tests of where they are put."""
    for name in ("latency", "age", "load"):
        monkeypatch.setattr(based, name, lambda *_, **__: Figure())
    monkeypatch.setattr(gallery, "save", lambda _, path: path.touch())


@pytest.fixture(scope="module")
def past(scenario):
    return history(scenario)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """What ``base --out`` writes."""
    top = tmp_path_factory.mktemp("base")
    (top / "plant.yaml").write_text(PLANT, encoding="utf-8")
    done = called("base", top / "plant.yaml", "--out", top / "out")
    assert done.exit_code == 0, done.output
    return top / "out"


def stairs(axes):
    """Return the heights of the steps of axes, in the order drawn."""
    return [
        (p.get_data().values, p.get_data().edges) for p in axes.patches if isinstance(p, StepPatch)
    ]


# Figures of a base


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_of_a_base_is_laid_out_well(drawn_in, language):
    assert list(drawn_in(language)) == ["latency", "age", "load"]
    for figure in drawn_in(language).values():
        check_layout(figure)
        assert figure.get_size_inches()[1] < 11.0


def test_titles_tell_what_a_fault_did(drawn, drawn_in, record):
    dead, _ = record["recoveries"]
    lines = drawn["age"].get_suptitle().split("\n")
    assert lines[0] == "渝北 <i>{plant}, 210 devices, 23:59 to 00:01"
    assert lines[1] == f"gateway 1 down, 23:59:20 to 23:59:30: {dead['lost']:,} messages lost"
    assert dead["lost"] > 100
    assert lines[2].startswith("back to normal ")
    chinese = drawn_in("zh")["load"].get_suptitle()
    assert "网关 1 停机" in chinese
    assert "遥测量为 4 倍" in chinese


def test_curves_of_latency_meet_the_quantiles(drawn, record):
    curves, rows = drawn["latency"].axes
    expected = [*record["stages"], record]
    assert len(curves.lines) == len(expected)
    for line, entry in zip(curves.lines, expected, strict=True):
        times, shares = line.get_data()
        for key, share in (("p99", 0.01), ("p99.9", 0.001)):
            at = int(np.argmin(abs(shares - share)))
            assert shares[at] == pytest.approx(share)
            assert times[at] == pytest.approx(entry["latency"][key])
        assert (np.diff(times) >= 0).all()
        assert shares[-1] * record["messages"] >= 1  # nothing is drawn beyond the last message
    marks = [line.get_data() for line in rows.lines if line.get_marker() != "None"]
    entries = [*expected, *record["classes"]]
    found = sorted((y[0], x[0]) for x, y in marks)
    told = sorted((row, t) for row, e in enumerate(entries) for t in e["latency"].values())
    np.testing.assert_allclose(found, told)


def test_shares_that_are_exceeded_are_shares():
    assert (np.diff(EXCEEDED) < 0).all()
    assert EXCEEDED[0] < 1
    assert EXCEEDED[-1] == pytest.approx(1e-6)


def test_age_is_that_of_each_class_with_its_aim_and_the_fault(drawn, record):
    *panels, fresh, bar = drawn["age"].axes
    assert [axes.get_title(loc="left") for axes in panels] == [c["name"] for c in record["classes"]]
    for axes, each in zip(panels, record["classes"], strict=True):
        (p99, edges), (mean, _) = stairs(axes)
        np.testing.assert_array_equal(p99, values(each["course"]["p99"]))
        np.testing.assert_array_equal(mean, values(each["course"]["mean"]))
        np.testing.assert_array_equal(edges, record["steps"])
        aims = [line.get_ydata()[0] for line in axes.lines]
        assert aims == [each["fresh_within"]] * (each["fresh_within"] is not None)
        shaded = [p for p in axes.patches if not isinstance(p, StepPatch) and not p.get_hatch()]
        spans = [(p.get_x(), p.get_x() + p.get_width()) for p in shaded]
        assert (
            spans == [(f["begin"], f["end"]) for f in record["recoveries"]] == [(20, 30), (60, 75)]
        )
    aimed = [each for each in record["classes"] if each["fresh_within"] is not None]
    mesh = fresh.collections[0].get_array()
    np.testing.assert_array_equal(mesh, [values(each["course"]["fresh"]) for each in aimed])
    assert bar.get_ylim()[0] <= mesh.min()


def test_load_shows_every_stage_and_what_it_loses(drawn, record):
    axes = np.array(drawn["load"].axes).reshape(len(record["stages"]), 4)
    for row, stage in zip(axes, record["stages"], strict=True):
        course = stage["course"]
        for panel, name in zip(row, ("rate", "utilisation", "replicas", "queue"), strict=True):
            np.testing.assert_array_equal(stairs(panel)[0][0], values(course[name]))
            assert panel.get_ylim()[1] > np.nanmax(values(course[name]))
        lost = stairs(row[0])[1][0]
        np.testing.assert_array_equal(np.nan_to_num(lost), values(course["lost"]))
    gateway, twin = record["stages"][1], record["stages"][3]
    assert max(gateway["course"]["lost"]) > 0
    assert max(twin["course"]["replicas"]) > 2  # it grew, so that there is something to see


def test_a_base_without_faults_has_figures_too(record):
    figure = age(record | {"recoveries": []}, title="calm", say=catalogue("en"))
    assert "fault" not in check_layout(figure)


def test_few_messages_leave_no_empty_room(record):
    few = json.loads(json.dumps(record))
    for entry in (*few["stages"], *few["classes"]):
        entry |= {"arrived": 500, "lost": 0}
    figure = latency(few, title="few", say=catalogue("en"))
    check_layout(figure)
    curves, rows = figure.axes
    rarest = min(line.get_ydata().min() for line in curves.lines)
    assert 1 <= rarest / curves.get_ylim()[0] < 10.1
    shortest = min(stage["latency"]["p50"] for stage in few["stages"])
    assert shortest / rows.get_xlim()[0] < 3.01


def test_what_an_age_should_not_exceed_is_named_where_it_is_drawn(record):
    free = [each | {"fresh_within": None} for each in record["classes"]]
    aim = catalogue("en")("base.aim")
    for classes, named in ((record["classes"], True), (free, False)):
        drawn = age(record | {"classes": classes}, title="aims", say=catalogue("en"))
        assert (aim in check_layout(drawn)) is named


def test_the_clock_goes_over_midnight(record):
    assert [clock(record, moment) for moment in (0.0, 59.0, 60.0)] == ["23:59", "23:59:59", "00:00"]


@pytest.mark.parametrize("seconds", [20, 60, 90, 300, 600, 7200])
def test_times_of_day_have_room_however_short_the_window(record, seconds):
    steps = np.linspace(0.0, seconds, len(record["steps"])).tolist()
    short = record | {"begin": 28800, "length": seconds, "steps": steps, "recoveries": []}
    for draw in (age, load):
        figure = draw(short, title="short", say=catalogue("en"))
        check_layout(figure)
        assert len(figure.axes[0].get_xticks()) >= 2


# Devices


def test_shares_of_a_fleet_are_those_of_its_devices(past):
    found = fleet_states(past, 3600.0, 28800.0)
    spans = list(fleet_spans(past, past.fleet.devices(), 3600.0, 28800.0))
    seconds = np.sum([one.seconds() for one in spans], axis=0)
    step = np.diff(found.edges)[0]
    np.testing.assert_allclose(found.shares.sum(axis=1) * step * len(spans), seconds, atol=1e-3)
    np.testing.assert_allclose(found.shares.sum(axis=0), 1.0)
    down = DEVICE_STATES.index("down")
    assert seconds[down] > 3600

    def states(moment):
        places = [int(np.searchsorted(one.edges, moment, side="right")) - 1 for one in spans]
        return [int(one.states[place]) for one, place in zip(spans, places, strict=True)]

    assert found.states.tolist() == states(found.moment)
    most = max(
        states(one.edges[k]).count(down)
        for one in spans
        for k in np.flatnonzero(one.states == down)
    )
    assert states(found.moment).count(down) == most > 1


def test_every_device_has_a_cell_in_the_block_of_its_class_and_shop(past):
    found = fleet_states(past, 3600.0, 28800.0)
    grid, _ = fitted(found)
    assert len({*zip(grid.rows, grid.columns, strict=True)}) == len(found.states) == 210
    assert (grid.rows >= grid.tops[found.class_of]).all()
    assert (grid.rows < grid.tops[found.class_of + 1] - 1).all()
    assert (grid.columns >= grid.lefts[found.shop_of]).all()
    assert (grid.columns < grid.lefts[found.shop_of + 1] - 1).all()
    assert found.shops == ("body", "paint", "检测", "battery")


def test_a_shop_without_devices_has_a_place_in_the_grid():
    text = """
name: robots at one of two shops
horizon: 8 h
replications: 2
stations: [{name: press, cycle_time: 52 s}, {name: weld, buffer: 4, cycle_time: 55 s}]
fleet:
  devices: 4
  classes:
    robots:
      {count: 4, period: 1 s, size: 200, attach: [press], failures: [{mtbf: 2 h, mttr: 5 min}]}
"""
    states = fleet_states(history(loads(text)), 3600.0, 28800.0)
    assert states.shops == ("press", "weld")
    check_layout(device_grid(states, say=catalogue("en")))


def test_devices_are_shown_by_the_clock_where_it_is_known(past):
    found = fleet_states(past, 3600.0, 28800.0)
    assert "h after the start" in device_grid(found).get_suptitle()
    figure = device_grid(found, started=86400.0 + 6 * 3600.0, say=catalogue("zh"))
    assert re.match(r"周二 (0[7-9]|1[0-4]):\d\d(:\d\d)? 时的每台设备", figure.get_suptitle())
    assert figure.axes[2].get_xlabel() == "时刻"
    assert figure.axes[2].get_xticklabels()[0].get_text() == "07:00\n周二"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_grid_shows_states_in_their_colours_and_shares_over_time(past, language):
    found = fleet_states(past, 3600.0, 28800.0)
    figure = device_grid(found, title="plant", say=catalogue(language))
    check_layout(figure)
    cells, stack, down = figure.axes
    picture = np.asarray(cells.images[0].get_array())
    grid, _ = fitted(found)
    # Beside its middle and its edges a cell has the colour of its state.
    seen = picture[grid.rows * CELL + 2, grid.columns * CELL + 3]
    expected = [to_rgb(LOOKS[DEVICE_STATES[state]]["facecolor"]) for state in found.states]
    np.testing.assert_allclose(seen, expected)
    tops = [patch.get_data() for patch in stack.patches]
    present = [state for state in LOOKS if found.shares[DEVICE_STATES.index(state)].any()]
    for state, top in zip(present, tops, strict=True):
        np.testing.assert_allclose(
            top.values - top.baseline, found.shares[DEVICE_STATES.index(state)], atol=1e-12
        )
    np.testing.assert_allclose(tops[-1].values, 1.0)
    number = 210 * found.shares[DEVICE_STATES.index("down")]
    np.testing.assert_allclose(stairs(down)[0][0], number)


def test_a_line_of_many_first_words_is_one_shop():
    many = ", ".join(f"{{name: s{n} x, cycle_time: 60 s}}" for n in range(MOST + 1))
    plant = compile_plant(loads(f"{{name: p, horizon: 1 h, stations: [{many}]}}"))
    assert len(set(shops(plant).values())) == 1


@pytest.mark.usefixtures("unmade")
def test_the_devices_of_a_run_are_drawn_from_its_files(tmp_path):
    (tmp_path / "plant.yaml").write_text(PLANT.replace("8 h", "4 h"), encoding="utf-8")
    assert called("run", tmp_path / "plant.yaml", "--out", tmp_path / "out").exit_code == 0
    done = called("plot", tmp_path / "out", "--from", "2 h", "--until", "3 h", "--replication", 1)
    assert done.exit_code == 0, done.output
    drawn = [path.rpartition("/")[2] for path in done.output.split()]
    assert {"devices.png", "base-load.png"} <= {*drawn}


# Files and pages


@pytest.mark.usefixtures("unmade")
def test_figures_are_drawn_from_files_and_at_once(directory, tmp_path):
    assert called("plot", directory, "--to", tmp_path / "a", "--format", "svg").exit_code == 0
    assert called("base", directory.parent / "plant.yaml", "--plots", tmp_path / "b").exit_code == 0
    for folder, suffix in (("a", "svg"), ("b", "png")):
        names = sorted(path.name for path in (tmp_path / folder).iterdir())
        assert names == [f"{name}.{suffix}" for name in ("age", "latency", "load")]
    assert called("plot", directory, "--from", "1 h").exit_code == 2


def test_the_answer_is_latency_freshness_and_the_worst_fault(directory, record):
    found = answer(read_contents(directory), catalogue("en"))
    assert found.question.endswith("know of its 210 devices?")
    lost = sum(sum(each["lost"].values()) for each in record["classes"])
    assert f"{lost:,} of {record['messages']:,} are lost" in found.sentences[0]
    worst = min((c for c in record["classes"] if c["fresh"]), key=lambda c: c["fresh"]["mean"])
    assert f"least for {worst['name']}" in found.sentences[1]
    assert (
        "from 00:00 to 00:00:15" in found.sentences[2] or "gateway 1" in found.sentences[2].lower()
    )


def test_tables_say_how_late_failures_are_seen_during_a_fault(directory, scenario):
    result = simulate_base(scenario)
    contents = read_contents(directory)
    for each, law in zip(contents.record["classes"], result.detection.values(), strict=True):
        normal, worst = seen_after(each)
        assert normal == pytest.approx(law.mean(law.normal))
        pieces = [law.mean(p) for p, phase in enumerate(law.phases) if phase == FAULT]
        assert worst == pytest.approx(max(pieces))
        assert worst > normal
    faults, stages, classes = tables(contents, catalogue("en"))
    assert [row[1].text for row in faults.rows] == ["23:59:20", "00:00"]
    assert [row[0].text for row in stages.rows] == ["uplink", "gateways", "broker", "twin"]
    assert {row[0].text: row[1].value for row in classes.rows} == {
        "meters": 30, "sensors": 120, "机器人": 60,
    }  # fmt: skip


@pytest.mark.usefixtures("unmade")
def test_a_page_of_a_base_is_whole_in_both_languages(directory):
    english, chinese = (sketched(directory, language) for language in ("en", "zh"))
    name = html.escape("渝北 <i>{plant}")
    for text in (english, chinese):
        assert name in text
        assert "渝北 <i>" not in text.split('<script type="application/json"')[0]
        assert text.count("data:image/svg+xml") == 3
        assert "factory-sim base -" in text
    assert "网关 1 停机" in chinese
    assert "gateway 1 down" in english
    doubts = read_contents(directory).record["doubts"]
    assert doubts
    for doubt in doubts:
        assert html.escape(doubt, quote=True) in english
        assert catalogue("zh").line(doubt) != doubt
        assert doubt not in html.unescape(chinese)


@pytest.mark.usefixtures("unmade")
def test_a_page_of_a_base_draws_on_a_phone(driver, directory, tmp_path):
    path = tmp_path / "base.html"
    path.write_text(sketched(directory, "zh"), encoding="utf-8")
    browser.show(driver, path, 390, 844)
    assert driver.get_log("browser") == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
    assert len(driver.find_elements(By.CSS_SELECTOR, "#charts option")) == 10
    assert len(driver.find_elements(By.CSS_SELECTOR, "ol.answer li")) == 3


# What the twin buys


def gain(mean, half_width):
    return {"difference": {"mean": mean, "half_width": half_width}}


def cost(parts, half_width):
    estimate = {"mean": parts, "half_width": half_width, "confidence": 0.95, "n": 9}
    return {"unseen": estimate, "downtime": estimate, "parts": estimate}


GAINS = {
    "scenario": "plant",
    "confidence": 0.95,
    "replications": 9,
    "levers": [
        {
            "name": "monitoring",
            "differences": {"throughput": gain(0.5, 0.1), "wip": gain(0.0, 0.0)},
        },
        {"name": "management", "differences": {"throughput": gain(-0.25, None)}},
    ],
    "together": {"throughput": gain(0.75, 0.2)},
    "fault": {
        "late": [
            {"of": "sensors", "failures": 0.01, "delay": 90.0, "downtime": 0.9, "lost": 12_000.0},
            {"of": "robots", "failures": 0.2, "delay": 60.0, "downtime": 12.0, "lost": 300.0},
        ],
        "times": 40.0,
        "each": cost(0.2, 0.05),
        "once": cost(0.0, 0.0),
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_twin_buys_is_drawn_lever_by_lever_and_from_fault_to_parts(language):
    drawn = dict(gained.figures(GAINS, catalogue(language)))
    assert list(drawn) == ["levers", "chain"]
    for figure in drawn.values():
        check_layout(figure)
    (levers,) = drawn["levers"].axes
    dots = levers.containers[0]
    np.testing.assert_allclose(
        dots.lines[0].get_xdata().astype(float), [12.0, -6.0, 18.0]
    )  # parts per day
    (bars,) = dots.lines[2]
    np.testing.assert_allclose(bars.get_segments()[0][:, 0], [9.6, 14.4])
    *panels, unseen, downtime, parts = drawn["chain"].axes
    for axes, name in zip(panels, ("lost", "failures", "delay", "downtime"), strict=True):
        robots, sensors = (bar.get_width() for bar in axes.patches)
        late = GAINS["fault"]["late"]
        assert (robots, sensors) == (late[1][name], late[0][name])  # the costliest first
    # Below the classes is what they add up to; the delay is a mean over failures.
    sums = [axes.texts[-1].get_text() for axes in panels]
    assert sums == ["12,300", "0.210", "61.4", "12.9"]
    for axes, expected in ((unseen, [12.9]), (downtime, [12.9]), (parts, [])):
        dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert [line.get_xdata()[0] for line in dashed] == pytest.approx(expected)
        assert [c.lines[0].get_xdata()[0] for c in axes.containers] == [0.2, 0.0]
    # Zeros without spread are counted, not claimed.
    assert parts.texts[-1].get_text() == catalogue(language)("chain.no_difference", n="9")


def test_a_spell_of_blindness_has_no_messages_to_lose():
    late = [{**one, "lost": None} for one in GAINS["fault"]["late"]]
    blind = GAINS | {"fault": {**GAINS["fault"], "late": late}}
    figure = dict(gained.figures(blind))["chain"]
    check_layout(figure)
    assert len(figure.axes) == 6


def ticks_within(axes):
    """Return the labels along an axis, from the left, that show."""
    low, high = axes.get_xlim()
    return [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [1e-7, 3.7e-4, 0.1, 37.0, 1.2e5])
def test_what_a_fault_costs_can_be_read_however_small_or_large(size, language):
    def cost(mean, half):
        return {"mean": mean * size, "half_width": half * size, "confidence": 0.95, "n": 64}

    late = {"of": "robots", "lost": 12.0, "failures": size, "delay": 600.0, "downtime": 6.0 * size}
    for mean, half in ((1.0, 0.1), (-1.0, 0.3), (0.01, 0.003), (1.0, 0.0001)):
        costs = {name: cost(mean, half) for name in COSTS}
        once = {name: cost(1.3 * mean, 8.0 * half) for name in COSTS}
        fault = {"late": [late, late], "times": 3.2, "each": costs, "once": once}
        figure = chain(fault, title="plant", say=catalogue(language))
        check_layout(figure)
        # Nor do the values of one panel run into those of the next.
        ends = [
            (shown[0].get_window_extent(), shown[-1].get_window_extent())
            for axes in figure.axes[-3:]
            if (shown := ticks_within(axes))
        ]
        assert all(last.x1 < first.x0 for (_, last), (first, _) in pairwise(ends))


def test_a_plant_without_a_fault_has_no_chain():
    assert list(dict(gained.figures(GAINS | {"fault": None}))) == ["levers"]
