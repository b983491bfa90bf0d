"""The pages of runs and comparisons of a plant with devices and a digital base."""

from __future__ import annotations

import html
import json

import pytest
from typer.testing import CliRunner

from factory_sim.cli import app
from factory_sim.cli.plot import _figures
from factory_sim.report.html import pictures
from factory_sim.report.html.answers import answer
from factory_sim.report.html.charts import charts
from factory_sim.report.html.contents import read_contents
from factory_sim.report.html.page import page
from factory_sim.report.html.tables import tables
from factory_sim.report.html.tables.fleet import devices_table
from factory_sim.report.recorded import read_runs
from factory_sim.report.texts import LANGUAGES, catalogue
from test_run_base import BY_TWIN, PLANT

SLOW = PLANT.replace("name: ingest, replicas: 2, service: 5 ms", "name: ingest, service: 20 ms")
DEAD = "digital_base.faults=[{gateway: 1, from: '10:00:05', for: 10 s}]"
ENGLISH = catalogue("en")


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A run whose base is overloaded, and comparisons of plants that share a base or do not."""
    top = tmp_path_factory.mktemp("pages")
    for name, text in (("slow", SLOW), ("plant", PLANT + BY_TWIN)):
        (top / f"{name}.yaml").write_text(text, encoding="utf-8")
    plant = top / "plant.yaml"
    for name, command in {
        "run": ["run", top / "slow.yaml"],
        "same": ["compare", plant, plant, "--set-b", "stations.weld.cycle_time=48 s"],
        "other": ["compare", plant, plant, "--set-b", DEAD],
    }.items():
        done = CliRunner().invoke(app, [*map(str, command), "--out", str(top / name)])
        assert done.exit_code == 0, done.output
    return top


def titles(directory):
    return [table.title for table in tables(read_contents(directory), ENGLISH)]


def test_a_run_shows_its_base_and_its_devices(studies):
    contents = read_contents(studies / "run")
    found = {table.title: table for table in tables(contents, ENGLISH)}
    stages = found["Stages, in the order of flow"]
    assert [row[0].text for row in stages.rows] == [
        "uplink", "gateways", "broker", "ingest", "twin",
    ]  # fmt: skip
    assert stages.heads[-4:] == ("p50, ms", "p95, ms", "p99, ms", "p99.9, ms")
    devices = found["What the devices of each class cost"]
    assert [row[0].text for row in devices.rows] == ["robots"]
    assert devices.note == "Most of the downtime of devices, 100 %, is that of robots."
    assert "What the twin knows of the devices" in found
    assert [chart["id"] for chart in charts(contents, ENGLISH)] == ["replications", "courses-run"]
    said = answer(contents, ENGLISH)
    assert "every one of the 1,800 messages of 20 s from 10:00 on was simulated" in said.basis[-1]


def test_a_comparison_tells_bases_apart_where_they_differ(studies):
    assert "Stages, in the order of flow" in titles(studies / "same")
    other = titles(studies / "other")
    assert {"Stages, in the order of flow (A)", "Stages, in the order of flow (B)"} < set(other)
    assert "Faults and how the base came back (B)" in other
    assert "Faults and how the base came back (A)" not in other
    for directory, ids in (("same", ["courses-a"]), ("other", ["courses-a", "courses-b"])):
        found = [chart["id"] for chart in charts(read_contents(studies / directory), ENGLISH)]
        assert [name for name in found if name != "replications"] == ids


def test_a_comparison_says_how_soon_failures_are_seen(studies):
    record = json.loads((studies / "other" / "estimates.json").read_text(encoding="utf-8"))
    table = next(
        t for t in tables(read_contents(studies / "other"), ENGLISH) if t.title.startswith("Diff")
    )
    rows = {row[0].text: row for row in table.rows}
    said = record["differences"]["downtime"]
    row = rows["downtime of stations"]
    assert [row[k].value for k in (1, 2, 3)] == [
        said[side]["mean"] for side in ("a", "b", "difference")
    ]
    assert "failures not seen yet" in rows


def test_a_comparison_follows_the_fault_by_which_plants_differ(studies):
    record = json.loads((studies / "other" / "estimates.json").read_text(encoding="utf-8"))
    contents = read_contents(studies / "other")
    found = {table.title: table for table in tables(contents, ENGLISH)}
    late = found["From lost messages to downtime, class by class (B)"]
    assert late.rows[0][4].value == record["faults"]["b"]["late"][0]["lost"]
    assert "What one fault costs (B)" in found
    assert "What one fault costs (A)" not in found
    *_, last = answer(contents, ENGLISH).sentences
    assert last.startswith("Gateway 1 down from 10:00:05 to 10:00:15: ")
    drawn = _figures(studies / "other", None, None, None)
    assert next(iter(drawn))[0] == "b-chain"
    *_, last = answer(read_contents(studies / "same"), ENGLISH).sentences
    assert last.startswith("The bottleneck is ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_a_run_with_a_base_is_in_one_language(studies, language, monkeypatch):
    monkeypatch.setattr(pictures, "svg", lambda _: "<svg/>")
    monkeypatch.setattr(pictures, "_of_run", lambda *_, **__: ())
    text = html.unescape(page(studies / "run", language))
    text = text.replace("<code>", "`").replace("</code>", "`")
    say = catalogue(language)
    for key in ("audit", "audit_base"):
        assert say(f"trust.{key}") in text
    assert text.count("data:image/svg+xml") == 3
    # What the base doubts is made in English.
    (doubt,) = (d for d in read_contents(studies / "run").bases["run"]["doubts"])
    assert "is offered" in doubt
    assert say.line(doubt) in text
    assert (doubt in text) == (language == "en")


def test_classes_are_told_apart_only_where_their_intervals_do_not_meet(studies):
    run = read_runs(studies / "same")["a"]

    def note(*downtimes):
        rows = [
            {"name": f"c{n}", "devices": 2, "failures": 1.0, "failures_half_width": None,
             "downtime": mean, "downtime_half_width": half, "share": 0.5}
            for n, (mean, half) in enumerate(downtimes)
        ]  # fmt: skip
        object.__setattr__(run, "devices", rows)
        return devices_table(run, "", ENGLISH).note

    assert note((3.0, 0.5), (2.0, 0.4)).startswith("Most of the downtime of devices, 50 %, is")
    assert note((3.0, 0.5), (2.0, 0.6)).endswith("it is not told apart from c1.")
    assert note((3.0, None), (2.0, None)).endswith("it is not told apart from c1.")
    assert note((0.0, 0.0), (0.0, 0.0)) == "No device that stops its station was down."


def test_the_fault_of_a_base_is_grey_in_its_figures_only(studies, monkeypatch):
    monkeypatch.setattr(pictures, "svg", lambda _: "<svg/>")
    monkeypatch.setattr(pictures, "_of_run", lambda *_, **__: ())
    found = list(pictures.pictures(read_contents(studies / "other"), ENGLISH))
    assert [one.name for one in found][:2] == ["chain", "differences"]
    captions = [one.caption for one in found[2:]]
    assert [ENGLISH("caption.grey") in caption for caption in captions] == [
        False, False, False, False, True, True,
    ]  # fmt: skip
    assert captions[0].endswith(" (A)")
