"""A long plant at a glance: shops from the names of stations, what they make, their worst."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import interval
from factory_sim.cli import app
from factory_sim.report.numbers import significant
from factory_sim.report.run_summary import show_run
from factory_sim.report.shops import costs, limits, made, shops
from factory_sim.report.station_table import spread
from factory_sim.scenario import loads
from factory_sim.study.run import simulate

if TYPE_CHECKING:
    from pathlib import Path

    from factory_sim.study.result import Result

PLANT = """
name: small car plant
horizon: 12 h
warm_up: 4 h
replications: 2
shifts: [{from: "00:00", to: "12:00", breaks: [{at: "09:00", for: 1 h}]}]
lines:
  car:
    stations:
      - {name: body weld, count: 16, cycle_time: 50 s, buffer: 1}
      - {name: body check, cycle_time: 55 s, buffer: 1}
      - section: paint booth
        takt: 52 s
        buffer: 1
        stations:
          - {name: paint coat, count: 3, cycle_time: 50 s}
          - {name: paint gloss, cycle_time: 54 s}
      - {name: paint oven, count: 10, cycle_time: 40 s, buffer: 1}
      - {name: test drive, count: 3, cycle_time: 60 s, buffer: 1}
  seats:
    joins: test drive-1
    stations:
      - {name: frame, cycle_time: 30 s}
      - {name: cover, cycle_time: 45 s}
"""


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(loads(PLANT))


def test_a_shop_is_what_neighbours_are_called_or_a_line(result: Result) -> None:
    found = shops(result)
    assert [(shop.name, shop.stations) for shop in found] == [
        ("body", 17),
        ("paint", 14),
        ("test drive", 3),
        ("seats", 2),
    ]


def test_what_a_shop_makes_is_per_hour_on_shift_as_what_it_could(result: Result) -> None:
    """All is constant: 60 s at the test drive are 60 an hour, upstream of which all is faster."""
    body, paint, drive, seats = shops(result)
    assert result.estimates["throughput"].mean == pytest.approx(60 * 7 / 8, rel=0.01)
    for shop in (body, paint, drive, seats):
        assert shop.made == pytest.approx(60, rel=0.01)
    # The slowest of each alone: 55 s, a section that 54 s of work hold, 60 s and 45 s.
    slowest = [3600 / seconds for seconds in (55, 54, 60, 45)]
    assert [shop.alone for shop in (body, paint, drive, seats)] == pytest.approx(slowest, rel=0.01)
    assert [shop.is_bottleneck for shop in (body, paint, drive, seats)] == [0, 0, 1, 0]
    assert drive.limits == pytest.approx(sum(shop.limits for shop in shops(result)))
    assert paint.lost == pytest.approx(sum(result.stations()["lost"]))


def test_shops_say_how_far_they_may_be_off() -> None:
    """As the replications tell it: their mean is what the table shows."""
    noisy = PLANT.replace("cycle_time: 60 s", "cycle_time: {dist: exponential, mean: 35 s}")
    result = simulate(loads(noisy))
    found = shops(result)
    rates, shares = made(result, found), limits(result, found)
    assert rates.mean(axis=0) == pytest.approx([shop.made for shop in found])
    assert shares.mean(axis=0) == pytest.approx([shop.limits for shop in found])
    told = spread(result, found)
    for name, samples, unit in (("made", rates, "parts/h"), ("limits", 100 * shares, "%")):
        widest = max(interval(shop).half_width for shop in samples.T)
        assert f"{name} ± {significant(widest, 2)} {unit} at most" in told
    assert "made" not in spread(result)


def test_the_states_of_a_shop_are_the_mean_of_its_stations(result: Result) -> None:
    columns = result.stations()
    for shop, stop, start in zip(shops(result), (17, 31, 34, 36), (0, 17, 31, 34), strict=True):
        expected = [sum(columns[state][start:stop]) / shop.stations for state in STATES]
        assert shop.states == pytest.approx(expected)
        assert sum(shop.states) == pytest.approx(1)


def test_the_worst_limits_its_shop_and_loses_the_words_of_it(result: Result) -> None:
    body, paint, drive, seats = shops(result)
    assert body.worst == "check"
    assert paint.worst == "gloss"  # it holds the section
    assert drive.worst in {f"drive-{number}" for number in (1, 2, 3)} | {"test drive-1"}
    assert seats.worst == "cover"


def test_what_costs_most_is_ranked_by_what_limits() -> None:
    """A feeder that holds its section longest costs nothing while it waits for its line."""
    text = PLANT.replace("cycle_time: 60 s", "cycle_time: 50 s").replace("54 s", "66 s")
    slow = text.replace(
        "{name: frame, cycle_time: 30 s}",
        """
        {name: frame, cycle_time: 30 s, failures: {mtbf: 20 min, mttr: 400 s, clock: calendar}}""",
    )
    result = simulate(loads(slow))
    columns = result.stations()
    down = dict(zip(columns["name"], columns["down"], strict=True))
    assert 3600 * down["frame"] > max(columns["lost"])
    assert costs(result).startswith("costs most, min/h held or down: paint gloss ")
    assert "frame" not in costs(result).split(",")[0]
    assert costs(simulate(loads(PLANT.replace("54 s", "50 s")))) == ""


def test_a_plant_without_shops_has_none() -> None:
    short = simulate(loads(PLANT.replace("count: 16", "count: 2")), replications=1)
    assert shops(short) == []
    plain = "name: p\nhorizon: 1 h\nreplications: 1\nstations:\n"
    plain += "".join(f"  - {{name: {chr(0x4E00 + n)}台, cycle_time: 50 s}}\n" for n in range(40))
    assert shops(simulate(loads(plain))) == []


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_table_fits_the_terminal(result: Result, width: int) -> None:
    screen = StringIO()
    show_run(result, Console(file=screen, width=width, markup=False, highlight=False))
    lines = screen.getvalue().splitlines()
    (title,) = [line for line in lines if "made" in line and "limits" in line and ":" not in line]
    assert ("held min/h" in title) == (width >= 80)
    assert max(map(cell_len, lines)) <= max(width, 70)
    (worst,) = [line for line in lines if line.endswith("<-")]
    assert worst.startswith("test drive")


def test_the_command_shows_shops_and_on_demand_every_station(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT, encoding="utf-8")
    command = ["run", str(path), "--replications", "1"]
    shown = {
        detail: CliRunner().invoke(app, [*command, "--stations", detail]).stdout
        for detail in ("shops", "worst", "all")
    }
    assert (
        CliRunner().invoke(app, command).stdout.splitlines()[2:]
        == (shown["shops"].splitlines()[2:])
    )
    assert "body (17)" in shown["shops"]
    assert "body weld-7" not in shown["shops"]
    assert "car (34 stations)" in shown["worst"]
    assert "body weld-7" in shown["all"]
