"""Diff: what changed, and what each change adds; split by hand, by law, by simulation."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from factory_sim import StudyError, diff, loads
from factory_sim.analysis.shapley import every_set, exact, orders, sampled, sets_on_the_way
from factory_sim.cli import app
from factory_sim.report.changed_values import LONGEST, value_texts
from factory_sim.report.settings import called, changed_key
from factory_sim.report.texts import ENGLISH, catalogue
from factory_sim.scenario import rebuilt
from factory_sim.study.changes import Between, change_record

LINE = """
name: press and weld
horizon: 11 h
warm_up: 1 h
replications: 2
stations:
  - {name: press, cycle_time: 60 s, crew: 1}
  - {name: weld, cycle_time: 50 s, buffer: 1}
"""

RANDOM = """
name: three stations
horizon: 2 h
warm_up: 30 min
replications: 4
orders: {mix: {a: 1, b: 1}}
pools: {people: 1}
lines:
  main:
    stations:
      - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}}
      - section: trim
        takt: 55 s
        buffer: 2
        stations:
          - {name: fit, cycle_time: {dist: uniform, low: 40 s, high: 60 s}}
          - {name: fill, cycle_time: 50 s}
      - name: pack
        buffer: 4
        cycle_time: 48 s
        failures: [{name: jam, mtbf: 4 h, mttr: 12 min}, {name: fuse, mtbf: 9 h, mttr: 3 min}]
  kits:
    joins: fit
    buffer: 2
    stations: [{name: kit, cycle_time: 45 s}]
