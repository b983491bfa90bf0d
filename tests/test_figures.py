from __future__ import annotations

import base64
import math
import re
import warnings
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.ft2font import FT2Font

from factory_sim import Estimate, loads, simulate
from factory_sim.analysis.convergence import running
from factory_sim.analysis.levels import levels
from factory_sim.analysis.states import STATES
from factory_sim.analysis.statistics import interval
from factory_sim.analysis.timeline import Spans, timeline
from factory_sim.report.figures import fonts
from factory_sim.report.figures.automation import automation
from factory_sim.report.figures.buffers import buffers
from factory_sim.report.figures.convergence import Start, convergence
from factory_sim.report.figures.fonts import LATIN, SHIPPED, MissingGlyphs, families, legible
from factory_sim.report.figures.gallery import figures
from factory_sim.report.figures.gantt import DRAWN_AS_IMAGE, MOST, gantt
from factory_sim.report.figures.price import Price, price
from factory_sim.report.figures.space_time import space_time
from factory_sim.report.figures.station_states import station_states
from factory_sim.report.figures.style import (
    STATE_COLOURS,
    STATE_HATCHES,
    drawing,
    save,
    sheet,
    short,
    svg,
)
from factory_sim.report.figures.trajectories import window_of_parts
from factory_sim.report.figures.waterfall import Step, waterfall
from factory_sim.report.numbers import true_minus
from factory_sim.report.recorded import recorded
from factory_sim.report.texts import catalogue
from factory_sim.report.writable import FORMATS, OutputError

LINE = """
name: 渝北总装线 with a dollar $ and another $ in its name
horizon: 6 h
warm_up: 1 h
replications: 5
lines:
  总装主线:
    stations:
      - {name: 车身上线, cycle_time: {dist: gamma, mean: 60 s, cv: 0.2}}
      - section: 底盘段
        buffer: 3
        takt: 62 s
        window: 10 s
        stations:
          - {name: 电池包合装, cycle_time: 55 s, failures: {mtbf: 1 h, mttr: 6 min}}
          - {name: 仪表板安装与调整工位名称很长的一个测试工位甲乙丙丁戊己庚辛, cycle_time: 54 s}
      - {name: 检测, buffer: 2, servers: 2, cycle_time: {dist: gamma, mean: 110 s, cv: 0.3}}
  电池分装:
    joins: 电池包合装
    buffer: 4
    stations:
      - name: 模组入箱
        cycle_time: {dist: gamma, mean: 57 s, cv: 0.3}
        failures: {mtbf: 90 min, mttr: 5 min, clock: calendar}
"""

LONG = """
name: long
horizon: 90 min
warm_up: 30 min
replications: 1
stations:
  - {name: 一个名称非常长的工位一个名称非常长的工位, buffer: 1, count: 266, cycle_time: 50 s}
"""


@pytest.fixture(scope="module")
def line():
    """Two parallel servers, a section, a feeder, all with Chinese names."""
    return simulate(loads(LINE))


def estimates(means, half_widths):
    return [
        Estimate(mean, half, 0.95, 10, "parts/h")
        for mean, half in zip(means, half_widths, strict=True)
    ]


def beyond(axis):
    """Return the tick labels of an axis that lie outside its view and are not drawn."""
    low, high = sorted(axis.get_view_interval())
    return {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}


def texts(figure):
    """Return the texts of a figure that show, with their boxes in pixels."""
    with drawing():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        hidden = set().union(*(beyond(a) for axes in figure.axes for a in (axes.xaxis, axes.yaxis)))
        return [
            (text.get_text(), text.get_window_extent(renderer))
            for text in figure.findobj(mpl.text.Text)
            if text.get_visible() and text.get_text() and text not in hidden
        ]


def check_layout(figure):
    """Check that every text lies within the figure and that no labels of an axis overlap.

    Return the texts that show.
    """
    page = figure.bbox
    shown = texts(figure)
    for text, box in shown:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.x1 + 1 and box.y1 <= page.y1 + 1
        assert inside, f"{text!r} is cut off: {box}"
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            boxes = [
                label.get_window_extent()
                for label in axis.get_ticklabels()
                if label.get_visible() and label.get_text() and label not in beyond(axis)
            ]
            for one, other in combinations(boxes, 2):
                assert not one.overlaps(other), f"tick labels of {axis} overlap"
        sharing = axes.get_shared_y_axes().get_siblings(axes)
        assert any(a.get_ylabel() or a.get_yticklabels() for a in sharing), "an axis says nothing"
    return [text for text, _ in shown]


