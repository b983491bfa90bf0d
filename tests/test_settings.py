"""What readers are told of the keys that a sweep varies: one name and one unit, everywhere."""

from __future__ import annotations

import html
import json
from dataclasses import asdict
from typing import get_args

import pytest
from typer.testing import CliRunner

from factory_sim.cli import app
from factory_sim.report.figures import swept
from factory_sim.report.html.answers import answer
from factory_sim.report.html.contents import read_contents
from factory_sim.report.settings import described_key, labels, relabelled, varied
from factory_sim.report.texts import LANGUAGES, catalogue
from factory_sim.scenario import ScenarioError, loads
from factory_sim.scenario.keys import subject
from factory_sim.scenario.model import Schema
from factory_sim.scenario.schema import Scenario
from factory_sim.study.phrases import phrase
from sketches import shown, sketched

PLANT = """
name: plant
horizon: 2 h
warm_up: 0
replications: 2
pools: {fitters: 2}
economics: {currency: EUR, wage: 40, hours_per_year: 4000}
lines:
  main:
    stations:
      - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}, capital: 5, crew: 1}
      - section: trim
        takt: 60 s
        window: 5 s
        stations:
          - {name: fit, count: 2, cycle_time: 50 s, defects: 1 %}
          - name: weld
            cycle_time: 50 s
            power: 5 kW
            failures:
              - {name: jam, mtbf: 4 h, mttr: 12 min}
              - {name: fuse, mtbf: 40 h, mttr: 1 h, crew: fitters}
      - {name: pack, buffer: 4, cycle_time: 48 s, failures: {mtbf: 4 h, mttr: 12 min}}
  doors:
    joins: pack
    buffer: 3
    stations: [{name: door, cycle_time: 40 s}]
"""
SUBJECTS = {  # by two ways to write a key: whose field it is, which, and its unit
    ("stations.pack.buffer", "lines.main.stations.2.buffer"): ("pack", "buffer", "places"),
    ("stations.weld.cycle_time", "lines.main.stations.1.stations.1.cycle_time"): (
        "weld", "cycle_time", "s",
    ),
    ("stations.press.cycle_time.mean", "lines.main.stations.0.cycle_time.mean"): (
        "press", "cycle_time mean", "s",
    ),
    ("stations.press.cycle_time.cv", "lines.main.stations.press.cycle_time.cv"): (
        "press", "cycle_time cv", "",
    ),
    ("stations.pack.failures.mttr", "stations.pack.failures.0.mttr"): (
        "pack", "failures mttr", "s",
    ),
    ("stations.weld.failures.fuse.mttr", "stations.weld.failures.1.mttr"): (
        "weld fuse", "mttr", "s",
    ),
    ("stations.trim.window", "lines.main.stations.1.window"): ("trim", "window", "s"),
    ("stations.fit.defects", "lines.main.stations.1.stations.0.defects"): ("fit", "defects", "%"),
    ("stations.weld.power", "lines.main.stations.1.stations.1.power"): ("weld", "power", "kW"),
    ("stations.press.capital", "lines.main.stations.0.capital"): ("press", "capital", "EUR"),
    ("stations.press.servers", "lines.main.stations.0.servers"): ("press", "servers", ""),
    ("stations.press.crew", "lines.main.stations.0.crew"): ("press", "crew", "people"),
    ("lines.doors.buffer",): ("doors", "buffer", "places"),
    ("pools.fitters",): ("fitters", "pools", "people"),
    ("economics.wage",): ("", "economics wage", "EUR/h"),
    ("economics.lifetime",): ("", "economics lifetime", "years"),
    ("economics.currency",): ("", "economics currency", ""),
}  # fmt: skip
BY_NAME = ("stations.weld.buffer=1,2", "stations.press.cycle_time.mean=50,60")
BY_PLACE = ("stations.1.buffer=1,2", "stations.0.cycle_time.mean=50,60")
LINE = """
name: 产线
horizon: 1 h
warm_up: 0
replications: 2
stations:
  - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}}
  - {name: weld, buffer: 2, cycle_time: 50 s, defects: 1 %}
"""


