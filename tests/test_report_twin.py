"""The page of what connecting the devices buys: levers, fair split, a fault followed to parts."""

from __future__ import annotations

import html
import json

import pytest
from typer.testing import CliRunner

import browser
from factory_sim import loads
from factory_sim.cli import app
from factory_sim.fleet.bases import Bases
from factory_sim.report.html import pictures
from factory_sim.report.html.answers import answer
from factory_sim.report.html.charts import charts
from factory_sim.report.html.contents import read_contents
from factory_sim.report.html.page import page
from factory_sim.report.html.provenance import again_commands
from factory_sim.report.html.tables import tables
from factory_sim.report.texts import LANGUAGES, catalogue
from factory_sim.study.delays import usual_delays
from sketches import sketched
from test_twin import BASE, LINE, UPKEEP

ENGLISH = catalogue("en")
BLIND = UPKEEP.replace("twin: 2 s", "twin: 2 s, blind: {at: 30 h, for: 20 min}")
CALLS = {
    "base": (LINE + UPKEEP.replace(", twin: 2 s", "") + BASE, ["--shares"]),
    "blind": (LINE + BLIND.replace("predictive: {", "predictive: {use: true, "), []),
    "plain": (LINE + UPKEEP, []),
}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A twin with a fault of its base, one with a spell of blindness, and one without either."""
    top = tmp_path_factory.mktemp("twin")
    for name, (text, options) in CALLS.items():
        file = top / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        command = ["twin", str(file), *options, "--replications", "3", "--set", "horizon=31 h"]
        done = CliRunner().invoke(app, [*command, "--out", str(top / name)])
        assert done.exit_code == 0, done.output
    return top


def recorded(directory):
    return json.loads((directory / "estimates.json").read_text(encoding="utf-8"))


def found_tables(directory):
    return {table.title: table for table in tables(read_contents(directory), ENGLISH)}


def test_the_answer_is_output_levers_and_the_fault(studies):
    record = recorded(studies / "base")
    said = answer(read_contents(studies / "base"), ENGLISH)
    assert said.question == "robots: what does connecting its 40 devices to a twin buy?"
    change, levers, fault = said.sentences
    per_day = 24 * record["together"]["throughput"]["difference"]["mean"]
    assert f"{per_day:.0f}" in change
    assert "parts/day" in change
    assert "owntime of stations" in change
    shares = {one["name"]: one["shares"]["throughput"] for one in record["levers"]}
    told = {name: abs(one["mean"]) > one["half_width"] for name, one in shares.items()}
    open_ = [name for name, one in shares.items() if not told[name] and one["half_width"] > 0]
    assert levers.count("(not told from 0)") == len(open_)
    assert levers.count("nothing in any of 3 replications") == 4 - sum(told.values()) - len(open_)
    ranked = sorted(shares, key=lambda name: (not told[name], -shares[name]["mean"]))
    places = [levers.index(name) for name in ranked]
    assert places == sorted(places)
    assert levers.startswith("Split fairly over the levers")
    lost = sum(one["lost"] for one in record["fault"]["late"])
    assert fault.startswith("Gateway 1 down from 08:00:20 to 08:00:40: ")
    assert f"{lost:,.0f} more messages of devices that stop or slow stations are lost" in fault
    assert any("people do what the levers name" in line for line in said.basis)
    assert any("every one of the 2,400 messages" in line for line in said.basis)


def test_other_faults_and_none_have_their_own_last_sentence(studies):
    *_, blind = answer(read_contents(studies / "blind"), ENGLISH).sentences
    assert blind.startswith("The twin is blind to robots and ovens for 20 min: failures are seen")
    _, alone, plain = answer(read_contents(studies / "plain"), ENGLISH).sentences
    assert alone.startswith("Alone, the levers add to the output: ")
    assert "ime until a failure is seen" in plain
    assert "irst time through" in plain


def test_zeros_of_every_replication_are_counted_not_claimed(studies):
    contents = read_contents(studies / "base")
    contents.record["fault"]["each"]["parts"] |= {"mean": 0.0, "half_width": 0.0}
    *_, fault = answer(contents, ENGLISH).sentences
    assert "no part less is made in any of 3 replications" in fault
    costs = next(t for t in tables(contents, ENGLISH) if t.title == "What one fault costs")
    assert costs.rows[1][3].text == "0 in each of 3"


def test_shares_add_up_to_what_all_levers_buy(studies):
    split = found_tables(studies / "base")["The fair split of the total"]
    *levers, total = split.rows
    assert len(levers) == 4
    for column in range(1, len(split.heads)):
        assert sum(row[column].value for row in levers) == pytest.approx(total[column].value)
    assert "The fair split of the total" not in found_tables(studies / "plain")


def test_the_chain_goes_from_messages_to_parts(studies):
    record, found = recorded(studies / "base"), found_tables(studies / "base")
    late = found["From lost messages to downtime, class by class"]
    assert [row[0].text for row in late.rows] == ["robots", "ovens", "all together"]
    lost = [row[4].value for row in late.rows]
    assert lost[0] + lost[1] == lost[2] == sum(one["lost"] for one in record["fault"]["late"])
    expected, each, once = found["What one fault costs"].rows
    assert float(expected[1].text) == pytest.approx(late.rows[-1][-1].value, rel=1e-2)
    for row, run in ((each, "each"), (once, "once")):
        costs = (record["fault"][run][name]["mean"] for name in ("unseen", "downtime", "parts"))
        assert [cell.value for cell in row[1:]] == list(costs)
    short = found["The digital base in short"]
    usual, fault = (int(short.rows[1][k].value) for k in (1, 2))
    assert fault - usual >= lost[2]
    blind = found_tables(studies / "blind")
    assert [row[4].text for row in blind[late.title].rows[:2]] == ["-", "-"]
    assert "The digital base in short" not in blind
    assert ENGLISH("twin.cost_few", n="3") in found["What one fault costs"].note


def test_delays_are_half_a_round_and_what_the_twin_needs(studies):
    found = found_tables(studies / "base")["How soon failures are seen"]
    robots, ovens, all_of_them = found.rows
    assert [robots[1].value, ovens[1].value] == [30, 10]
    assert [robots[2].value, ovens[2].value] == [900, 900]
    # A message a second: half a second on average, and some ms on the way.
    assert robots[3].value == pytest.approx(0.5, abs=0.05)
    assert robots[4].value > 5  # a gateway of 20 s
    together = recorded(studies / "base")["together"]["detection_delay"]
    assert [cell.value for cell in all_of_them[2:4]] == [together[k]["mean"] for k in "ab"]
    plain = found_tables(studies / "plain")["How soon failures are seen"]
    assert [row[3].value for row in plain.rows[:2]] == [2.0, 2.0]


def test_usual_delays_look_beyond_a_spell_of_blindness():
    seen = usual_delays(Bases().plant(loads(LINE + BLIND.replace("by: patrol", "by: twin"))))
    assert {kind: one.mean for kind, one in seen.items()} == {"robots": 2.0, "ovens": 2.0}
    assert usual_delays(Bases().plant(loads(LINE))) == {}


def test_charts_and_pictures_are_those_of_the_twin(studies, monkeypatch):
    contents = read_contents(studies / "base")
    assert [chart["id"] for chart in charts(contents, ENGLISH)] == [
        "levers", "lever_shares", "replications", "courses-a",
    ]  # fmt: skip
    titles = []
    monkeypatch.setattr(pictures, "svg", lambda one: titles.append(one.get_suptitle()) or "<svg/>")
    found = list(pictures.pictures(contents, ENGLISH))
    assert [one.name for one in found] == [
        "levers", "lever_shares", "chain", "station_states", "station_states", "devices",
        "latency", "age", "load",
    ]  # fmt: skip
    assert " (without the twin)" in found[3].caption
    assert " (with the twin)" in found[4].caption
    assert titles[3].startswith("robots (without the twin)\n")
    assert titles[4].startswith("robots (with the twin)\n")
    # No class has an aim, so that there is no panel of shares within it.
    assert ENGLISH("caption.fresh").strip() not in found[7].caption


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_a_twin_is_whole_and_can_be_repeated(studies, language, monkeypatch):
    monkeypatch.setattr("factory_sim.report.html.page.pictures", lambda *_: ())
    contents, text = (
        read_contents(studies / "base"),
        html.unescape(page(studies / "base", language)),
    )
    assert "twin - --shares --out again" in text
    assert '["asked"]' in again_commands(contents)
    assert contents.manifest["asked"]["digital_base"]["faults"]
    say = catalogue(language)
    for title in ("gains", "shares", "late", "costs", "delays", "base", "differences"):
        assert say(f"twin.{title}") in text
    for name in ("monitoring", "vision inspection"):
        assert say.line(name) in text
    chinese = "实时监测" in text
    assert chinese == (language == "zh")
    # Nothing that is said in both languages is left in English.
    body = text[: text.index('<section id="repeat">')]
    for key in ("late_note", "delay_note", "cost_note"):
        assert (ENGLISH(f"twin.{key}") in body) == (language == "en")


def test_a_page_of_a_twin_draws_on_a_phone(driver, studies, tmp_path):
    path = tmp_path / "twin.html"
    path.write_text(sketched(studies / "base", "zh"), encoding="utf-8")
    browser.show(driver, path, 390, 844)
    assert driver.get_log("browser") == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