def test_every_figure_of_a_line_with_chinese_names_is_laid_out_well(line):
    names = []
    for name, figure in figures(recorded(line)):
        check_layout(figure)
        names.append(name)
    assert names == ["station_states", "convergence", "space_time", "gantt", "buffers"]


def test_every_figure_of_266_stations_is_laid_out_well():
    for name, figure in figures(recorded(simulate(loads(LONG)))):
        check_layout(figure)
        assert figure.get_size_inches()[1] < 11.7, f"{name} is taller than a page"


def test_a_check_of_the_layout_sees_labels_that_overlap_or_are_cut_off():
    with drawing():
        crowded = sheet(1.0)
        crowded.subplots().set_yticks(range(40), ["label"] * 40)
        cut = sheet(1.0)
        cut.subplots()
        cut.text(0.99, 0.5, "far too far to the right")
    for figure, message in ((crowded, "overlap"), (cut, "cut off")):
        with pytest.raises(AssertionError, match=message):
            check_layout(figure)


def test_station_states_are_those_of_the_result(line):
    (axes,) = station_states(line).axes
    columns = line.stations()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["车身上线", "底盘段 (2 paced)", "检测", "模组入箱"]
    widths = {bars.get_label(): [bar.get_width() for bar in bars] for bars in axes.containers}
    assert set(widths) <= set(STATES)
    for state, shown in widths.items():
        a, b, c, d, e = columns[state]
        np.testing.assert_allclose(shown, [a, (b + c) / 2, d, e], atol=1e-12)
    np.testing.assert_allclose(np.sum(list(widths.values()), axis=0), 1.0, atol=0.01)
    # The mark stands in the row of the bottleneck.
    (mark,) = [text for text in axes.texts if "bottleneck" in text.get_text()]
    assert labels[int(mark.get_position()[1])].startswith(line.bottleneck[0])


def test_a_band_is_the_interval_of_each_level():
    shares, means = [0.0, 0.3, 1.0], [50.0, 52.0, 51.0]
    level, difference = estimates(means, [1.0, 2.0, 3.0]), estimates([0.0, 2.0, 1.0], [0, 0.1, 0.2])
    figure = automation(shares, level, difference, title="plant")
    check_layout(figure)
    for axes, drawn in zip(figure.axes, (level, difference), strict=True):
        (curve, *_) = axes.get_lines()
        np.testing.assert_array_equal(curve.get_xdata(), shares)
        np.testing.assert_array_equal(curve.get_ydata(), [e.mean for e in drawn])
        (band,) = axes.collections
        corners = band.get_paths()[0].vertices
        for share, estimate in zip(shares, drawn, strict=True):
            heights = corners[corners[:, 0] == share, 1]
            assert (heights.min(), heights.max()) == (estimate.low, estimate.high)
    zero = figure.axes[1].get_lines()[1]
    assert list(zero.get_ydata()) == [0.0, 0.0]
    assert "parts/h" in figure.axes[0].get_ylabel()


def test_one_replication_has_no_band_and_levels_must_match():
    one = estimates([1.0, 2.0], [math.nan, math.nan])
    check_layout(automation([0.0, 1.0], one, one))
    with pytest.raises(ValueError, match="3 levels need as many estimates"):
        automation([0.0, 0.5, 1.0], one, one)


LOSSES = [Step("breakdowns 故障", -3.0, 0.3), Step("waits", -1.5, 0.2), Step("overlap", 0.5)]


def test_a_waterfall_steps_from_the_whole_to_the_rest():
    figure = waterfall(
        Step("takt", 60.0), LOSSES, Step("made", 56.0, 0.4), unit="parts/h", title="x"
    )
    check_layout(figure)
    (axes,) = figure.axes
    begin = axes.get_xlim()[0]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    np.testing.assert_allclose(
        bars, [(begin, 60), (60, 57), (57, 55.5), (55.5, 56), (begin, 56)], rtol=1e-12
    )
    # The losses would vanish against 60, so the axis begins above 0 and says so.
    assert begin > 0
    assert f"the axis begins at {begin:g}" in axes.get_xlabel()
    written = [text.get_text() for text in axes.texts]
    assert written == ["60", "-3.00 ± 0.30", "-1.50 ± 0.20", "+0.5", "56.0 ± 0.4"]