@pytest.mark.parametrize(("keys", "about"), SUBJECTS.items())
def test_a_key_is_about_the_same_however_it_is_written(keys, about):
    for key in keys:
        found = subject(loads(PLANT), key)
        assert (" ".join(found.owners), " ".join(found.fields), found.unit) == about
        assert found.key == key


def test_a_repair_crew_is_not_called_as_the_crew_of_a_station_is():
    keys = "stations.press.crew", "stations.pack.failures.crew"
    for language, names in (
        ("en", ["crew of press", "repair crew of pack"]),
        ("zh", ["press 的人员配置", "pack 的维修组"]),
    ):
        about = [asdict(subject(loads(PLANT), key)) for key in keys]
        assert [described_key(one["key"], one, catalogue(language)).name for one in about] == names


def test_a_key_that_leads_nowhere_is_about_nothing():
    with pytest.raises(ScenarioError, match="there is no item wled; known are pack"):
        subject(loads(PLANT), "lines.main.stations.wled.buffer")


def record(key, *texts, about=()):
    """Return what a sweep of one key tells of it."""
    points = [{"label": f"{key}={t}", "level": None, "settings": {key: t}} for t in texts]
    return {"keys": [key], "varied": [*about], "points": points}


def about(key):
    found = subject(loads(PLANT), key)
    return {"key": key, "owners": found.owners, "fields": found.fields, "unit": found.unit}


@pytest.mark.parametrize(
    ("key", "texts", "head", "values", "axis"),
    [
        ("lines.main.stations.2.buffer", ["2"], "buffer of pack, places", ["2"], (2.0, "places")),
        ("stations.weld.cycle_time", ["50"], "cycle time of weld", ["50 s"], (50.0, "s")),
        ("stations.weld.cycle_time", ["5min"], "cycle time of weld", ["5 min"], (5.0, "min")),
        ("stations.fit.defects", ["0.01"], "defects of fit", ["1 %"], (0.01, "")),
        ("stations.fit.defects", ["1%"], "defects of fit", ["1 %"], (0.01, "")),
        ("economics.wage", ["30"], "wage, EUR/h", ["30"], (30.0, "EUR/h")),
        ("stations.press.cycle_time.cv", ["0.3"], "variation of cycle time of press", ["0.3"],
         (0.3, "")),
        ("stations.weld.failures.1.mttr", ["5 min", "6 min"], "MTTR of weld/fuse",
         ["5 min", "6 min"], (5.0, "min")),
    ],
)  # fmt: skip
def test_a_unit_is_said_once_by_the_head_or_by_the_values(key, texts, head, values, axis):
    found = record(key, *texts, about=[about(key)])
    (key_told,) = varied(found, catalogue("en"))
    assert key_told.head(catalogue("en")) == head
    assert [key_told.value(point) for point in found["points"]] == values
    along = swept.along(found)
    first, unit = axis
    assert along.values[0] == pytest.approx(first)
    assert along.label == f"{key_told.name}, {unit}".removesuffix(", ")
    assert along.shares == (key_told.unit == "%")  # ticks are in percent


def test_a_sweep_of_an_earlier_version_calls_keys_by_themselves():
    found = record("stations.weld.buffer", "2")
    assert labels(found, catalogue("zh")) == {"stations.weld.buffer=2": "weld.buffer = 2"}


def test_points_are_called_alike_in_phrases():
    said = phrase("note.same_plant", labels=("a=1", "b"), points=3)
    called = relabelled(said, {"a=1": "a is 1"})
    assert dict(called.values) == {"labels": ("a is 1", "b"), "points": 3}


def fields_of(kind, known):
    """Yield every key that something of a type may have, at any depth."""
    if isinstance(kind, type) and issubclass(kind, Schema):
        if kind in known or "dist" in kind.model_fields:  # a distribution is one value
            return
        known.add(kind)
        for name, field in kind.model_fields.items():
            yield field.alias or name
            yield from fields_of(field.annotation, known)
    for part in get_args(kind):
        yield from fields_of(part, known)


def test_every_key_of_a_scenario_has_words_in_every_language():
    every = set(fields_of(Scenario, set()))
    assert {"buffer", "mttr", "wage", "gap", "shortest_break"} <= every
    for language in LANGUAGES:
        assert [f for f in sorted(every) if not catalogue(language).has(f"field.{f}")] == []


