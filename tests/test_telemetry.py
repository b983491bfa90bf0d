from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from factory_sim import loads
from factory_sim.cli import app
from factory_sim.fleet import DEVICE_STATES, device_spans, health, history
from factory_sim.fleet.telemetry import (
    STATES_TOLD,
    TelemetryError,
    agreement,
    parquet,
    states_from,
    write,
)
from factory_sim.fleet.telemetry import messages as of_devices
from factory_sim.fleet.telemetry.plan import plan
from factory_sim.fleet.telemetry.points import Points
from factory_sim.fleet.telemetry.readings import rounded
from factory_sim.fleet.telemetry.sources import devices_of, message_source, repairs_of
from factory_sim.fleet.telemetry.sources import simulated as happened_in
from factory_sim.fleet.telemetry.tracks import Track, join, lagged
from plants import costly, thoroughly

PLANT = """
name: small plant
horizon: 12 h
warm_up: 0
replications: 2
seed: 3
start: mon 06:00
shifts: [{from: "06:00", to: "10:30", days: mon-fri, breaks: [{at: "09:45", for: 10 min}]}]
stations:
  - name: press
    cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}
    failures: {mtbf: 2 h, mttr: 5 min}
  - {name: weld, buffer: 4, servers: 2, cycle_time: {dist: lognormal, mean: 105 s, cv: 0.2}}
  - {name: pack, buffer: 4, cycle_time: 48 s}
fleet:
  devices: 19
  classes:
    robots:
      count: 9
      attach: "*"
      period: 1 s
      jitter: 10 %
      size: 600
      criticality: stops
      failures:
        - {name: joint, mtbf: {dist: weibull, mean: 4 h, shape: 4}, mttr: 6 min, clock: busy}
        - {name: drive, mtbf: {dist: weibull, mean: 9 h, shape: 2}, mttr: 4 min, clock: calendar}
      wear: {begins: 50 %}
    ovens:
      count: 4
      attach: [press, weld]
      period: 5 s
      size: 100
      signals:
        heat: {kind: temperature, working: 200, ambient: 20, lag: 8 min, resolution: 0.5}
        drawn: {kind: power, unit: kW, idle: 1, working: 9, noise: 0.2}
    meters:
      count: 6
      attach: [weld, pack]
      period: 20 s
      jitter: 100 %
      size: 100
      failures: {mtbf: 3 h, mttr: 20 min, clock: calendar}
      signals:
        state: {kind: state}
        energy: {kind: counter, step: 0.25, unit: kWh}
"""

SPAN = "09:30", "10:45"
EVERYTHING = ("time", "device", "on_change")


@pytest.fixture(scope="module")
def plant():
    return loads(PLANT)


@pytest.fixture(scope="module")
def told(plant, tmp_path_factory):
    """The telemetry of the small plant around its end of shift."""
    directory = tmp_path_factory.mktemp("telemetry") / "out"
    return directory, write(plant, directory, *SPAN)


def messages(directory, name):
    return pl.read_parquet(directory / "messages" / f"{name}.parquet")


def ordered(frame):
    """Return messages in an order of their own, whatever row groups they came in."""
    return frame.with_columns(pl.col("device").cast(pl.String)).sort(
        "device", "time", maintain_order=True
    )


def seconds(frame, about, column="time"):
    """Return time stamps as s after time 0."""
    zero = np.datetime64(about["time_0"]["stamp"], "ms")
    return (frame[column].to_numpy() - zero) / np.timedelta64(1, "s")


# --- what is in the files


def test_duckdb_polars_and_pandas_read_the_same(told):
    directory, about = told
    for name in about["classes"]:
        path = directory / "messages" / f"{name}.parquet"
        by_polars = pl.read_parquet(path)
        assert by_polars.height == about["files"][f"messages/{name}.parquet"]["rows"]
        by_pandas = pl.from_pandas(pd.read_parquet(path))
        by_duckdb = duckdb.sql(f"select * from '{path}'").pl()
        texts = [c for c, kind in by_polars.schema.items() if kind == pl.Categorical]
        assert "device" in texts
        plain = [
            frame.with_columns(
                pl.col(texts).cast(pl.String), pl.col("time").cast(pl.Datetime("ms"))
            )
            for frame in (by_polars, by_pandas, by_duckdb)
        ]
        assert plain[0].equals(plain[1])
        assert plain[0].equals(plain[2])