MINUS = "\N{MINUS SIGN}"


def test_numbers_beside_marks_have_the_minus_of_those_of_axes():
    steps = Step("robots-16", 60.0), [Step("-2 a-3 (-4)", -4.0, 0.3)], Step("made", 56.0)
    figure = waterfall(*steps, unit="parts/h", title="")
    svg(figure)
    assert [text.get_text() for text in figure.axes[0].texts] == ["60", f"{MINUS}4.00 ± 0.30", "56"]
    assert true_minus("robots-16: -2, 2024-05-01") == f"robots-16: {MINUS}2, 2024-05-01"


def test_a_third_that_is_lost_is_seen_from_near():
    figure = waterfall(
        Step("takt", 60.0), [Step("off shift", -20.0)], Step("made", 40.0), unit="x", title=""
    )
    assert 20.0 < figure.axes[0].get_xlim()[0] < 40.0


def test_a_waterfall_of_large_losses_begins_at_zero():
    figure = waterfall(
        Step("takt", 60.0), [Step("loss", -40.0)], Step("made", 20.0), unit="parts/h", title=""
    )
    assert figure.axes[0].get_xlim()[0] == 0.0


def test_a_waterfall_that_does_not_sum_is_refused():
    with pytest.raises(ValueError, match=r"the steps sum to 56\.0 parts/h, not to made, 55\.9"):
        waterfall(Step("takt", 60.0), LOSSES, Step("made", 55.9), unit="parts/h", title="")


def test_prices_are_ranked_by_unit_with_their_intervals():
    rows = [
        Price("b", 0.2, 0.1, "parts/h per s"),
        Price("焊装", 0.9, 0.2, "parts/h per s"),
        Price("harm", -0.3, math.nan, "parts/h per s"),
        Price("place", 0.5, 0.1, "parts/h per place"),
    ]
    figure = price(rows, title="first things first")
    check_layout(figure)
    seconds, places = figure.axes
    assert [label.get_text() for label in seconds.get_yticklabels()] == ["焊装", "b", "harm"]
    assert [bar.get_width() for bar in seconds.patches] == [0.9, 0.2, -0.3]
    spans = [c.get_segments()[0][:, 0] for c in seconds.collections]
    np.testing.assert_allclose(spans, [(0.7, 1.1), (0.1, 0.3)])
    assert (seconds.get_xlabel(), places.get_xlabel()) == ("parts/h per s", "parts/h per place")


def test_what_is_left_out_of_many_prices_is_counted():
    rows = [Price(f"station {n}", float(n), 0.1, "parts/h per s") for n in range(40)]
    figure = price(rows)
    check_layout(figure)
    assert figure.axes[0].get_yticklabels()[0].get_text() == "station 39"
    assert "(25 smaller ones not shown)" in figure.axes[0].get_xlabel()
    with pytest.raises(ValueError, match="no price"):
        price([])


def test_the_running_interval_is_the_interval_of_the_first_replications():
    samples = np.random.default_rng(1).normal(60.0, 2.0, size=12)
    means, half_widths = running(samples, 0.9)
    for n in range(1, 13):
        expected = interval(samples[:n], 0.9)
        assert means[n - 1] == pytest.approx(expected.mean, rel=1e-12)
        assert half_widths[n - 1] == pytest.approx(expected.half_width, rel=1e-9, nan_ok=True)
    assert not running(np.full(5, 3.1))[1][1:].any()


def test_convergence_shows_the_running_mean_and_the_cut(line):
    accounts = line.accounts
    start = Start(accounts.end, accounts.series.mean(axis=0), 1800.0, True, 3600.0)
    figure = convergence(accounts.throughput, 0.95, what="throughput", unit="parts/h", start=start)
    check_layout(figure)
    mean, time = figure.axes
    np.testing.assert_allclose(mean.get_lines()[0].get_ydata(), running(accounts.throughput)[0])
    assert time.get_lines()[0].get_xdata()[0] == pytest.approx(0.5)  # MSER-5, h
    drawn = [text.get_text() for text in time.get_legend().get_texts()]
    assert drawn == ["cut, 1 h", "steady after 30 min (MSER-5)"]
    # Deliveries per hour, times hours, are all parts delivered.
    (steps,) = [patch for patch in time.patches if hasattr(patch, "get_data")]
    values, edges, _ = steps.get_data()
    delivered = (values * np.diff(edges)).sum()
    assert delivered == pytest.approx(accounts.series.mean(axis=0).sum(), rel=1e-9)