"""


def games(changes: int):
    """Values of every set of changes in three replications."""
    sets = every_set(changes)
    figures = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3).map(np.array)
    return st.lists(figures, min_size=len(sets), max_size=len(sets)).map(
        lambda values: dict(zip(sets, values, strict=True))
    )


def keys(a: str, b: str) -> list[str]:
    return [change.key for change in Between(loads(a), loads(b)).changes]


def throughput(found) -> dict[str, float]:
    labels = [group.label for group in found.groups]
    means = [share.estimate.mean for share in found.splits["throughput"].shares]
    return dict(zip(labels, means, strict=True))


def test_two_changes_are_split_as_by_hand():
    """The slower station sets the pace.

    60 parts/h become 72 with the press alone, 60 with the weld alone, 80 with both: the
    press adds (12 + 20)/2, the weld (0 + 8)/2.
    """
    a = loads(LINE)
    b = loads(LINE, overrides=["stations.press.cycle_time=40 s", "stations.weld.cycle_time=45 s"])
    found = diff(a, b)
    assert throughput(found) == {"stations.press.cycle_time": 16, "stations.weld.cycle_time": 4}
    assert [s.estimate.half_width for s in found.splits["throughput"].shares] == [0, 0]
    assert found.simulated == 4
    alone = [found.comparison.a.accounts.throughput[0], 72, 60, 80]
    assert alone[1] - alone[0] + alone[2] - alone[0] != alone[3] - alone[0]  # one by one fails


def test_what_two_changes_do_only_together_is_halved():
    a = loads(LINE, overrides=["stations.weld.cycle_time=60 s"])
    b = loads(LINE, overrides=["stations.press.cycle_time=40 s", "stations.weld.cycle_time=30 s"])
    shares = throughput(diff(a, b))
    assert shares == {"stations.press.cycle_time": 15, "stations.weld.cycle_time": 15}
    back = throughput(diff(b, a))
    assert back == {key: -share for key, share in shares.items()}


def test_costs_are_split_where_both_scenarios_state_prices():
    """At 60 parts/h a person costs 0.6 a part; twice the people at twice the wage 2.4."""
    prices = "economics={currency: RMB, wage: 36, hours_per_year: 4000}"
    a = loads(LINE, overrides=[prices, "stations.weld.cycle_time=60 s"])
    changed = ["stations.press.crew=2", "economics.wage=72"]
    b = loads(LINE, overrides=[prices, "stations.weld.cycle_time=60 s", *changed])
    found = diff(a, b)
    assert found.simulated == 2  # prices change no plant
    cost = found.splits["cost"]
    assert cost.unit == "RMB/part"
    assert cost.pair.a.mean == pytest.approx(0.6)
    assert [share.estimate.mean for share in cost.shares] == pytest.approx([0.9, 0.9])
    assert "cost" not in diff(loads(LINE), b).splits


@given(value=games(4))
def test_exact_shares_add_up_and_ignore_names(value):
    shares = exact(4, value)
    total = value[frozenset(range(4))] - value[frozenset()]
    np.testing.assert_allclose(shares.sum(axis=0), total, atol=1e-9)
    swapped = {frozenset(3 - i for i in made): v for made, v in value.items()}
    np.testing.assert_allclose(exact(4, swapped), shares[::-1], atol=1e-9)


@given(value=games(3), pairs=st.integers(2, 5), seed=st.integers(0, 99))
def test_sampled_shares_add_up_and_tend_to_the_exact_ones(value, pairs, seed):
    total = value[frozenset(range(3))] - value[frozenset()]
    some = orders(3, pairs, seed)
    assert set(sets_on_the_way(some)) <= set(every_set(3))
    np.testing.assert_allclose(sampled(some, value).sum(axis=1), [total] * pairs, atol=1e-9)
    every = [order for one in permutations(range(3)) for order in (one, one[::-1])]
    np.testing.assert_allclose(sampled(every, value).mean(axis=0), exact(3, value), atol=1e-9)
    assert orders(3, pairs, seed) == orders(3, pairs + 1, seed)[: 2 * pairs]


def test_a_change_without_effect_adds_exactly_nothing():
    a = loads(RANDOM)
    changed = ["stations.press.crew=3", "stations.pack.buffer=9", "pools.people=2"]
    found = diff(a, loads(RANDOM, overrides=changed))
    for name in ("throughput", "lead_time", "wip"):
        shares = dict(zip([g.label for g in found.groups], found.splits[name].shares, strict=True))
        for key in ("stations.press.crew", "pools.people"):
            assert (shares[key].estimate.mean, shares[key].estimate.half_width) == (0, 0)
    labour = dict(
        zip(
            [g.label for g in found.groups],
            found.splits["labour_hours_per_part"].shares,
            strict=True,
        )
    )
    assert labour["stations.press.crew"].estimate.mean > 0
    assert found.simulated == 4  # nobody calls for the people of the pool


@pytest.mark.parametrize("sampling", [None, 4])
def test_the_shares_add_up_to_the_difference_of_every_figure(sampling):
    changed = [
        "stations.press.cycle_time.cv=0.1",
        "stations.trim.takt=50 s",
        "stations.kit.servers=2",
    ]
    found = diff(loads(RANDOM), loads(RANDOM, overrides=changed), orders_sampled=sampling)
    assert found.orders == (sampling or 0)
    for name, split in found.splits.items():
        total = found.comparison.differences[name].difference.mean
        assert sum(s.estimate.mean for s in split.shares) == pytest.approx(
            total, rel=1e-12, abs=1e-12
        )


def test_many_changes_are_sampled_and_say_how_sure_they_are():
    """Seven stations of 60 s all become faster: the slowest left sets the pace."""
    rows = "".join(f"  - {{name: s{n}, cycle_time: 60 s, buffer: 1}}\n" for n in range(7))
    head = LINE.split("stations:\n")[0].replace("11 h", "20 min").replace("1 h", "5 min")
    text = f"{head}stations:\n{rows}"
    faster = [f"stations.s{n}.cycle_time={40 + n} s" for n in range(7)]
    found = diff(loads(text), loads(text, overrides=faster))
    assert len(found.groups) == 7
    assert found.orders == 16
    shares = found.splits["throughput"].shares
    # Only the last change made helps, and each is last in some orders, or in none drawn.
    assert any(share.sampling > 0 for share in shares)
    assert all(share.estimate.half_width >= share.sampling for share in shares)
    total = found.comparison.differences["throughput"].difference.mean
    assert sum(share.estimate.mean for share in shares) == pytest.approx(total)
    few = diff(loads(text), loads(text, overrides=faster), orders_sampled=4)
    assert sum(s.sampling for s in few.splits["throughput"].shares) > sum(
        s.sampling for s in shares
    )
    # By line there is one group, whose share is all of it and exact.
    (whole,) = (
        diff(loads(text), loads(text, overrides=faster), by="line").splits["throughput"].shares
    )
    assert whole.estimate.mean == pytest.approx(total)
    assert whole.sampling == 0


def test_what_changed_is_named_by_stations_whatever_their_place_in_the_file():
    assert keys(RANDOM, RANDOM) == []
    reordered = RANDOM.replace(
        "[{name: jam, mtbf: 4 h, mttr: 12 min}, {name: fuse, mtbf: 9 h, mttr: 3 min}]",
        "[{name: fuse, mttr: 3 min, mtbf: 9 h, clock: busy}, {name: jam, mttr: 720, mtbf: 14400}]",
    )
    assert keys(RANDOM, reordered) == []
    text = RANDOM.replace("mtbf: 9 h", "mtbf: 8 h").replace("cv: 0.3", "cv: 0.2")
    text = text.replace("takt: 55 s", "takt: 54 s").replace("joins: fit", "joins: fill")
    assert keys(RANDOM, text) == [
        "lines.kits.joins",
        "stations.press.cycle_time",
        "stations.trim.takt",
        "stations.pack.failures.fuse.mtbf",
    ]
    sourced = RANDOM.replace("takt: 55 s", "takt: {value: 55 s, source: a stopwatch}")
    assert keys(RANDOM, sourced) == []


def test_the_short_form_of_a_line_is_the_long_form():
    stations = LINE.split("stations:\n")[1]
    long = LINE.split("stations:\n")[0] + "lines:\n  assembly:\n    stations:\n"
    long += "".join(f"    {row}\n" for row in stations.splitlines())
    assert keys(LINE, long) == []
    assert keys(long, LINE) == []


def test_a_station_that_comes_or_goes_is_one_change_and_stands_where_it_stood():
    wash = "  - {name: wash, cycle_time: 55 s, failures: {mtbf: 3 h, mttr: 60 s}}\n"
    weld = "  - {name: weld,"
    shorter, longer = loads(LINE), loads(LINE.replace(weld, wash + weld))
    for before, after, kind in ((shorter, longer, "added"), (longer, shorter, "removed")):
        between = Between(before, after)
        (change,) = between.changes
        assert (change.key, change.kind) == ("stations.wash", kind)
        made = rebuilt(between.content({change}), "x")
        names = [stage.name for stage in made.flow["main"].stations]
        assert names == [stage.name for stage in after.flow["main"].stations]


def test_all_changes_made_is_b_and_none_is_a():
    b = RANDOM.replace("press", "saw").replace("takt: 55 s", "takt: 54 s\n        window: 3 s")
    b = b.replace("          - {name: fill, cycle_time: 50 s}\n", "").replace(
        "buffer: 4", "buffer: 5"
    )
    b = b.replace("  kits:", "  tins:")
    first, second = loads(RANDOM), loads(b)
    between = Between(first, second)
    assert len(between.changes) > 4
    for made, expected in ((set(), first), (set(between.changes), second)):
        assert rebuilt(between.content(made), "x").canonical == expected.canonical
    ordered = LINE.replace("name: press", "name: x").replace("name: weld", "name: press")
    swapped = Between(loads(LINE), loads(ordered.replace("name: x", "name: weld")))
    assert "lines.main.stations.(order)" in [change.key for change in swapped.changes]
    whole = rebuilt(swapped.content(set(swapped.changes)), "x")
    assert [stage.name for stage in whole.flow["main"].stations] == ["weld", "press"]


def test_changes_that_make_no_plant_alone_are_counted_with_what_they_need():
    a = loads(LINE, overrides=["pools={people: 2}", "stations.press.operators=people"])
    b = loads(LINE, overrides=["stations.weld.buffer=2"])
    found = diff(a, b)
    assert [group.label for group in found.groups] == [
        "stations.press.operators + pools.people",
        "stations.weld.buffer",
    ]
    assert 'there is no pool "people"' in str(found.groups[0].joined)
    assert found.groups[1].joined is None


def test_an_inspection_of_another_kind_is_one_change_of_several_keys():
    mend = "stations.weld.inspection={then: in_place, repair: 30 s}"
    scrap = "stations.weld.inspection={then: scrap, detects: 90 %}"
    found = diff(loads(LINE, overrides=[mend]), loads(LINE, overrides=[scrap]))
    labels = [group.label for group in found.groups]
    assert labels == [
        "stations.weld.inspection.detects",
        "stations.weld.inspection.repair + stations.weld.inspection.then",
    ] or labels == [
        "stations.weld.inspection.detects",
        "stations.weld.inspection.then + stations.weld.inspection.repair",
    ]


@pytest.mark.parametrize("key", ["seed=5", "horizon=12 h", "replications=3", "confidence=0.9"])
def test_scenarios_that_are_not_watched_alike_are_refused(key):
    with pytest.raises(StudyError, match="set the same"):
        diff(loads(LINE), loads(LINE, overrides=[key]))


def test_the_number_of_orders_is_checked():
    with pytest.raises(StudyError, match="even number"):
        diff(loads(LINE), loads(LINE), orders_sampled=5)


def test_the_command_prints_writes_and_can_be_verified(tmp_path):
    a = tmp_path / "a.yaml"
    a.write_text(LINE)
    runner = CliRunner()
    changed = [
        "--set-b",
        "stations.press.cycle_time=40 s",
        "--set-b",
        "stations.weld.cycle_time=45 s",
    ]
    out = ["--out", str(tmp_path / "out")]
    shown = runner.invoke(app, ["diff", str(a), str(a), *changed, *out])
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert any(row.split()[:6] == ["cycle", "time", "of", "press", "+16", "±"] for row in lines)
    assert "  cycle time of press  stations.press.cycle_time  60 s  ->  40 s" in lines
    record = json.loads(runner.invoke(app, ["diff", str(a), str(a), *changed, "--json"]).stdout)
    assert [c["shares"]["throughput"]["mean"] for c in record["changes"]] == [16, 4]
    assert record == json.loads((tmp_path / "out" / "diff.json").read_text())
    assert runner.invoke(app, ["verify", str(tmp_path / "out")]).exit_code == 0
    same = runner.invoke(app, ["diff", str(a), str(a)])
    assert "nothing differs" in same.output
    refused = runner.invoke(app, ["diff", str(a), str(a), "--set-b", "seed=3"])
    assert refused.exit_code == 1


def test_long_values_are_shown_where_they_differ():
    breaks = [{"at": 30600.0, "for": 600.0}, {"at": 41400.0, "for": 2700.0}]
    other = [breaks[0], {"at": 41400.0, "for": 1800.0}]
    key = changed_key({"key": "shifts"}, ENGLISH)
    a, b = value_texts(key, [{"breaks": breaks}], [{"breaks": other}], ENGLISH)
    assert (a, b) == ("…41400.0, for: 2700.0}]}]", "…41400.0, for: 1800.0}]}]")
    short = value_texts(key, [1, 2], [1, 3], ENGLISH)
    assert short == ("[1, 2]", "[1, 3]")  # short ones are shown whole
    begins_otherwise = value_texts(key, "x" * 50, "y" * 50, ENGLISH)
    assert [text[0] for text in begins_otherwise] == ["x", "y"]
    assert all(cell_len(text) <= LONGEST for text in (a, b, *begins_otherwise))


CHANGED = {  # what is set: its name, its values in English, and in Chinese
    "stations.pack.buffer=6": ("buffer of pack, places", "4", "6", "4", "6"),
    "stations.trim.takt=1 min": ("takt of trim", "55 s", "60 s", "55 s", "60 s"),
    "stations.pack.cycle_time=50 s": ("cycle time of pack", "48 s", "50 s", "48 s", "50 s"),
    "stations.pack.cycle_time=90 min": ("cycle time of pack", "48 s", "5400 s", "48 s", "5400 s"),
    "stations.pack.failures.jam.mttr=600": (
        "MTTR of pack/jam", "mean 12 min", "mean 10 min", "均值 12 min", "均值 10 min",
    ),
    "stations.press.cycle_time={dist: lognormal, mean: 1 min, cv: 0.5}": (
        "cycle time of press", "gamma, mean 52 s, cv 0.3", "lognormal, mean 60 s, cv 0.5",
        "伽马分布、均值 52 s、cv 0.3", "对数正态分布、均值 60 s、cv 0.5",
    ),
    "stations.pack.failures.fuse.mtbf={dist: constant, value: 8 h}": (
        "MTBF of pack/fuse", "exponential, mean 9 h", "8 h", "指数分布、均值 9 h", "8 h",
    ),
    "stations.press.cycle_time.cv=0.25": (
        "cycle time of press", "cv 0.3", "cv 0.25", "cv 0.3", "cv 0.25",
    ),
    "stations.pack.defects=0.5 %": ("defects of pack", "-", "0.5 %", "-", "0.5 %"),
    "pools.people=2": ("people of people", "1", "2", "1", "2"),
    "economics={currency: EUR, wage: 1, hours_per_year: 1}": ("economics", "", "", "", ""),
    "realism.fatigue=false": ("fatigue considered", "yes", "no", "是", "否"),
}  # fmt: skip


@pytest.mark.parametrize(("setting", "told"), CHANGED.items())
def test_a_changed_key_is_told_by_name_and_with_units(setting, told):
    a = loads(f"{RANDOM}realism: {{fatigue: true}}\n")
    (change,) = Between(a, loads(a.canonical, overrides=[setting])).changes
    found = []
    for say in map(catalogue, ("en", "zh")):
        key = changed_key(change_record(change), say)
        found += [*([key.head(say)] if say is ENGLISH else [])]
        found += value_texts(key, change.before, change.after, say)
    assert tuple(found) == told


def test_the_key_of_a_change_makes_it():
    """Also where the file holds the only item of a list as a mapping, without a name."""
    text = LINE.replace("crew: 1}", "failures: {mtbf: 4 h, mttr: 12 min}}")
    b = loads(text, overrides=["stations.press.failures.mttr=5 min", "stations.weld.buffer=7"])
    changes = Between(loads(text), b).changes
    made = [f"{one.key}={json.dumps(one.after)}" for one in changes]
    assert len(made) == 2
    assert not Between(loads(text, overrides=made), b).changes
    three = loads(RANDOM, overrides=["stations.pack.failures.fuse.mttr=5 min"])
    assert [c.key for c in Between(loads(RANDOM), three).changes] == [
        "stations.pack.failures.fuse.mttr"
    ]


def test_what_is_counted_has_the_name_of_a_station_a_line_or_an_order():
    a = loads(RANDOM)
    names = {}
    for by in ("station", "line"):
        b = loads(RANDOM, overrides=["stations.kit.servers=2", "pools.people=2"])
        changes = diff(a, b, by=by).record()["changes"]
        names[by] = [[called(one, catalogue(lang)) for one in changes] for lang in ("en", "zh")]
    assert names == {
        "station": [["kit", "people"], ["kit", "人数"]],
        "line": [["kits", "people"], ["kits", "人数"]],
    }
    rows = "  - {name: press, cycle_time: 60 s, crew: 1}\n"
    swapped = loads(LINE.replace(rows, "").rstrip().replace(", buffer: 1", "") + f"\n{rows}")
    moved = [c for c in Between(loads(LINE), swapped).changes if c.kind == "moved"]
    assert [changed_key(change_record(c), ENGLISH).name for c in moved] == ["order of stations"]
