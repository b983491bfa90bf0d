"""``factory-sim report``: what the page says, and what a browser makes of it."""

from __future__ import annotations

import base64
import io
import json
import re
import string
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from typer.testing import CliRunner

import browser
from factory_sim import compare, loads, simulate
from factory_sim.analysis.statistics import Estimate, paired
from factory_sim.cli import app
from factory_sim.report import texts
from factory_sim.report.figures.fonts import SHIPPED_FILE
from factory_sim.report.html import page as page_of_html
from factory_sim.report.html.amounts import verdict
from factory_sim.report.html.answers.advice import advice
from factory_sim.report.html.answers.runs import of_run
from factory_sim.report.html.font import font_address
from factory_sim.report.html.named_keys import named, names
from factory_sim.report.html.page import BRIEF, page
from factory_sim.report.recorded import recorded
from factory_sim.report.run_files import write_runs
from factory_sim.report.texts import LANGUAGES, catalogue
from factory_sim.study.measures import MEASURES
from factory_sim.study.sweep.figures import FIGURES
from sketches import sketched, undrawn

pytestmark = pytest.mark.filterwarnings("ignore::factory_sim.report.figures.fonts.MissingGlyphs")

NAME = "<script>alert('1')</script> \"重庆\" & 🏭"
PLAN = """
name: NAME
description: "</script><img src=x onerror=alert(2)>"
horizon: 3 h
warm_up: 30 min
replications: 6
takt: 60 s
source: "assumption: <b>made up</b>"
stations:
  - {name: "load <i>{x}", cycle_time: 50 s, source: a stopwatch}
  - name: weld
    buffer: 2
    by_hand: {cycle_time: {dist: exponential, mean: 60 s}}
    automated: {cycle_time: {dist: exponential, mean: 45 s}}
automation: {level: 50 %, order: [weld]}
""".replace("NAME", json.dumps(NAME, ensure_ascii=False))