def test_a_rule_that_finds_no_steady_state_and_a_single_replication_are_drawn():
    start = Start(3600.0, np.ones(100), 0.0, False, 0.0)
    figure = convergence(np.array([1.0]), 0.95, what="WIP", unit="parts", start=start)
    check_layout(figure)
    (said,) = figure.axes[1].get_legend().get_texts()  # nothing was cut
    assert "no steady state" in said.get_text()


def pieces(axes, colour):
    """Return the straight pieces of a colour, (n, 2, 2)."""
    found = [
        np.array(c.get_segments())
        for c in axes.collections
        if isinstance(c, LineCollection) and tuple(c.get_colors()[0][:3]) == to_rgb(colour)
    ]
    return np.concatenate([some for some in found if len(some)])


HAND = """
name: by hand
horizon: 200 s
warm_up: 0
replications: 1
stations:
  - {name: cut, cycle_time: 10 s}
  - {name: fold, cycle_time: 20 s}
  - {name: bend, cycle_time: 30 s}
"""


def test_ways_and_who_blocked_whom_are_as_computed_by_hand():
    seen = recorded(simulate(loads(HAND), replications=1)).observe(0)
    (axes,) = space_time(seen, 0.0, 70.0).axes
    worked = pieces(axes, STATE_COLOURS["busy"])
    # The first part: 10 s on cut, 20 s on fold, 30 s on bend.
    for piece in ([(0, 0), (10, 0)], [(10, 1), (30, 1)], [(30, 2), (60, 2)]):
        assert (worked == np.array(piece)).all(axis=(1, 2)).any(), piece
    # The second is done on fold at 50 s and waits for bend until 60 s; the third is done on
    # cut at 40 s and waits for the second, that is for bend.
    links = pieces(axes, "#d55e00")
    np.testing.assert_allclose(links, [[(30, 0), (30, 1)], [(60, 0), (60, 2)], [(60, 1), (60, 2)]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cut", "fold", "bend"]


def test_nothing_is_worked_where_a_station_is_down():
    broken = HAND.replace("10 s}", "10 s, failures: {mtbf: 30 s, mttr: 20 s}}")
    seen = recorded(simulate(loads(broken), replications=1)).observe(0)
    (axes,) = space_time(seen, 0.0, 200.0).axes
    down = [c for c in axes.collections if isinstance(c, PolyCollection) and len(c.get_paths())]
    ways = [c for c in axes.collections if isinstance(c, LineCollection)]
    assert down
    assert min(c.get_zorder() for c in down) > max(c.get_zorder() for c in ways[:-1])


def test_labels_of_ticks_are_in_the_language_of_the_figure(line):
    zh = catalogue("zh")
    seen, section = recorded(line).observe(0), "底盘段" + zh("figure.paced", stations="2")
    assert "paced" not in section
    figure = station_states(line, say=zh)
    check_layout(figure)
    assert section in [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ways = space_time(seen, 3600.0, 7200.0, started=0.0, say=zh).axes[0]
    assert section in [label.get_text() for label in ways.get_yticklabels()]
    shift, levels_of = timeline(seen, 3600.0, 7200.0), levels(seen, 3600.0, 7200.0)
    drawn = (ways, gantt(shift, started=0.0, say=zh).axes[0])
    for axes in (*drawn, buffers(levels_of, started=0.0, say=zh).axes[-1]):
        first, *others = [label.get_text() for label in axes.get_xticklabels()]
        assert first == "01:00\n周一"
        assert not any("周" in other for other in others)


def test_a_window_holds_as_many_parts_as_asked(line):
    seen = recorded(line).observe(0)
    begin, end = window_of_parts(seen, 3600.0, parts=20)
    leave = seen.times("leave", "检测")
    assert begin >= 3600.0
    assert np.count_nonzero((leave > begin) & (leave <= end)) == 20
    assert window_of_parts(seen, 3600.0, parts=10**6) == (3600.0, seen.until)


def test_a_feeder_can_be_drawn_too(line):
    seen = recorded(line).observe(0)
    figure = space_time(seen, 3600.0, 5000.0, line="电池分装")
    check_layout(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["模组入箱"]


def test_a_gantt_shows_every_second_of_every_server(line):
    seen = recorded(line).observe(0)
    spans = timeline(seen, 3600.0, 3600.0 + 7200.0)
    figure = gantt(spans)
    check_layout(figure)
    (axes,) = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[-3:] == ["检测 1", "检测 2", "模组入箱"]
    drawn = np.zeros((len(spans), len(STATES)))
    for boxes in axes.collections:
        assert isinstance(boxes, PolyCollection)
        state = [to_rgb(c) for c in STATE_COLOURS.values()].index(
            tuple(boxes.get_facecolor()[0][:3])
        )
        for path in boxes.get_paths():
            low, high = path.vertices.min(axis=0), path.vertices.max(axis=0)
            drawn[round((low[1] + high[1]) / 2), state] += 3600.0 * (high[0] - low[0])
    np.testing.assert_allclose(drawn, [one.seconds() for one in spans], atol=1e-6)


def test_a_busy_gantt_is_an_image_fine_enough_to_be_printed(line):
    spans = timeline(recorded(line).observe(0), 3600.0, 3600.0 + 14400.0)
    assert sum(one.states.size for one in spans) > DRAWN_AS_IMAGE
    text = svg(gantt(spans))
    # Each hatched box by itself would take a browser minutes to print.
    assert text.count("url(#") < 30
    images = re.findall(r'<image xlink:href="data:image/png;base64,([^"]+)"([^>]*)>', text)
    assert images
    for data, rest in images:
        pixels = int.from_bytes(base64.b64decode(data)[16:20], "big")
        points = float(re.search(r' width="([0-9.]+)"', rest)[1])
        assert pixels / points > 0.99 * 300 / 72


def test_parts_of_a_single_station_are_not_drawn():
    text = "{horizon: 2 h, replications: 2, stations: [{name: press, cycle_time: 52 s}]}"
    names = [name for name, _ in figures(recorded(simulate(loads("{name: one, " + text[1:]))))]
    assert names == ["station_states", "convergence", "gantt"]


def test_a_gantt_of_many_servers_shows_those_that_are_down():
    busy, down = STATES.index("busy"), STATES.index("down")
    spans = [
        Spans(f"station {n}", 0, np.array([0.0, 3500.0, 3600.0]), np.array([busy, down]))
        if n == 200
        else Spans(f"station {n}", 0, np.array([0.0, 3600.0]), np.array([busy]))
        for n in range(266)
    ]
    (axes,) = gantt(spans).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == MOST
    assert labels[-1] == "station 200"
    assert f"({266 - MOST} servers less often down or busy not shown)" in axes.get_xlabel()


def test_buffers_show_the_levels_and_when_they_are_full(line):
    found = levels(recorded(line).observe(0), 3600.0, 7200.0)
    figure = buffers(found)
    check_layout(figure)
    assert [axes.get_ylabel().split("\n")[-1] for axes in figure.axes] == [
        "底盘段",
        "检测",
        "for 电池包合装",
    ]
    for axes, level in zip(figure.axes, found, strict=True):
        (steps,) = [patch for patch in axes.patches if hasattr(patch, "get_data")]
        np.testing.assert_array_equal(steps.get_data()[0], level.parts)
        full = sum(path.get_extents().width for c in axes.collections for path in c.get_paths())
        assert full * 60.0 == pytest.approx(3600.0 * level.full_share, abs=1e-6)
    zh = [axes.get_ylabel() for axes in buffers(found, say=catalogue("zh")).axes]
    assert zh[-2:] == ["检测\n之前", f"{found[-1].takes_from}\n供电池包合装"]
    with pytest.raises(ValueError, match="no buffer"):
        buffers([])


def test_states_differ_in_grey_print_and_what_is_near_is_hatched():
    def grey(colour):
        return 100 * float(np.dot(to_rgb(colour), [0.299, 0.587, 0.114]))

    ladder = sorted(STATE_COLOURS, key=lambda state: grey(STATE_COLOURS[state]))
    for one, other in pairwise(ladder):
        apart = grey(STATE_COLOURS[other]) - grey(STATE_COLOURS[one])
        assert apart > 8, (one, other)
        if apart < 15:
            assert STATE_HATCHES.get(one) != STATE_HATCHES.get(other)


def test_the_shipped_font_has_all_of_gb2312():
    everything = [
        bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312", errors="ignore")
        for row in range(16, 88)
        for cell in range(1, 95)
    ]
    text = "".join(everything)
    assert len(text) == 6763
    assert set(map(ord, text)) <= set(FT2Font(str(fonts.SHIPPED_FILE)).get_charmap())
    assert "SIL OPEN FONT LICENSE" in (fonts.SHIPPED_FILE.parent / "OFL.txt").read_text()


def test_chinese_needs_no_installed_font(monkeypatch):
    monkeypatch.setattr(fonts, "INSTALLED", ())
    text = "渝北赛力斯总装线，电池包合装"  # noqa: RUF001
    assert families([text]) == [LATIN, SHIPPED]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert legible(text) == text


def test_an_installed_font_is_taken_for_what_the_others_lack(monkeypatch):
    # DejaVu Serif stands for a Chinese font: it is always there, and differs from the others.
    monkeypatch.setattr(fonts, "INSTALLED", ("No Such Font", "DejaVu Serif"))
    has = {LATIN: {65}, SHIPPED: {66}, "DejaVu Serif": {65, 66, 67}}
    monkeypatch.setattr(fonts, "_characters", has.__getitem__)
    assert families(["AB"]) == [LATIN, SHIPPED]
    assert families(["ABC"]) == [LATIN, SHIPPED, "DejaVu Serif"]


def test_letters_that_no_font_has_are_written_as_codes_with_a_warning(monkeypatch):
    monkeypatch.setattr(fonts, "INSTALLED", ())
    with pytest.warns(MissingGlyphs, match=r"no font has U\+F1234; install"):
        assert legible("arm \U000f1234") == r"arm \U000f1234"
    with pytest.warns(MissingGlyphs, match=r"no font has U\+1F9BE"):
        assert legible("🦾") == r"\U0001f9be"
    with pytest.warns(MissingGlyphs):
        figure = price([Price("arm \U000f1234", 1.0, 0.1, "parts/h")])
    check_layout(figure)  # without the warning of matplotlib, which would be an error here


def test_emoji_are_left_out_of_names_without_a_word():
    assert legible("🏭 arm 🦾, 电池 ⚙\N{VARIATION SELECTOR-16}") == "arm , 电池 ⚙"


def test_names_are_cut_to_columns_of_which_chinese_takes_two():
    assert short("weld", 4) == "weld"
    assert short("welding", 4) == "we…g"
    assert short("a station of the door line-12", 16) == "a station…ne-12"
    assert short("电池包合装", 10) == "电池包合装"
    assert short("电池包合装", 9) == "电池包…装"


def test_nothing_of_matplotlib_is_changed():
    before = dict(mpl.rcParams)
    found = list(figures(recorded(simulate(loads(HAND)))))
    assert dict(mpl.rcParams) == before
    assert len(found) == 4


def test_settings_of_the_user_change_no_figure(line, tmp_path):
    save(station_states(line), tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "text.color": "white"}):
        save(station_states(line), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_written_and_comes_out_the_same_again(tmp_path, suffix):
    for name in "ab":
        save(price([Price("焊装 weld", 1.0, 0.1, "parts/h")]), tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_a_file_that_cannot_be_written_is_reported(line, tmp_path):
    figure = station_states(line)
    with pytest.raises(OutputError, match=r"a\.doc: the name ends in no format of figures"):
        save(figure, tmp_path / "a.doc")
    with pytest.raises(OutputError, match="there is no directory"):
        save(figure, tmp_path / "missing" / "a.png")


def test_fonts_are_found_again_after_matplotlib_has_looked_for_them(monkeypatch):
    monkeypatch.setattr(
        font_manager.fontManager,
        "ttflist",
        [entry for entry in font_manager.fontManager.ttflist if entry.name != SHIPPED],
    )
    assert SHIPPED in families(["电"])
    assert Path(font_manager.findfont(SHIPPED)) == fonts.SHIPPED_FILE


def test_a_plant_with_shifts_is_drawn_by_the_clock():
    hour, day = 3600.0, 86400.0
    spans = [Spans("mill", 0, np.array([0.0, 14 * hour]), np.array([0]))]
    (axes,) = gantt(spans, started=day + 18 * hour).axes
    labels = [text.get_text() for text in axes.get_xticklabels()]
    at = dict(zip(axes.get_xticks().tolist(), labels, strict=True))
    assert (at[0.0], at[2.0], at[6.0]) == ("18:00\ntue", "20:00", "00:00\nwed")
    assert axes.get_xlabel() == "time of day"
    assert gantt(spans).axes[0].get_xlabel() == "time since the start, h"