def test_a_shift_is_found_by_its_time_stamps_in_sql(told):
    directory, _ = told
    (found,) = duckdb.sql(
        f"select count(*), min(dayname(time)) from '{directory}/messages/ovens.parquet' "
        "where time >= timestamp '2024-01-01 10:00' and time < timestamp '2024-01-01 10:01'"
    ).fetchall()
    assert found == (4 * 12, "Monday")


def test_row_groups_follow_in_time_and_are_sorted_by_device_as_the_file_says(
    plant, told, tmp_path, monkeypatch
):
    import pyarrow.parquet as pq

    monkeypatch.setattr(of_devices, "SLAB", 5000)
    monkeypatch.setattr(of_devices, "PORTION", 700)
    write(plant, tmp_path / "out", *SPAN)
    directory, about = told
    for name in about["classes"]:
        file = pq.ParquetFile(tmp_path / "out" / "messages" / f"{name}.parquet")
        latest = datetime.fromisoformat(about["from"]["stamp"])
        for number in range(file.num_row_groups):
            rows = pl.from_arrow(file.read_row_group(number)).with_columns(
                pl.col("device").cast(pl.String)
            )
            assert rows["time"].min() >= latest
            latest = rows["time"].max()
            assert rows.select("device", "time").equals(
                rows.select("device", "time").sort("device", "time")
            )
            group = file.metadata.row_group(number)
            assert [column.column_index for column in group.sorting_columns] == [1, 0]
            assert "DELTA_BINARY_PACKED" in group.column(0).encodings
            assert "RLE_DICTIONARY" in group.column(1).encodings
        assert latest < datetime.fromisoformat(about["to"]["stamp"])
        assert ordered(messages(tmp_path / "out", name)).equals(ordered(messages(directory, name)))
        # Robots send 9 messages a second: 40,500 in 75 min, and some changes.
        assert file.num_row_groups == {"robots": 8, "meters": 1, "ovens": 1}[name]


def test_the_description_names_every_file_and_column(told, plant):
    directory, about = told
    assert json.loads((directory / "telemetry.json").read_text()) == about
    files = {p.relative_to(directory).as_posix() for p in directory.rglob("*.parquet")}
    assert files == set(about["files"])
    for name, table in about["files"].items():
        frame = pl.read_parquet(directory / name)
        assert (frame.columns, frame.height) == (list(table["columns"]), table["rows"])
        assert (directory / name).stat().st_size == table["bytes"]
    assert about["scenario_digest"] == plant.digest
    assert about["files"]["messages/ovens.parquet"]["columns"]["drawn"]["unit"] == "kW"


def test_devices_stand_where_the_fleet_says(told, plant):
    directory, _ = told
    table = pl.read_parquet(directory / "devices.parquet")
    fleet = history(plant, until=1.0).fleet
    assert table.height == len(fleet)
    for row in table.iter_rows(named=True):
        device = fleet.named(row["device"])
        assert (device.station, device.of.name) == (row["station"], row["class"])
        assert row["effect"] == device.of.effect


# --- what the messages say


def off_shift(t):
    """Return which moments, s after time 0, are in the break or after the end of the shift."""
    return (t >= 4.5 * 3600) | ((t >= 3.75 * 3600) & (t < 3.75 * 3600 + 600))


def test_nothing_is_drawn_off_shift_and_idle_power_is_drawn_on_it(told):
    directory, about = told
    frame = messages(directory, "ovens")
    off = off_shift(seconds(frame, about))
    drawn = frame["drawn"].to_numpy()
    assert np.all(drawn[off] == 0)
    assert np.all(drawn[~off] > 0)
    robots = messages(directory, "robots")
    assert set(robots.filter(pl.col("state") == "off")["current"]) == {0.0}