def test_no_key_is_left_without_a_name():
    for language in LANGUAGES:
        say = catalogue(language)
        for field in set(fields_of(Scenario, set())):
            about = {"key": field, "owners": [], "fields": [field], "unit": ""}
            name = described_key(field, about, say).name
            assert name, field
            if field not in ("mtbf", "mttr"):
                assert name.isascii() is (language == "en"), field


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """The directories of one grid whose keys are written by names and by places."""
    top = tmp_path_factory.mktemp("sweeps")
    (top / "line.yaml").write_text(LINE, encoding="utf-8")
    for name, keys in (("name", BY_NAME), ("place", BY_PLACE)):
        asked = [part for key in keys for part in ("--vary", key)]
        done = CliRunner().invoke(
            app, ["sweep", str(top / "line.yaml"), *asked, "--out", str(top / name)]
        )
        assert done.exit_code == 0, done.output
        (top / f"{name}.txt").write_text(done.stdout, encoding="utf-8")
    return top


def test_keys_by_name_and_by_place_read_alike_in_figures_pages_and_on_the_terminal(sweeps):
    terminal, read = [], []
    for name, keys in (("name", BY_NAME), ("place", BY_PLACE)):
        text = (sweeps / f"{name}.txt").read_text(encoding="utf-8")
        for key in (key.partition("=")[0] for key in keys):
            assert text.count(key) == 1  # only where the key itself is told
            text = text.replace(key, "")
        terminal.append([line for line in text.splitlines()[1:] if not line.startswith("wrote")])
        for language in LANGUAGES:
            say = catalogue(language)
            figures = swept.figures(json.loads((sweeps / name / "sweep.json").read_text()), say)
            read.append([[*shown(figure)] for _, figure in figures])
            read[-1].append([*answer(read_contents(sweeps / name), say).sentences])
    assert terminal[0] == terminal[1]
    assert read[:2] == read[2:]
    for text, language in (("buffer of weld, places", "en"), ("weld 的缓冲容量，个", "zh")):  # noqa: RUF001
        assert any(text in line for lines in read[language == "zh"][:-1] for line in lines)
        assert text in html.unescape(sketched(sweeps / "place", language))


def test_the_key_itself_stays_where_it_repeats_the_sweep(sweeps):
    for language in LANGUAGES:
        page = html.unescape(sketched(sweeps / "place", language)).replace("<wbr>", "")
        assert f"--vary {BY_PLACE[0]}" in page  # in the command
        assert "stations.1.buffer=2" not in page  # a run is called by its settings
    assert "stations.1.buffer" in read_contents(sweeps / "place").record["keys"]


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """The directories of a diff and a comparison in which one buffer is changed."""
    top = tmp_path_factory.mktemp("studies")
    file = str(top / "line.yaml")
    (top / "line.yaml").write_text(LINE, encoding="utf-8")
    for command in ("diff", "compare"):
        asked = [command, file, file, "--set-b", "stations.1.buffer=3", "--out", str(top / command)]
        done = CliRunner().invoke(app, asked)
        assert done.exit_code == 0, done.output
        (top / f"{command}.txt").write_text(done.stdout, encoding="utf-8")
    return top


@pytest.mark.parametrize("command", ["diff", "compare"])
def test_changes_have_the_names_of_a_sweep_and_keep_their_key_beside_it(studies, command):
    key = "stations.weld.buffer"
    terminal = (studies / f"{command}.txt").read_text(encoding="utf-8")
    (row,) = [line for line in terminal.splitlines() if key in line]
    assert row.split("  ")[1:] == ["buffer of weld, places", key, "2", "->", "3"]
    for language, name in (("en", "buffer of weld"), ("zh", "weld 的缓冲容量")):
        say = catalogue(language)
        page = html.unescape(sketched(studies / command, language)).replace("<wbr>", "")
        assert f">{say.with_unit(name, say.unit('places'))}<" in page
        assert f">{key}<" in page  # beside it in the table of changes
        assert say("table.counted_as") not in page  # by itself
        assert "weld.buffer" not in page.replace(key, "")
        told = answer(read_contents(studies / command), say)
        words = " ".join((told.question, *told.sentences))
        assert name in words
        assert "weld.buffer" not in words
