"""When devices send, the same wherever it is asked; and what their sensors add."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from factory_sim import loads
from factory_sim.fleet import sending
from factory_sim.fleet.base.messages import senders
from factory_sim.fleet.base.plan import plan as base_plan
from factory_sim.fleet.base.run import message_classes
from factory_sim.fleet.base.times import SECOND
from factory_sim.fleet.sending import Pattern
from factory_sim.fleet.telemetry import write
from factory_sim.fleet.telemetry.noise import mixed, noise_of, normal_quantiles
from factory_sim.fleet.telemetry.points import Points


@pytest.mark.parametrize(
    ("count", "period", "drawn"), [(7, 2.0, 0), (7, 2.0, 5), (3, 5000.0, 0), (1, 0.5, 40)]
)
def test_each_device_sends_once_a_period_whatever_is_asked(count, period, drawn, monkeypatch):
    monkeypatch.setattr(sending, "MESSAGES", 64)
    pattern = Pattern("a", count, period, 0.3, seed=5, begin=1.7 * period, drawn=drawn)
    devices = np.arange(count)
    whole = pattern.ticks(pattern.turns(0.0, 20 * period), devices)
    gaps = np.diff(whole) / (1000 * period)
    assert np.all(np.abs(gaps - 1) <= 0.3 + 1e-3)
    assert gaps.std() > 0.05
    # the same moments by parts, in any order, and device by device
    for part in np.random.default_rng(0).permutation(20):
        span = part * period, (part + 1) * period
        ticks = pattern.ticks(pattern.turns(*span), devices)
        for row, here in zip(whole, ticks, strict=True):
            asked = [t[(t >= 1000 * span[0]) & (t < 1000 * span[1])].tolist() for t in (row, here)]
            assert asked[0] == asked[1]
    for device in devices:
        for moment in (0.0, 3.3 * period, 11 * period):
            later = whole[device][whole[device] >= 1000 * moment]
            assert pattern.first_from(moment, device) == later[0] / 1000


CONNECTED = """
name: connected line
horizon: 20 h
warm_up: 0
replications: 1
start: "06:00"
stations: [{name: press, cycle_time: 52 s}, {name: weld, cycle_time: 50 s}]
fleet:
  devices: 60
  classes:
    robots: {count: 40, attach: press, period: 0.7 s, jitter: 20 %, size: 600}
    meters: {count: 20, attach: weld, period: 3.1 s, jitter: 100 %, size: 150}
digital_base:
  uplinks: {radio: {latency: 2 ms}}
  gateways: {count: 2, service: 1 ms}
  broker: {partitions: 2, service: 0.2 ms}
  services: [{name: twin, replicas: 4, service: 5 ms}]
  window: {from: "10:00", for: 20 s, warm_up: 2.5 s}
"""


def between(begin, end, rows):
    """Return device and time, (2, n), of what lies between two moments, ordered by them."""
    inside = rows[:, (rows[1] > begin) & (rows[1] < end)]
    return inside[:, np.lexsort(inside[::-1])]


def test_a_message_is_sent_at_the_same_moment_as_in_the_digital_base(tmp_path):
    scenario = loads(CONNECTED)
    write(scenario, tmp_path / "out", "09:59:30", "10:01")
    run = base_plan(scenario.digital_base, message_classes(scenario), scenario.seed)
    first = 0
    for sender, each in zip(senders(run, {}), run.classes, strict=True):
        sent = sender.take(run.end)
        in_base = np.stack([sent.device - first, sent.created / SECOND])
        first += each.count
        file = tmp_path / "out" / "messages" / f"{each.name}.parquet"
        told = pl.read_parquet(file).filter(~pl.col("on_change"))
        numbers = [int(name.rpartition("-")[2]) - 1 for name in told["device"]]
        here = np.stack([numbers, (told["time"] - datetime(2024, 1, 1, 10)) / timedelta(seconds=1)])
        # at the edges one has messages that the other has not
        inner = run.begin / SECOND + 2 * each.period, run.end / SECOND - 2 * each.period
        in_base, here = (between(*inner, told) for told in (in_base, here))
        assert here.shape[1] > 5 * each.count
        np.testing.assert_allclose(here, in_base, rtol=0, atol=0.0005 + 1e-8)


def test_noise_is_drawn_from_splitmix_as_published():
    """The first numbers from 1234567 of Vigna's splitmix64.c, as Rosetta Code lists them."""
    numbers = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    found = mixed(np.full(5, 1234567, np.uint64), np.arange(1, 6, dtype=np.uint64))
    assert found.tolist() == [number >> 48 for number in numbers]


def noise(name, replication, devices, moments):
    """Return noise of devices at moments, (devices, moments), by period and on change."""
    pattern = Pattern("a", devices, 1.0, 0.0, seed=3)
    number = np.arange(devices)
    ticks = np.tile(moments, devices)
    for on_change in (False, True):
        points = Points(
            device=number,
            knots=number,
            rows=np.full(devices, moments.size),
            ticks=ticks,
            on_change=np.full(ticks.size, on_change),
        )
        yield noise_of(pattern, name, replication)(points).reshape(devices, moments.size)


def test_noise_is_normal_and_independent_of_all_other_noise():
    moments = 1e8 + 500.0 * np.arange(2000)
    drawn, on_change = noise("current", 0, 30, moments)
    other, _ = noise("vibration", 0, 30, moments)
    again, _ = noise("current", 1, 30, moments)
    sharp = 4 / np.sqrt(drawn.size)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-3
    assert abs(drawn.std() - 1) < sharp
    pairs = {
        "on change": (drawn, on_change),
        "another signal": (drawn, other),
        "another replication": (drawn, again),
        "the next moment": (drawn[:, 1:], drawn[:, :-1]),
        "the next device": (drawn[1:], drawn[:-1]),
    }
    for name, (one, two) in pairs.items():
        for power in (1, 2):
            found = np.corrcoef((one**power).ravel(), (two**power).ravel())[0, 1]
            assert abs(found) < sharp, name
    # The same moments in another order, and some of them alone, have the same noise.
    assert np.array_equal(next(noise("current", 0, 30, moments[::-3])), drawn[:, ::-3])


def test_without_the_hash_noise_would_be_found_out():
    places = (np.uint64(2 * 500) * np.arange(60_000, dtype=np.uint64)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    drawn = normal_quantiles().take((places >> np.uint64(48)).astype(np.int64))
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) > 4 / np.sqrt(drawn.size)