def test_a_load_is_at_its_level_for_the_state(told):
    directory, about = told
    frame = messages(directory, "robots")
    frame = frame.with_columns(off=off_shift(seconds(frame, about)))
    mean = frame.group_by(pl.col("state").cast(pl.String), "off").agg(
        pl.col("current").mean(), pl.len().alias("n")
    )
    seen = set()
    for state, off, current, n in mean.iter_rows():
        # A repair goes on off shift, without power.
        level = 0.0 if off else {"working": 10.0}.get(state, 0.5)
        sharp = 5 * 0.1 / np.sqrt(n) + 0.01
        assert abs(current - level) < sharp, (state, off)
        seen.add((state, off))
    assert seen >= {("working", False), ("down", False), ("down", True), ("off", True)}


def test_counters_are_the_parts_that_have_left(told, plant):
    directory, about = told
    seen = history(plant, until=5 * 3600.0).seen
    station = dict(
        pl.read_parquet(directory / "devices.parquet").select("device", "station").iter_rows()
    )
    for name, signal, step in (("robots", "parts", 1), ("meters", "energy", 0.25)):
        frame = messages(directory, name)
        t = seconds(frame, about)
        at = np.array([station[device] for device in frame["device"]])
        for one in np.unique(at):
            left = np.sort(seen.times("leave", one))
            here = at == one
            # within a ms of a departure the rounded time stamp does not say which came first
            apart = np.abs(
                left[np.clip(np.searchsorted(left, t[here]), 0, left.size - 1)] - t[here]
            )
            before = np.abs(left[np.clip(np.searchsorted(left, t[here]) - 1, 0, None)] - t[here])
            clear = np.minimum(apart, before) > 0.001
            expected = step * np.searchsorted(left, t[here], side="right")
            assert clear.mean() > 0.9
            np.testing.assert_array_equal(frame[signal].to_numpy()[here][clear], expected[clear])


def test_a_temperature_falls_after_the_shift_as_its_lag_says(told):
    directory, about = told
    frame = messages(directory, "ovens").filter(pl.col("device") == "ovens-3")  # at weld
    t = seconds(frame, about)
    after = t > 4.5 * 3600 + 5
    heat = frame["heat"].to_numpy()[after]
    above = (heat[0] - 20) * np.exp(-(t[after] - t[after][0]) / 480)
    np.testing.assert_allclose(heat, 20 + above, atol=0.6)
    assert heat[0] > 20 + 30  # there is something to fall


def test_a_lag_is_the_closed_form_of_the_first_order():
    states = np.array([3, 6])  # working, starved
    one = Track(np.array([0.0, 100.0]), states, np.zeros(2, int), np.array([False, True]))
    two = Track(np.array([0.0]), states[:1], np.zeros(1, int), np.array([False]))
    levels = np.array([0, 0, 0, 50.0, 0, 0, 0, 0])
    values = lagged(join([two, one]), levels, 40.0, 10.0)
    np.testing.assert_allclose(values, [10, 10, 50 - 40 * np.exp(-2.5)])


def test_rounded_readings_are_the_nearest_numbers_to_their_steps():
    values = np.random.default_rng(0).uniform(-50, 50, 1000).astype(np.float32)
    for resolution, digits in ((0.1, 1), (0.01, 2), (0.5, 1), (2.0, 0)):
        steps = rounded(values.copy(), resolution)
        assert np.all(np.abs(steps - values) <= resolution / 2 + 1e-5)
        assert steps.tolist() == [np.float32(round(float(x), digits)) for x in steps]


def test_wear_shows_before_the_failure_and_not_before_its_onset(told):
    directory, _ = told
    faults = pl.read_parquet(directory / "truth" / "faults.parquet")
    worn = faults.filter(pl.col("onset").is_not_null() & (pl.col("class") == "robots"))
    assert worn.height >= 2
    compared = 0
    for fault in worn.iter_rows(named=True):
        frame = messages(directory, "robots").filter(pl.col("device") == fault["device"])
        before = frame.filter(pl.col("time") < fault["onset"])["vibration"]
        length = fault["failed"] - fault["onset"]
        late = frame.filter(
            (pl.col("time") < fault["failed"]) & (pl.col("time") > fault["failed"] - length / 10)
        )["vibration"]
        if late.len() > 100:
            assert late.mean() > 3.9  # worn is 4.5, full health 1.4
            assert fault["onset"] < fault["failed"] < fault["repaired"]
            compared += 1
        if before.len() > 100 and before.max() < 2:
            assert abs(before.mean() - 1.4) < 0.05
    assert compared