def called(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A directory per kind of study."""
    top = tmp_path_factory.mktemp("studies")
    scenario = loads(PLAN)
    result = simulate(scenario)
    write_runs(top / "plan", {"run": result, "baseline": result.baseline}, result.record())
    plain = loads(PLAN[: PLAN.index("automation: {")])
    alone = simulate(plain)
    write_runs(top / "run", {"run": alone}, alone.record())
    both = compare(plain, loads(PLAN[: PLAN.index("automation: {")], overrides=["seed=1"]))
    write_runs(top / "compare", {"a": both.a, "b": both.b}, both.record())
    file = top / "plan.yaml"
    file.write_text(PLAN, encoding="utf-8")
    asked = ("--automation", "0,0.5", "--vary", "stations.weld.buffer=1,3", "--out", top / "sweep")
    answer = called("sweep", file, *asked)
    assert answer.exit_code == 0, answer.output
    return top


def test_every_language_has_the_same_texts_with_the_same_places():
    said = [tomllib.loads(_source(language)) for language in LANGUAGES]
    for content in said:
        content.pop("figure_texts", None)
    flat = [{(a, b): t for a, part in one.items() for b, t in part.items()} for one in said]
    assert flat[0].keys() == flat[1].keys()
    for key, text in flat[0].items():
        assert _places(text) == _places(flat[1][key]), key
    for language in LANGUAGES:
        say = catalogue(language)
        for name in [m.name for m in MEASURES] + [f.name for f in FIGURES]:
            assert say(f"measure.{name}")


def _source(language):
    return (files(texts) / f"{language}.toml").read_text(encoding="utf-8")


def _places(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize(
    ("mean", "half_width", "said"),
    [
        (2, 1, "rises"),
        (-2, 1, "falls"),
        (0.5, 1, "undecided"),
        (0, 0, "same"),
        (3, np.nan, "undecided"),
    ],
)
def test_a_difference_is_claimed_only_where_its_interval_leaves_out_0(mean, half_width, said):
    assert verdict(Estimate(mean, half_width, 0.95, 8)) == said


def test_a_page_carries_a_font_with_the_chinese_characters_that_it_says(studies):
    head, _, data = font_address("weld 焊接 🏭").partition(",")
    assert head == "data:font/ttf;base64"
    assert TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap().keys() == {*map(ord, "焊接")}
    assert font_address("weld 🏭") is None
    assert head in sketched(studies / "run")  # whose name is Chinese


def test_the_font_of_a_page_does_not_tell_when_it_was_written():
    data = font_address("焊接").partition(",")[2]
    with TTFont(SHIPPED_FILE) as shipped:
        modified = TTFont(io.BytesIO(base64.b64decode(data)))["head"].modified
        assert modified == shipped["head"].modified


def test_the_answer_of_a_plan_is_its_paired_difference(studies):
    text = sketched(studies / "plan")
    result = simulate(loads(PLAN))
    pair = paired(result.baseline.accounts.throughput, result.accounts.throughput, 0.95).difference
    word = {"rises": "rises by", "falls": "falls by"}.get(verdict(pair), "cannot be told")
    answer = re.search(r'<ol class="answer">(.*?)</ol>', text, re.S)[1]
    assert word in answer
    assert answer.count("<li>") == 3


ORDERED = """
name: orders
horizon: 150 h
warm_up: 10 h
replications: 8
arrivals: {every: {dist: gamma, mean: 60 s, cv: 0.3}}
stations: [{name: weld, cycle_time: {dist: gamma, mean: MEAN s, cv: 0.1}}]
"""


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        ("45", "The line waits for orders: weld has none"),
        ("57", "The line keeps up with its orders, 60.0 per hour: more capacity at weld"),
        ("66", "First give weld less work per part"),
    ],
)
def test_more_capacity_is_advised_only_where_orders_are_left(mean, said):
    result = recorded(simulate(loads(ORDERED.replace("MEAN", mean))))
    *_, todo = of_run(result, catalogue("en"))[1]
    assert todo.startswith(said)


@pytest.mark.parametrize(("mean", "grows"), [("57", False), ("66", True)])
def test_a_queue_that_grows_for_ever_is_warned_of_in_place_of_the_warm_up(mean, grows):
    result = simulate(loads(ORDERED.replace("MEAN", mean)))
    keys = [said.key for said in result.warnings]
    assert ("doubt.too_many_orders" in keys) is grows
    assert "doubt.warm_up_short" not in keys


@pytest.mark.parametrize("replications", [1, 2])
def test_few_replications_do_not_say_that_all_orders_are_made(replications):
    short = ORDERED.replace("150 h", "13 h").replace("MEAN", "62").replace("cv: 0.1", "cv: 0.3")
    few = recorded(simulate(loads(short), replications=replications))
    made = few.estimates["throughput"]
    assert replications == 1 or made.low < made.mean < 60.0 < made.high
    *_, todo = of_run(few, catalogue("en"))[1]
    assert todo.startswith("First give weld")


def test_what_a_station_loses_is_a_share_of_its_time_on_shift():
    text = ORDERED.replace("arrivals: {every: {dist: gamma, mean: 60 s, cv: 0.3}}\n", "")
    shifts = "shifts: [{from: '06:00', to: '14:00'}]\nstart: mon 06:00\n"
    result = recorded(simulate(loads(text.replace("MEAN", "60") + shifts)))
    assert result.columns["busy"][0] < 0.4
    assert advice(result, catalogue("en")).endswith("it works 100 ± 0 % of its time on shift.")


def test_a_plant_that_is_never_on_shift_in_its_window_has_an_answer():
    closed = "shifts: [{from: '06:00', to: '14:00'}]\nstart: mon 15:00\nhorizon: 6 h\n"
    text = "name: night\nreplications: 2\nstations: [{name: weld, cycle_time: 50 s}]\n"
    result = recorded(simulate(loads(text + closed)))
    assert advice(result, catalogue("en")).startswith("First give weld less work per part")


HELD = """
name: held
horizon: 30 h
warm_up: 2 h
replications: 4
lines:
  main:
    stations:
      - section: line
        takt: 60 s
        stations:
          - {name: bolt, cycle_time: BOLT}
          - {name: robot, cycle_time: 50 s, failures: {mtbf: ROBOT, mttr: 4 min}}
          - {name: marry, cycle_time: 40 s}
  axles: {joins: marry, buffer: 2, stations: [{name: axle, cycle_time: 50 s, failures: [AXLE]}]}
"""


@pytest.mark.parametrize(
    ("bolt", "robot", "axle", "said"),
    [
        ("66 s", "60 h", "", "First give bolt more time or less work: of the stations of line"),
        ("50 s", "30 min", "", "First make robot more reliable: of the stations of line"),
        ("50 s", "60 h", "{mtbf: 2 h, mttr: 1 h}", "First see to what marry waits for: of the"),
        ("50 s", "9999 h", "", "No station of line holds the line beyond its takt"),
    ],
)
def test_a_section_is_advised_by_what_makes_its_worst_station_hold_it(bolt, robot, axle, said):
    text = HELD.replace("BOLT", bolt).replace("ROBOT", robot).replace("AXLE", axle)
    result = recorded(simulate(loads(text)))
    assert result.bottleneck[0] == "line"
    assert advice(result, catalogue("en")).startswith(said)


def test_numbers_in_tables_have_a_minus_sign_and_keep_their_interval(studies):
    cells = re.findall(r"<td(?! class=.text)[^>]*>([^<]*)</td>", sketched(studies / "plan"))
    assert any(cell.startswith("\N{MINUS SIGN}") for cell in cells)
    assert not any(re.match(r"-\d", cell) for cell in cells)
    assert any("±\N{NO-BREAK SPACE}" in cell for cell in cells)
    assert not any("± " in cell for cell in cells)


@pytest.mark.parametrize(
    ("items", "english", "chinese"),
    [
        (["a"], "a", "a"),
        (["a", "b"], "a and b", "a、b"),
        (["a", "b", "c"], "a, b and c", "a、b、c"),
    ],
)
def test_items_are_listed_as_in_a_sentence(items, english, chinese):
    assert (catalogue("en").listed(items), catalogue("zh").listed(items)) == (english, chinese)


def test_equal_plants_do_not_differ(studies):
    answer = re.search(r'<ol class="answer">(.*?)</ol>', sketched(studies / "compare"), re.S)[1]
    assert "does not change" in answer
    assert "rises" not in answer


@pytest.mark.parametrize("kind", ["run", "plan", "compare", "sweep"])
def test_nothing_of_a_scenario_becomes_markup(studies, kind):
    text = sketched(studies / kind, "zh")
    assert text.count("<script") == 3
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "<b>made up" not in text
    assert "<i>{x}" not in text
    assert "重庆" in text
    assert "🏭" in text
    # Of queues it speaks only where there are any.
    assert not any(catalogue("zh")(f"trust.{key}_base") in text for key in ("audit", "no_warnings"))


def test_sources_are_kept_with_a_run_and_assumptions_come_first(studies):
    sources = json.loads((studies / "plan" / "manifest.json").read_text())["sources"]
    assert ["stations[0].cycle_time", "50 s", "a stopwatch"] in sources["run"]
    assert list(sources) == ["run"]  # the baseline has the same numbers
    text = sketched(studies / "run")
    heads = ["Assumptions", "Without a source", "With a source"]
    places = [text.index(f"<h3>{head}</h3>") for head in heads]
    assert places == sorted(places)
    assert text.index("a stopwatch") > places[2] > text.index("assumption: &lt;b&gt;") > places[0]


def test_numbers_are_those_of_named_stations():
    stations = [{"name": "press"}, {"name": "a.b", "failures": [{"name": "jam"}]}, {"name": "c"}]
    content = {"lines": {"x.y": {"stations": [{"section": "trim", "stations": stations}]}}}
    keys = [f"lines.x.y.stations[0].stations[{n}].buffer" for n in range(3)]
    assert (
        named(keys[0], [names(keys[0], content)]) == "lines.x.y.stations.trim.stations.press.buffer"
    )
    assert named(keys[0], [names(key, content) for key in keys]) == (
        "lines.x.y.stations.trim.stations.{press, a.b, c}.buffer"
    )
    failure = "lines.x.y.stations[0].stations[1].failures[0].mtbf"
    assert named(failure, [names(failure, content)]).endswith(".a.b.failures.jam.mtbf")
    assert named("shifts[0].from", [names("shifts[0].from", content)]) == "shifts[…].from"


def test_a_run_without_sources_says_so(studies, tmp_path):
    before = simulate(loads(PLAN), replications=2)
    write_runs(tmp_path / "old", {"run": before, "baseline": before.baseline}, before.record())
    path = tmp_path / "old" / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["sources"]
    path.write_text(json.dumps(manifest))
    assert "hold no sources" in sketched(tmp_path / "old")


def test_the_command_writes_beside_the_run_or_where_it_is_told(studies, tmp_path, monkeypatch):
    undrawn(monkeypatch)
    answer = called("report", studies / "run", "--lang", "zh")
    assert answer.exit_code == 0, answer.output
    text = (studies / "run" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in text
    assert called("report", studies / "sweep", "-o", tmp_path / "s.html").exit_code == 0
    assert (tmp_path / "s.html").is_file()


def test_what_is_no_study_is_named(studies, tmp_path, monkeypatch):
    undrawn(monkeypatch)
    answer = called("report", tmp_path)
    assert answer.exit_code == 1
    assert "not found; give a directory" in answer.stderr
    assert called("report", studies / "run", "-o", tmp_path).exit_code == 1
    manifest = json.loads((studies / "run" / "manifest.json").read_text())
    manifest["runs"]["else"] = manifest["runs"]["run"]
    for path in (studies / "run").iterdir():
        (tmp_path / f"else-{path.name}").write_bytes(path.read_bytes())
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    answer = called("report", tmp_path)
    assert answer.exit_code == 1
    assert "holds runs that no command writes together (run, else)" in answer.stderr
    assert called("report", studies / "run", "--lang", "fr").exit_code == 2


@pytest.fixture(scope="module")
def pages(studies):
    """The pages of all studies, by language and kind; two of them with their figures."""
    made = {("en", "plan"): page, ("zh", "plan"): sketched,
            ("en", "sweep"): sketched, ("zh", "sweep"): page}  # fmt: skip
    found = {}
    for (language, kind), make in made.items():
        found[language, kind] = studies / f"{kind}-{language}.html"
        found[language, kind].write_text(make(studies / kind, language), encoding="utf-8")
    return found


@pytest.mark.parametrize("kind", ["plan", "sweep"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_opens_from_disk_and_asks_for_nothing_else(driver, pages, language, kind):
    browser.requested(driver)
    browser.show(driver, pages[language, kind])
    assert driver.get_log("browser") == []
    asked = [address for address in browser.requested(driver) if address != "about:blank"]
    assert asked == [pages[language, kind].as_uri()]
    assert driver.find_element(By.CSS_SELECTOR, "ol.answer li").is_displayed()
    assert driver.find_element(By.TAG_NAME, "h2").text == catalogue(language)("page.answer")
    pictures = "return [...document.images].every(i => i.complete && i.naturalWidth > 100)"
    assert driver.execute_script(pictures)


def test_a_click_sorts_a_table_and_another_turns_it_round(driver, pages):
    browser.show(driver, pages["en", "sweep"])
    table = driver.find_element(By.CSS_SELECTOR, "table.sorted")
    heads = [head.text.split(",")[0] for head in table.find_elements(By.CSS_SELECTOR, "th button")]
    column = heads.index("throughput")
    button = table.find_elements(By.CSS_SELECTOR, "thead button")[column]
    seen = []
    for way in ("descending", "ascending"):
        button.click()
        head = table.find_elements(By.CSS_SELECTOR, "thead th")[column]
        assert head.get_attribute("aria-sort") == way
        cells = table.find_elements(By.CSS_SELECTOR, f"tbody td:nth-child({column + 1})")
        seen.append([float(cell.get_attribute("data-value")) for cell in cells])
    assert seen[0] == sorted(seen[0], reverse=True)
    assert seen[1] == sorted(seen[1])
    assert seen[0] != seen[1]


INKED = """
const canvas = document.querySelector('canvas');
const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
return data.filter((value, at) => at % 4 === 3 && value > 0).length;
"""


def test_a_chart_is_drawn_and_changes_with_the_figure_that_is_chosen(driver, pages):
    browser.show(driver, pages["en", "sweep"])
    before = driver.execute_script(INKED)
    assert before > 1000
    choose = Select(driver.find_element(By.TAG_NAME, "select"))
    choose.select_by_index(1)
    picture = "return document.querySelector('canvas').toDataURL()"
    second = driver.execute_script(picture)
    choose.select_by_index(0)
    assert driver.execute_script(picture) != second


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_sticks_out_of_a_phone(driver, pages, language):
    for kind in ("plan", "sweep"):
        browser.show(driver, pages[language, kind], 390, 844)
        width = "return document.documentElement.scrollWidth"
        assert driver.execute_script(width) <= 390


PRINTED = """
const shown = (one) => getComputedStyle(one).display !== "none";
return {
  buttons: [...document.querySelectorAll("thead button")].filter(shown).length,
  heads: [...document.querySelectorAll("thead .printed")]
    .map((one) => shown(one) && one.textContent),
  wide: Math.max(...[...document.images].map((one) => one.getBoundingClientRect().width)),
  shadows: [...document.querySelectorAll("figure .box")]
    .map((one) => getComputedStyle(one).backgroundImage),
};
"""


def test_paper_has_heads_that_can_be_repeated_and_figures_that_share_a_page(driver, pages):
    """A browser prints a head again on the next page of its table, but not the buttons in it."""
    browser.show(driver, pages["en", "plan"])
    on_screen = driver.execute_script(PRINTED)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    on_paper = driver.execute_script(PRINTED)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert on_screen["buttons"] == len(on_screen["heads"]) == len(on_paper["heads"]) > 10
    assert not any(on_screen["heads"])
    assert on_paper["buttons"] == 0
    assert all(on_paper["heads"])
    assert on_paper["wide"] <= 160 / 25.4 * 96 + 0.5
    assert set(on_paper["shadows"]) == {"none"}
    assert all("gradient" in one for one in on_screen["shadows"])


def test_a_table_is_cut_on_paper_only_where_that_saves_much(studies, monkeypatch):
    undrawn(monkeypatch)
    whole = re.compile('<section class="table whole">')
    found = len(whole.findall(page(studies / "run", "en")))
    monkeypatch.setattr(page_of_html, "CUT_FROM", 1)
    assert found > len(whole.findall(page(studies / "run", "en"))) > 0


def test_short_texts_stay_on_one_line_and_keys_are_set_as_code(driver, pages):
    browser.show(driver, pages["en", "sweep"])
    style = """
      const all = (which) => [...document.querySelectorAll(which)];
      const found = (which, of) => all(which).map((one) => getComputedStyle(one)[of]);
      return [found("td.brief", "whiteSpace"), found("li code", "fontFamily")]"""
    brief, code = driver.execute_script(style)
    assert set(brief) == {"nowrap"}
    assert code
    assert all("monospace" in one for one in code)
    texts = driver.execute_script(
        "return [...document.querySelectorAll('td.text:not(.brief)')].map((one) => one.textContent)"
    )
    assert all(len(text) > BRIEF for text in texts)


def test_a_page_prints(driver, pages):
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.get(pages["zh", "plan"].as_uri())
    document = base64.b64decode(driver.print_page())
    assert document.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", document)) >= 2


def test_a_table_of_many_columns_is_printed_in_parts(driver, pages):
    browser.show(driver, pages["en", "sweep"])
    wider = """
      const rows = [...document.querySelector("#tables table").rows];
      for (const row of rows)
        for (let n = 0; n < 8; n++) row.append(row.lastElementChild.cloneNode(true));
      return rows[0].cells.length"""
    whole = driver.execute_script(wider)
    count = """
      const parts = [...document.querySelectorAll("#tables table.part")];
      return parts.map((table) => table.rows[0].cells.length)"""
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    parts = driver.execute_script(count)
    first = 2  # the two settings that were varied stand in each part
    assert max(parts) <= 11
    assert sum(number - first for number in parts) == whole - first
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert driver.execute_script(count) == []
