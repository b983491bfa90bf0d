"""Pages of explanations, diffs, sweeps of keys and ramps, and what repeats every study."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from typer.testing import CliRunner

import browser
from factory_sim import Estimate, loads
from factory_sim.cli import app
from factory_sim.engines import choose
from factory_sim.line.compile import compile_plant
from factory_sim.report.figures import diffed, gallery
from factory_sim.report.figures.settings_axis import along
from factory_sim.report.figures.style import LETTERS, columns
from factory_sim.report.html.answers import answer
from factory_sim.report.html.charts import charts
from factory_sim.report.html.contents import read_contents
from factory_sim.report.html.provenance import again_commands, run_tables
from factory_sim.report.html.tables import tables
from factory_sim.report.html.tables.runs import stations_table
from factory_sim.report.numbers import plus_minus
from factory_sim.report.texts import LANGUAGES, catalogue
from factory_sim.study.phrases import texts
from sketches import noted, sketched
from test_ramp import NOISY
from test_sweep import BY_HAND

LINE = """
name: 三站 <i>{x}
horizon: 3 h
warm_up: 30 min
replications: 5
takt: 55 s
stations:
  - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}}
  - name: weld & paint
    buffer: 2
    cycle_time: {dist: lognormal, mean: 50 s, cv: 0.2}
    failures: {mtbf: 1 h, mttr: 6 min}
  - {name: pack, buffer: 2, cycle_time: 48 s}
"""
FASTER = ["--set-b", "stations.press.cycle_time.mean=40 s", "--set-b", "stations.pack.buffer=6"]
PACED = """
name: paced
horizon: 3 h
warm_up: 30 min
replications: 3
stations:
  - section: line
    takt: 60 s
    window: 5 s
    stations: [{name: s, count: 4, cycle_time: {dist: gamma, mean: 50 s, cv: 0.2}}]