def test_wear_is_what_the_health_of_the_device_lacks(plant):
    happened = happened_in(plan(plant, *SPAN))
    begin, end = happened.plan.begin, happened.plan.end
    (kind,) = (one for one in happened.plan.classes if one.name == "robots")
    wear = message_source(happened, kind, repairs_of(happened, kind)).wear
    rng = np.random.default_rng(0)
    worn = 0
    for index, device in enumerate(devices_of(happened, kind)):
        # repairs and work are where the lines bend, so moments next to them are asked, too
        repaired = happened.past.repairs(device).spans().ravel()
        times = np.sort(np.concatenate([rng.uniform(begin, end, 500), repaired + 1e-3]))
        times = times[(times > begin) & (times < end)]
        down = [
            np.any((r[0] <= t) & (t < r[1])) for t in times for r in [repaired.reshape(-1, 2).T]
        ]
        # a stretch for each moment
        points = Points(
            device=np.full(times.size, index),
            knots=np.arange(times.size),
            rows=np.ones(times.size, int),
            ticks=1000 * times,
            on_change=np.zeros(times.size, bool),
        )
        lost = wear.lost(points, np.array(down, bool))
        np.testing.assert_allclose(lost, 1 - health(happened.past, device, times), atol=1e-5)
        worn += np.count_nonzero((lost > 0) & (lost < 1))
    assert worn > 100


def test_a_device_that_is_down_reads_as_worn(told):
    directory, _ = told
    down = messages(directory, "robots").filter(pl.col("state") == "down")
    modes = pl.read_parquet(directory / "truth" / "faults.parquet")["mode"].unique().to_list()
    assert {"joint", "drive"} <= set(modes)
    assert down["vibration"].min() > 4.5 - 5 * 0.1


def test_every_change_of_state_is_told_at_once(told, plant):
    directory, about = told
    past = history(plant, until=6 * 3600.0)
    for name in ("robots", "meters"):
        frame = messages(directory, name).filter(pl.col("on_change"))
        t = seconds(frame, about)
        for device in (d for d in past.fleet.devices() if d.of.name == name):
            spans = device_spans(past, device, 3.5 * 3600, 4.75 * 3600)
            mine = (frame["device"] == device.name).to_numpy()
            # a device that is down loses its power with the end of the shift: told, too
            shown = frame["state"].cast(pl.String).to_numpy()[mine]
            before = np.append(DEVICE_STATES[spans.states[0]], shown[:-1])
            told_at = t[mine][shown != before]
            np.testing.assert_allclose(told_at, spans.edges[1:-1], rtol=0, atol=0.0006)


def test_a_fault_is_seen_with_the_next_message_of_its_device(told):
    directory, about = told
    faults = pl.read_parquet(directory / "truth" / "faults.parquet")
    assert faults.height > 0
    assert (faults["seen"] >= faults["failed"]).all()
    for fault in faults.iter_rows(named=True):
        frame = messages(directory, fault["class"]).filter(
            (pl.col("device") == fault["device"]) & (pl.col("time") >= fault["failed"])
        )
        began_before = fault["failed"] < datetime.fromisoformat(about["from"]["stamp"])
        if frame.height and not began_before:
            assert frame["time"][0] == fault["seen"]


# --- whatever is asked for, a message is the same


def test_a_span_in_two_pieces_is_the_span_in_one(plant, told, tmp_path):
    directory, about = told
    write(plant, tmp_path / "a", "09:30", "10:07")
    write(plant, tmp_path / "b", "10:07", "10:45")
    for name in about["classes"]:
        pieces = pl.concat([messages(tmp_path / part, name) for part in "ab"])
        assert ordered(pieces).equals(ordered(messages(directory, name)))


def in_parts(plant, name, span, **sizes):
    """Return the messages of a class in a span as one frame, cut by such sizes on the way."""
    happened = happened_in(plan(plant, *span, classes=[name]))
    (kind,) = happened.plan.classes
    one = message_source(happened, kind, repairs_of(happened, kind))
    with pytest.MonkeyPatch.context() as patch:
        for constant, size in sizes.items():
            patch.setattr(of_devices, constant, size)
        parts = list(of_devices.messages(one, happened.plan.begin, happened.plan.end))
    whole = pl.concat([pl.DataFrame(piece) for pieces in parts for piece in pieces])
    return len(parts), whole.sort("device", "time", maintain_order=True)


