"""The health of a device over time: 1 when new, 0 when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.lives import Lives, grown

if TYPE_CHECKING:
    from factory_sim.analysis.trace import Observation
    from factory_sim.fleet.history import History
    from factory_sim.line.arrays import Floats
    from factory_sim.line.devices import Device
    from factory_sim.line.failures import Failure
    from factory_sim.scenario.fleet import Wear


def health(past: History, device: Device, times: Floats) -> Floats:
    """Return the health of a device at some moments, (n,), in [0, 1].

    Of a life that will last L on the clock of the failure, with a share a / L of it consumed,
    the health is

        1 - max(0, (a / L - begins) / (1 - begins)) ^ exponent

    by the ``wear`` of its class; the worst of its failure modes counts. It is 0 while the
    device is down, and 1 otherwise where the class does not wear.

    Args:
        past: One replication.
        device: Which device.
        times: (n,) moments, s, within what was simulated.
    """
    wear = device.of.written.wear
    worst = np.ones(times.shape)
    repaired = past.repairs(device)
    if wear is not None:
        for number, mode in enumerate(device.modes()):
            mine = repaired.mode == number
            share = gone_by(past, device, mode, repaired.begin[mine], repaired.end[mine], times)
            worst = np.minimum(worst, _left(wear, share))
    for begin, end in repaired.spans():
        worst[(times >= begin) & (times < end)] = 0.0
    return worst


def _left(wear: Wear, share: Floats) -> Floats:
    """Return the health when a share of the life is consumed."""
    if wear.begins >= 1.0:
        return np.ones(share.shape)
    visible = np.clip((share - wear.begins) / (1.0 - wear.begins), 0.0, 1.0)
    left: Floats = 1.0 - visible**wear.exponent
    return left


def gone_by(
    past: History,
    device: Device,
    mode: Failure,
    begins: Floats,
    ends: Floats,
    times: Floats,
    clock: tuple[Floats, Floats] | None = None,
) -> Floats:
    """Return the share of the life of a mode that is consumed at some moments, (n,).

    Between repairs and, on the busy clock, the knots of :func:`ageing` it is a straight line.

    Args:
        past: One replication.
        device: Which device.
        mode: One of its failure modes.
        begins: (k,) when it failed, s.
        ends: (k,) when it was repaired, s.
        times: (n,) moments, s.
        clock: The result of :func:`ageing` for its station, if it is known already.
    """
    clock = clock or ageing(past.seen, device.station)
    lives = Lives(device.station, mode, past.draws)
    age = np.zeros(len(begins) + 1)
    up = lives.next(age.size)[:, 0]
    age[0] = lives.age[0]
    if mode.minimal:
        age[1:] = age[0] + np.cumsum(up[:-1])
    now = _age(mode, clock, times)
    since = np.append(0.0, _age(mode, clock, ends))
    if mode.growth is not None:
        up = up * grown(mode.growth, since)
    life = ends.searchsorted(times, side="right")
    share: Floats = (age[life] + now - since[life]) / (age[life] + up[life])
    return share


def _age(mode: Failure, clock: tuple[Floats, Floats], times: Floats) -> Floats:
    """Return the reading of the clock of a failure at some moments, (n,), s."""
    if mode.clock == "calendar":
        return times
    age: Floats = np.interp(times, *clock)
    return age


def ageing(seen: Observation, station: str) -> tuple[Floats, Floats]:
    """Return how the busy clock of a station runs: moments, s, and the work done by then, s.

    It runs evenly over each part, and stands still between parts; where parts overlap on
    several servers, in order of start.
    """
    ready, finish, work = (seen.times(what, station) for what in ("ready", "finish", "work"))
    done = np.cumsum(work)
    knots = np.stack([ready, np.minimum(finish, seen.until)], axis=1).ravel()
    values = np.stack([done - work, done], axis=1).ravel()
    known = np.isfinite(knots)
    return (
        np.append(0.0, np.maximum.accumulate(knots[known])),
        np.append(0.0, values[known]),
    )