"""
CALLS = {
    "run": ["run", "line", "--trace", "0"],
    "explain": ["explain", "line", "--measure", "0"],
    "diff": ["diff", "line", "line", "--by", "station", *FASTER],
    "compare": ["compare", "line", "line", *FASTER],
    "vary": ["sweep", "line", "--vary", "stations.pack.buffer=1,3"],
    "cube": ["sweep", "line", "--vary", "stations.press.cycle_time.mean=45s:55s", "--samples", "3"],
    "fastest": [
        "sweep",
        "paced",
        "--vary",
        "stations.line.window=5 s,8 s",
        "--fastest-takt",
        "90 %",
    ],
    "ramp": ["run", "ramp", "--set", "horizon=10 d", "--replications", "3"],
}


def called(*arguments: object, text: str | None = None):
    return CliRunner().invoke(app, [str(a) for a in arguments], input=text)


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A directory per study, as the commands write it."""
    top = tmp_path_factory.mktemp("studies")
    for name, text in (("line", LINE), ("paced", PACED), ("ramp", NOISY)):
        (top / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, (verb, *rest) in CALLS.items():
        files = [top / f"{a}.yaml" if (top / f"{a}.yaml").is_file() else a for a in rest]
        done = called(verb, *files, "--out", top / name)
        assert done.exit_code == 0, done.output
    return top


def called_page(directory):
    """Return the text of the page of a study."""
    path = directory / "page.html"
    assert called("report", directory, "-o", path).exit_code == 0
    return path.read_text(encoding="utf-8")


def said(directory):
    """Return the sentences of the answer."""
    return answer(read_contents(directory), catalogue("en")).sentences


# What the pages say


@pytest.mark.parametrize("name", ["compare", "diff"])
def test_what_was_set_of_b_is_told_from_what_was_set_of_both(studies, tmp_path, name):
    line = studies / "line.yaml"
    options = ["--set", "seed=7", *FASTER, "--out", tmp_path, "--replications", "2"]
    assert called(name, line, line, *options).exit_code == 0
    page = html.unescape(called_page(tmp_path))
    assert "Set on top of the file of the scenario: seed=7, replications=2." in page
    assert f"Set on top of the file of B alone: {FASTER[1]}, {FASTER[3]}." in page


def test_the_answer_of_an_explanation_is_its_largest_loss_and_its_surest_gain(studies):
    record = json.loads((studies / "explain" / "explain.json").read_text())
    makes, path, first = said(studies / "explain")
    assert "the rate of press alone is 69.23 parts/h" in makes  # the takt asks less than it can
    losses = [s for s in record["waterfall"] if s["kind"] == "change" and s["value"] < 0]
    assert min(losses, key=lambda step: step["value"])["text"] in makes
    assert record["charges"][0]["place"] in path
    sure = [p["text"] for p in record["prices"] if p["mean"] > p["half_width"]]
    assert first.startswith(f"Do first: {sure[0]}") if sure else first.startswith("No change")


def test_how_long_a_station_holds_the_line_has_its_interval(studies, tmp_path):
    assert called("run", studies / "paced.yaml", "--out", tmp_path / "held").exit_code == 0
    stations = json.loads((tmp_path / "held" / "stations.json").read_text())
    worst = max(stations, key=lambda station: station["lost"])
    held = Estimate(worst["lost"], worst["lost_half_width"], 0.95, 3, "s/h")
    told = plus_minus(held, 60.0)
    advice = said(tmp_path / "held")[-1]
    assert f"First give {worst['name']} more time" in advice
    assert advice.endswith(f"it holds the line longest, {told} min/h.")
    contents = read_contents(tmp_path / "held")
    table = stations_table(contents.runs["run"], "", catalogue("en"))
    column = table.heads.index("holds the line, min/h")
    assert told in [row[column].text for row in table.rows]
    named = sum(name in table.heads for name in ("station", "line", "section"))
    assert all("±" in cell.text or cell.text == "-" for row in table.rows for cell in row[named:])
    old = {name: v for name, v in contents.runs["run"].columns.items() if "half" not in name}
    table = stations_table(replace(contents.runs["run"], columns=old), "", catalogue("en"))
    assert not any("±" in row[column].text for row in table.rows)  # nobody knows it any more


def test_only_a_gain_that_is_told_from_nothing_is_what_to_do_first(studies, tmp_path):
    contents = read_contents(studies / "explain")
    price = {**contents.record["prices"][0], "claim": "exact"}
    unsure, sure = {**price, "mean": 2.0, "half_width": 7.0}, {**price, "mean": 0.2}
    sure |= {"half_width": 0.1, "values": {"place": "pack", "amount": 1.0}, "key": "change.cycle"}
    (tmp_path / "manifest.json").write_bytes((studies / "explain/manifest.json").read_bytes())

    def first(*prices):
        record = {**contents.record, "prices": list(prices)}
        (tmp_path / "explain.json").write_text(json.dumps(record))
        return said(tmp_path)[2]

    assert first(unsure).startswith("No change is known to gain")
    both = first(unsure, sure)
    assert both.startswith("Do first: 1 s less work at pack. It adds 0.20 ± 0.10 parts/h")
    assert "cannot be told from nothing yet" in both
    assert first() != both
    assert first(sure).startswith("Do first")


def test_the_shares_of_a_diff_add_up_in_table_and_figure(studies):
    split = json.loads((studies / "diff" / "diff.json").read_text())
    total = split["differences"]["throughput"]["difference"]["mean"]
    means = [change["shares"]["throughput"]["mean"] for change in split["changes"]]
    assert sum(means) == pytest.approx(total)
    figure = dict(diffed.figures(split))["shares"]
    first, *changes, last = figure.axes[0].patches
    ends = first.get_x() + first.get_width(), last.get_x() + last.get_width()
    assert ends[1] - ends[0] == pytest.approx(total)
    drawn = sorted(bar.get_width() for bar in changes)
    assert drawn == pytest.approx(sorted(means))
    assert all(change["label"].replace("stations.", "") in said(studies / "diff")[1]
               for change in split["changes"])  # fmt: skip


def test_many_changes_are_added_up_and_a_diff_of_nothing_says_so(studies, tmp_path):
    split = json.loads((studies / "diff" / "diff.json").read_text())
    one = split["changes"][0]
    many = {**split, "changes": [{**one, "label": f"stations.s{n}.buffer"} for n in range(30)]}
    many["differences"]["throughput"]["b"]["mean"] = (
        many["differences"]["throughput"]["a"]["mean"] + 30 * one["shares"]["throughput"]["mean"]
    )
    labels = [t.get_text() for t in dict(diffed.figures(many))["shares"].axes[0].get_yticklabels()]
    assert labels[-2:] == ["10 other changes together", "B"]
    line = studies / "line.yaml"
    assert called("diff", line, line, "--out", tmp_path / "same").exit_code == 0
    assert said(tmp_path / "same") == ("Nothing differs in what is simulated.",)
    same = json.loads((tmp_path / "same" / "diff.json").read_text())
    assert not dict(diffed.figures(same))


def test_a_diff_is_drawn_from_its_files_and_at_once(studies, tmp_path, monkeypatch):
    noted(monkeypatch)
    monkeypatch.setattr(gallery, "figures", lambda *_, **__: iter(()))  # those of its runs
    done = called("plot", studies / "diff", "--to", tmp_path / "drawn")
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert names == ["differences.png", "other_shares.png", "shares.png"]
    line = studies / "line.yaml"
    asked = ("--by", "station", *FASTER, "--plots", tmp_path / "now")
    assert called("diff", line, line, *asked).exit_code == 0
    now = tmp_path / "now" / "shares.png"
    assert now.read_bytes() == (tmp_path / "drawn" / "shares.png").read_bytes()


def test_a_diff_and_a_comparison_do_not_take_each_others_directory(studies):
    line = studies / "line.yaml"
    for verb, there in (("diff", "compare"), ("compare", "diff")):
        refused = called(verb, line, line, *FASTER, "--out", studies / there)
        assert refused.exit_code == 1
        assert "holds another study" in refused.stderr


def test_a_ramp_is_answered_by_its_days(studies):
    record = json.loads((studies / "ramp" / "estimates.json").read_text())
    days, rate, todo = said(studies / "ramp")
    working = [day for day in record["daily"] if day["hours"]]
    assert f"on day {working[-1]['day']} it makes" in days
    assert "kept from day" in rate
    assert "bottleneck" in todo
    assert "new line: how fast does it come up to rate?" in sketched(studies / "ramp")
    for text in (catalogue("en")("caption.daily", of=""), "<h3>Output of each working day</h3>"):
        assert text in sketched(studies / "ramp")


def test_a_sweep_of_a_key_has_figures(studies):
    for name, captions in (("vary", ["output", "effects"]), ("cube", ["output"])):
        for caption in captions:
            assert catalogue("zh")(f"caption.{caption}") in sketched(studies / name, "zh")


@pytest.mark.parametrize("kind", ["explain", "diff", "cube", "fastest"])
def test_a_chinese_page_words_what_the_study_says(studies, kind):
    text = html.unescape(sketched(studies / kind, "zh"))
    body = text[: text.index('<section id="repeat">')]
    for key, english in texts("en").items():
        longest = max(re.split(r"\{.*?\}", english), key=len)
        if key.partition(".")[0] in ("doubt", "note", "step", "change") and len(longest) > 9:
            assert longest not in body, key
    assert "<i>{x}" not in sketched(studies / kind, "zh")


def test_doubts_are_in_the_language_of_the_page(studies, tmp_path):
    line = studies / "line.yaml"
    one = ("--replications", 1, "--measure", 0, "--out", tmp_path / "one")
    assert called("explain", line, *one).exit_code == 0
    for language in LANGUAGES:
        page = re.sub("</?code>", "`", sketched(tmp_path / "one", language))
        assert texts(language)["doubt.one_replication"] in page
    record = json.loads((tmp_path / "one" / "explain.json").read_text())
    record["warnings"] = ["a sentence of an earlier version"]
    (tmp_path / "one" / "explain.json").write_text(json.dumps(record))
    done = called("report", tmp_path / "one")
    assert done.exit_code == 1
    assert "its warnings cannot be read; run the scenario again with --out" in done.stderr


@pytest.mark.parametrize(("changes", "others"), [(4, False), (5, True)])
def test_one_change_more_than_a_sentence_names_is_named_too(studies, tmp_path, changes, others):
    line = studies / "line.yaml"
    keys = ("press.servers=2", "pack.servers=2", "pack.buffer=3", "press.crew=1", "pack.crew=2")
    asked = [part for key in keys[:changes] for part in ("--set-b", f"stations.{key}")]
    done = called("diff", line, line, *asked, "-r", 2, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    sentences = answer(read_contents(tmp_path / "out"), catalogue("en")).sentences
    assert ("the other 2 changes" in sentences[1]) is others
    assert "the other 1 changes" not in " ".join(sentences)


def test_the_level_of_automation_is_named_among_keys_as_readers_call_it(tmp_path):
    (tmp_path / "plan.yaml").write_text(BY_HAND)
    asked = ["--automation", "0,0.5", "--vary", "stations.weld.buffer=0,2", "-r", "2"]
    done = called("sweep", tmp_path / "plan.yaml", *asked, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    contents = read_contents(tmp_path / "out")
    asks = answer(contents, catalogue("en")).question
    assert "setting of level of automation and buffer of weld" in asks
    assert "（自动化程度、weld 的缓冲容量）" in answer(contents, catalogue("zh")).question  # noqa: RUF001


def test_a_level_is_a_share_of_what_the_plan_says_and_equal_plants_are_named(tmp_path):
    more = BY_HAND.replace(
        "by_hand: {cycle_time: 60 s", "operations: 3\n    by_hand: {cycle_time: 60 s"
    )
    plan = more.replace("order: [weld]", "measure: operations, order: [weld]")
    (tmp_path / "plan.yaml").write_text(plan)
    asked = ["--automation", "0,0.3,0.6", "--out", tmp_path / "out"]
    done = called("sweep", tmp_path / "plan.yaml", *asked)
    assert done.exit_code == 0, done.output
    contents, say = read_contents(tmp_path / "out"), catalogue("en")
    assert along(contents.record, say).label == "level of automation, share of the operations"
    older = {key: value for key, value in contents.record.items() if key != "measure"}
    assert along(older, say).label == "level of automation"
    points = next(iter(tables(contents, say)))
    assert points.note == "30 % and 60 % are the same plant, simulated once."
    assert "the best is 30 % and 60 % alike with" in answer(contents, say).sentences[0]


def test_runs_of_a_sweep_are_called_by_their_settings(studies):
    contents = read_contents(studies / "vary")
    runs = next(iter(run_tables(contents, catalogue("en"))))
    assert runs.heads[0] == "buffer of pack, places"
    assert [row[0].text for row in runs.rows] == ["the baseline", "1", "3"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["scatter", "scatter_one", "ranking"])
def test_titles_of_points_are_not_cut(language, key):
    text = catalogue(language)(f"figure.{key}", confidence="95 %", keys="buffer | servers")
    assert max(map(columns, text.split("\n"))) <= LETTERS


def test_capital_is_an_amount_of_money_though_no_lifetime_is_known(tmp_path):
    """A plan without a lifetime has no present value, of which the currency was taken."""
    (tmp_path / "plan.yaml").write_text(BY_HAND.replace(", lifetime: 10", ""))
    asked = ["--automation", "0,0.5", "-r", "2", "--out", tmp_path / "out"]
    assert called("sweep", tmp_path / "plan.yaml", *asked).exit_code == 0
    points = next(iter(tables(read_contents(tmp_path / "out"), catalogue("en"))))
    (place,) = [n for n, head in enumerate(points.heads) if head.startswith("capital")]
    assert points.heads[place] == "capital, k RMB"
    assert points.rows[-1][place].text == "180"


def test_no_line_of_an_answer_ends_after_plus_minus(studies):
    for language in LANGUAGES:
        answers = re.search(
            '<ol class="answer">(.*?)</ol>', sketched(studies / "run", language), re.S
        )
        assert "±\N{NO-BREAK SPACE}" in answers[1]
        assert "± " not in answers[1]


def test_why_an_engine_was_chosen_is_said_in_the_language_of_the_page():
    shared = LINE + "pools: {men: 1}\n"
    pack = "{name: pack, buffer: 2, cycle_time: 48 s"
    rework = "defects: 5 %, inspection: {then: rework, back_to: press}}"
    texts = [
        LINE,
        LINE + "engine: batch\n",
        LINE + "engine: reference\n",
        LINE.replace(pack + "}", f"{pack}, {rework}"),
        shared.replace(pack, f"{pack}, operators: men"),
        shared.replace("mttr: 6 min", "mttr: 6 min, crew: men"),
    ]
    reasons = set()
    for scenario in map(loads, texts):
        reason = choose(compile_plant(scenario), scenario.engine).reason
        said = catalogue("zh").line(reason)
        reasons.add(reason)
        words = re.findall("[a-z]+", said)
        assert {*words} <= {"weld", "paint", "pack", "press", "men"}, said
    assert len(reasons) == 5


# How to repeat them


@pytest.mark.parametrize("kind", CALLS)
def test_what_the_page_says_repeats_the_study(studies, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    *lines, last = again_commands(read_contents(studies / kind)).replace("|\n", "| ").split("\n")
    for line in lines:
        made, _, path = line.partition(" > ")
        (tmp_path / path.strip()).write_text(printed(made), encoding="utf-8")
    content, pipe, command = last.rpartition("| ")
    words = shlex.split(command)
    assert words[0] == "factory-sim"
    done = called(*words[1:], text=printed(content) if pipe else None)
    assert done.exit_code == 0, done.output
    now, before = (
        json.loads((path / "manifest.json").read_text())
        for path in (tmp_path / "again", studies / kind)
    )
    assert now["runs"].keys() == before["runs"].keys()
    for part, entry in before["runs"].items():
        assert now["runs"][part]["digest"] == entry["digest"]
    assert now["options"] == before["options"]
    assert now["files"].keys() == before["files"].keys()


def printed(command):
    """Return what ``python3 -c ...`` prints, in the interpreter that runs this."""
    words = shlex.split(command)
    assert words[:2] == ["python3", "-c"]
    called_ = [sys.executable, "-X", "utf8", *words[1:]]
    return subprocess.run(called_, check=True, capture_output=True, encoding="utf-8").stdout


def test_quantiles_of_a_time_have_the_unit_of_its_mean(tmp_path):
    """Eight places before the weld: 9 min on average, more than 10 min for one part in 20."""
    line = Path(__file__).parents[1] / "scenarios/three_stations.yaml"
    asked = [line, "-r", 4, "--set", "stations.weld.buffer=8"]
    assert called("run", *asked, "--out", tmp_path / "run").exit_code == 0
    contents, say = read_contents(tmp_path / "run"), catalogue("en")
    found = contents.runs["run"].estimates
    assert found["lead_time"].mean < 600 < found["lead_time_p95"].mean
    (table,) = [one for one in tables(contents, say) if one.title == say("table.figures")]
    units = {row[0].text: row[-1].text for row in table.rows if row[0].text.startswith("lead")}
    assert len(units) == 3
    assert {*units.values()} == {"s"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_in_notes_are_set_as_code(studies, language):
    text = sketched(studies / "cube", language)
    trust = text[text.index('<section id="trust">') :].partition("</section>")[0]
    assert "<code>power:</code>" in trust
    assert "`" not in trust


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_axis_of_states_has_the_comma_of_the_language(studies, language, monkeypatch):
    monkeypatch.setattr("factory_sim.report.html.charts.LONG", 0)
    found = charts(read_contents(studies / "run"), catalogue(language))
    (states,) = [chart for chart in found if chart["id"].startswith("states")]
    assert states["axis"].endswith({"en": "time, %", "zh": "比例，%"}[language])  # noqa: RUF001


def test_the_page_shows_the_command(studies):
    text = html.unescape(sketched(studies / "cube"))
    assert "sweep - --vary stations.press.cycle_time.mean=45s:55s --samples 3 --out again" in text


def test_a_sweep_of_an_earlier_version_says_what_is_missing(studies, tmp_path):
    for path in (studies / "vary").iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["asked"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert "does not say what was varied" in sketched(tmp_path)


# In a browser


INKED = """
return [...document.querySelectorAll('canvas')].map((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
});
"""


@pytest.mark.parametrize(
    ("kind", "language"), [("explain", "en"), ("diff", "zh"), ("ramp", "en"), ("cube", "zh")]
)
def test_a_page_opens_on_a_phone_and_asks_for_nothing_else(
    driver, studies, tmp_path, kind, language
):
    path = tmp_path / f"{kind}.html"
    path.write_text(sketched(studies / kind, language), encoding="utf-8")
    browser.requested(driver)
    browser.show(driver, path, 390, 844)
    assert driver.get_log("browser") == []
    asked = [address for address in browser.requested(driver) if address != "about:blank"]
    assert asked == [path.as_uri()]
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
    inked = driver.execute_script(INKED)
    assert len(inked) == (1 if kind == "cube" else 2)
    assert min(inked) > 500
    assert len(driver.find_elements(By.CSS_SELECTOR, "ol.answer li")) == 3