@pytest.mark.parametrize("name", ["robots", "meters"])
def test_a_span_in_a_hundred_parts_is_the_span_in_one(plant, name):
    one, whole = in_parts(plant, name, ("10:10", "10:40"))
    many, cut = in_parts(plant, name, ("10:10", "10:40"), SLAB=whole.height // 150, PORTION=7)
    assert (one, many > 100) == (1, True)
    assert whole["on_change"].sum() > 20
    assert cut.equals(whole)


def test_not_a_message_is_lost_or_sent_twice_where_parts_meet(plant):
    """Of a device that sends every ms, one message lies on every edge."""
    quick = loads(PLANT.replace("period: 5 s", "period: 1 ms"))
    many, cut = in_parts(quick, "ovens", ("10:20", "10:20:02"), SLAB=100)
    assert many > 50
    assert cut.height == 4 * 2000
    for _, one in cut.group_by("device"):
        assert np.all(np.diff(one["time"]) == 1)


def test_a_span_without_a_whole_ms_has_no_messages(plant, tmp_path):
    about = write(plant, tmp_path / "out", "15000.0002 s", "15000.0009 s")
    assert {about["files"][f"messages/{name}.parquet"]["rows"] for name in about["classes"]} == {0}
    for name in about["classes"]:
        path = tmp_path / "out" / "messages" / f"{name}.parquet"
        assert messages(tmp_path / "out", name).height == 0
        assert pd.read_parquet(path).empty
        assert duckdb.sql(f"select * from '{path}'").fetchall() == []


def test_neither_slabs_nor_other_classes_change_a_class(plant, told, tmp_path, monkeypatch):
    directory, _ = told
    monkeypatch.setattr(of_devices, "PORTION", 1000)
    write(plant, tmp_path / "one", *SPAN, classes=["meters"])
    assert messages(tmp_path / "one", "meters").equals(messages(directory, "meters"))
    write(plant, tmp_path / "weld", *SPAN, stations="weld")
    here = pl.read_parquet(tmp_path / "weld" / "devices.parquet")["device"].cast(pl.String)
    everything = messages(directory, "robots")
    assert messages(tmp_path / "weld", "robots").equals(
        everything.filter(pl.col("device").cast(pl.String).is_in(here.to_list()))
    )


def test_the_same_seed_gives_the_same_bytes_and_another_replication_others(plant, told, tmp_path):
    directory, _ = told
    write(plant, tmp_path / "again", *SPAN)
    for path in directory.rglob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(directory)).read_bytes()
    write(plant, tmp_path / "other", *SPAN, replication=1)
    both = [messages(place, "robots")["current"] for place in (directory, tmp_path / "other")]
    assert not both[0].equals(both[1])


# --- back to the states of the stations


def test_station_states_are_rebuilt_from_the_messages(told):
    directory, _ = told
    found = agreement(directory)
    assert found.share >= 0.999
    assert found.heard > 0.99
    assert set(found.stations) == {"press", "weld", "pack"}


def test_with_messages_lost_less_is_right(plant, tmp_path):
    few = PLANT.replace("count: 9", "count: 3").replace("devices: 19", "devices: 13")
    sparse = loads(
        few.replace(
            "servers: 2, cycle_time: {dist: lognormal, mean: 105 s",
            "cycle_time: {dist: lognormal, mean: 52 s",
        )
    )
    write(sparse, tmp_path / "out", *SPAN, classes=["robots"])
    shares = [
        agreement(tmp_path / "out", states_from(tmp_path / "out", keep=keep)).share
        for keep in (1.0, 0.5, 0.02)
    ]
    assert shares[0] >= 0.999 > shares[1] > shares[2]


def test_a_pipeline_without_changes_told_at_once_is_found_out(told):
    """What only comes with the period is late by half of it: the comparison must see that."""
    directory, _ = told
    right = states_from(directory)
    late = [
        type(one)(one.station, np.append(one.edges[:-1] + 10_000, one.edges[-1]), one.states)
        for one in right
    ]
    assert agreement(directory, right).share >= 0.999 > agreement(directory, late).share


def test_rebuilding_reads_no_truth(plant, tmp_path):
    write(plant, tmp_path / "out", "10:20", "10:40")
    before = states_from(tmp_path / "out")
    for path in (tmp_path / "out" / "truth").iterdir():
        path.unlink()
    after = states_from(tmp_path / "out")
    assert [one.states.tolist() for one in before] == [one.states.tolist() for one in after]
    assert {STATES_TOLD[state] for one in after for state in one.states} >= {"off", "working"}


def test_a_directory_without_telemetry_is_said_to_be(tmp_path):
    with pytest.raises(TelemetryError, match="holds no telemetry; write it with"):
        states_from(tmp_path)


CLASS = st.fixed_dictionaries(
    {
        "count": st.integers(2, 5),
        "period": st.sampled_from(["0.7 s", "9 s", "2 min"]),
        "jitter": st.sampled_from([0, 0.4, 1]),
        "criticality": st.sampled_from(["stops", "informs", "{slows: 1.5}"]),
        "mtbf": st.sampled_from(["20 min", "{dist: weibull, mean: 30 min, shape: 3}"]),
        "clock": st.sampled_from(["busy", "calendar"]),
    }
)


def small_plant(servers, classes, seed, off):
    """Return a scenario of one or two stations, and classes that fail often."""
    stations = [
        f"{{name: s{n}, servers: {many}, buffer: 1, cycle_time: {{dist: gamma, mean: {40 * many} s,"
        " cv: 0.4}}"
        for n, many in enumerate(servers)
    ]
    written = [
        f"c{n}: {{count: {one['count']}, attach: '*', period: {one['period']}, "
        f"jitter: {one['jitter']}, size: 100, criticality: {one['criticality']}, "
        f"failures: {{mtbf: {one['mtbf']}, mttr: 90 s, clock: "
        f"{'calendar' if 'slows' in one['criticality'] else one['clock']}}}, "
        "wear: {begins: 0.3}}"
        for n, one in enumerate(classes)
    ]
    text = (
        f"name: random\nhorizon: 2 h\nwarm_up: 0\nreplications: 1\nseed: {seed}\nstart: mon 06:00\n"
        f"shifts: [{{from: '06:00', to: '06:{off}'}}]\n"
        f"stations: [{', '.join(stations)}]\n"
        f"fleet: {{devices: {2 + sum(one['count'] for one in classes)}, classes: "
        # one that never fails at each station, so that somebody always knows
        f"{{watchers: {{count: 2, attach: '*', period: 2 s, size: 10}}, {', '.join(written)}}}}}\n"
    )
    return loads(text)


@costly(3)
@given(
    servers=st.lists(st.integers(1, 3), min_size=1, max_size=2),
    classes=st.lists(CLASS, min_size=1, max_size=2),
    seed=st.integers(0, 2**32),
    off=st.integers(35, 59),
)
def test_random_plants_are_rebuilt(tmp_path_factory, servers, classes, seed, off):
    out = tmp_path_factory.mktemp("random") / "out"
    scenario = small_plant(servers, classes, seed, off)
    write(scenario, out, "06:10", "07:00")
    found = agreement(out)
    assert found.share >= 0.999
    assert found.heard > 0.98
    for n in range(len(classes)):
        frame = messages(out, f"c{n}")
        off_shift = frame.filter(pl.col("state") == "off")
        assert off_shift.filter(pl.col("current") != 0).is_empty()
        for _, one in frame.group_by("device"):
            assert one["parts"].is_sorted()


test_random_plants_are_rebuilt_thoroughly = thoroughly(
    test_random_plants_are_rebuilt,
    given(
        servers=st.lists(st.integers(1, 3), min_size=1, max_size=2),
        classes=st.lists(CLASS, min_size=1, max_size=2),
        seed=st.integers(0, 2**32),
        off=st.integers(35, 59),
    ),
    examples=60,
)


# --- what goes wrong


@pytest.mark.parametrize(
    ("span", "options", "text"),
    [
        (("10:00", "09:00"), {}, "to: must be after from.*name the day: 'tue 09:00'"),
        (("mon 10:00", "mon 09:00"), {}, r"\(mon 10:00 and mon 09:00\)$"),
        (("10:00", "tue 10:00"), {}, "to: must lie within the horizon, which ends mon 18:00"),
        (("noon", "13:00"), {}, "from: .*write 10:00, 'tue 10:00', or the time since the start"),
        (SPAN, {"classes": ["robot"]}, 'there is no class "robot"; did you mean robots?'),
        (SPAN, {"stations": "wld"}, '"wld" matches no station; did you mean weld?'),
    ],
)
def test_what_does_not_exist_is_refused_with_what_to_write(plant, tmp_path, span, options, text):
    with pytest.raises(TelemetryError, match=text.replace("?", r"\?")):
        write(plant, tmp_path / "out", *span, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_without_fleet_and_a_signal_called_time_are_refused(tmp_path):
    bare = loads(PLANT.partition("fleet:")[0])
    with pytest.raises(TelemetryError, match="no `fleet:`; write classes of devices under it"):
        write(bare, tmp_path / "out", *SPAN)
    clash = loads(PLANT.replace("energy: {", "time: {"))
    with pytest.raises(TelemetryError, match=r"signals\.time: every message has a column time"):
        write(clash, tmp_path / "out", *SPAN)


def test_a_directory_that_holds_something_is_left_alone(plant, tmp_path):
    mine = tmp_path / "out" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(TelemetryError, match="is not empty; choose another, or empty it first"):
        write(plant, tmp_path / "out", *SPAN)
    with pytest.raises(TelemetryError, match="is a file; give a directory"):
        write(plant, mine, *SPAN)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("end", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_nothing_half_written_is_left(plant, tmp_path, monkeypatch, end):
    written = parquet.TableWriter.write

    def broken(self, columns):
        if "on_change" in columns:
            raise end
        written(self, columns)

    monkeypatch.setattr(parquet.TableWriter, "write", broken)
    with pytest.raises(end if isinstance(end, type) else OSError):
        write(plant, tmp_path / "deep" / "out", *SPAN)
    assert list((tmp_path / "deep").iterdir()) == []


def test_an_empty_directory_is_taken(plant, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write(plant, out, "10:20", "10:21")
    assert (out / "telemetry.json").exists()
    assert Path(tmp_path).stat().st_mode & 0o777 != 0


# --- the command


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT)
    return path


def called(*arguments):
    return CliRunner().invoke(app, ["telemetry", *map(str, arguments)])


def test_the_command_writes_and_checks(file, tmp_path):
    out = tmp_path / "out"
    answer = called(file, "--from", "10:20", "--to", "10:40", "--out", out, "--check")
    assert answer.exit_code == 0, answer.output
    assert "small plant · replication 0 · mon 10:20 to mon 10:40" in answer.stdout
    sizes = re.search(r"messages/robots\.parquet +([\d,]+) rows +([\d.]+) kB", answer.stdout)
    size = (out / "messages" / "robots.parquet").stat().st_size
    assert float(sizes[2]) == pytest.approx(size / 1000, abs=0.051)
    right = float(answer.stdout.rpartition("messages: ")[2].split()[0])
    assert right >= 99.9


def test_the_command_prints_the_description_and_nothing_else(file, tmp_path):
    out = tmp_path / "out"
    # robots stop their stations: without them nobody could tell why weld stands still
    span = ("--from", "10:20", "--to", "10:21", "--classes", "meters, robots")
    answer = called(file, *span, "--out", out, "--json", "--check")
    about = json.loads(answer.stdout)
    assert about["agreement"]["share"] >= 0.999
    del about["agreement"]
    assert about == json.loads((out / "telemetry.json").read_text())
    assert set(about["classes"]) == {"meters", "robots"}


def test_the_command_says_what_to_write_instead(file, tmp_path):
    answer = called(
        file, "--from", "10:20", "--to", "10:21", "--out", tmp_path / "o", "--classes", "meter"
    )
    assert answer.exit_code == 1
    assert 'there is no class "meter"; did you mean meters?' in answer.stderr
