"""The critical path of a run: one chain of binding constraints from its end to its start.

The path starts at the last part that leaves the main line and goes from each event to
the constraint that bound it (``binding.py``). It never waits: where a part waited, the
path goes on in what it waited for. So every second from the first start to the last
departure belongs to one station or section and one cause, and the charges of a
replication sum to that time. A part taken off the line at the last station has left it:
off-line repair delays that part but not the line, and is not on the path.

A path bounds the effect of a change: remove a charge, and the rest is still a path, so the end
comes earlier by at most the seconds charged. (Where parts overtake each other, on parallel
servers or by rework, another part may become the k-th, and the bound holds to first order.)

Source: critical path method, Kelley & Walker (1959); paths of (max, +) recursions,
Baccelli, Cohen, Olsder & Quadrat (1992), Synchronization and Linearity, 2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.path.charges import charge
from factory_sim.analysis.path.contents import Contents
from factory_sim.analysis.path.ledger import CAUSES, ROUNDING, Ledger, Steps
from factory_sim.analysis.path.nodes import ORIGIN, UNEXPLAINED
from factory_sim.line.plant import Section
from factory_sim.scenario.durations import exact

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.analysis.path.nodes import Binding, Block, Nodes
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Plant

__all__ = ["CAUSES", "CriticalPath", "NoDeparture", "critical_path", "places"]

STRIDE = 64
"""Steps between checks of whether all paths have reached their start."""


class NoDeparture(ValueError):  # noqa: N818, it is named for what happened
    """Nothing left the main line in the window of a replication: there is no path."""


@dataclass(frozen=True)
class CriticalPath:
    """The critical paths of R replications, cut to the window [begin, end].

    P places are the stations in order and then the sections; F lines.

    Attributes:
        begin: Start of the window, s.
        end: End of the window, s.
        places: (P,) names.
        lines: (P,) index of the line each stands in.
        first: (R,) first start of a part anywhere, or the start of the window if that is
            later, s.
        last: (R,) last departure from the main line within the window, s.
        departures: (R,) parts that left the main line within the window.
        seconds: (R, P, C) charged to each place and each of ``CAUSES``; they sum to
            ``last - first``.
        parts: (R, F) how many parts back the path went while it was in a feeder; 0 for the
            main line.
        ordered: (R,) how many further parts back it goes, over orders that arrived when there
            was no work left.
        content: (R, P) work content on the path to the last departure, less that on the
            path to the last one before the window, s; so are the next three.
        processing: (R, P) all processing on it, s.
        repairs: (R, P) breakdowns on it, s.
        pace: (R, P) takt of sections on it, s.
        open: (R,) time on shift between these two departures, or from the first start, s.
        release: (R, P + F) what one more place in front of a station or section, or after
            a feeder, would release of the waits for a place on the path, one at a time, s.
    """

    begin: float
    end: float
    places: tuple[str, ...]
    lines: tuple[int, ...]
    first: Floats
    last: Floats
    departures: Floats
    seconds: Floats
    parts: Floats
    ordered: Floats
    content: Floats
    processing: Floats
    repairs: Floats
    pace: Floats
    open: Floats
    release: Floats

    @classmethod
    def merge(cls, parts: Sequence[CriticalPath]) -> CriticalPath:
        """Return the paths of all replications, in the order given."""
        common = ("begin", "end", "places", "lines")
        stacked: dict[str, Any] = {
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(cls)
            if f.name not in common
        }
        return replace(parts[0], **stacked)

    def of(self, place: str, cause: str) -> Floats:
        """Return the seconds charged to a place and a cause, (R,)."""
        charged: Floats = self.seconds[:, self.places.index(place), CAUSES.index(cause)]
        return charged


def places(plant: Plant) -> dict[str, int]:
    """Return every station and section with the index of its line, stations first."""
    lines = list(enumerate(plant.lines))
    found = {station.name: n for n, line in lines for station in line.stations()}
    return found | {
        stage.name: n for n, line in lines for stage in line.stages if isinstance(stage, Section)
    }


def critical_path(binding: Binding, begin: float, end: float) -> CriticalPath:
    """Return the critical path of every replication of a run.

    Args:
        binding: What bound each event; see ``binding.bind``.
        begin: Start of the window, s.
        end: End of the window, s; the run must reach it.

    Raises:
        NoDeparture: If in some replication no part leaves the main line in the window.
        AssertionError: If the records contradict each other: an event that no constraint
            explains, or a step whose charges are not its length.
    """
    plant = binding.trajectory.plant
    ahead, last = _exits(binding, end)
    earlier, since = _exits(binding, begin)
    replications = binding.trajectory.draws.replications
    if (ahead == earlier).any():
        which = replications[int(np.flatnonzero(ahead == earlier)[0])]
        raise NoDeparture(
            f"no part leaves the main line between {exact(begin)} and {exact(end)} in replication "
            f"{which}; set a longer `horizon` or a shorter `warm_up`"
        )
    start = _first_start(binding)
    whole = _Walk(binding, _exit_node(binding, ahead), start)
    ledger = whole.charged(begin)
    before = _Walk(binding, _exit_node(binding, earlier), start).charged(begin)
    effects = {
        name: getattr(ledger, name) - getattr(before, name)
        for name in ("content", "processing", "repairs", "pace")
    }
    took = last - np.where(earlier > 0, since, start)
    ledger.parts[:, 0] = 0.0
    where = places(plant)
    path = CriticalPath(
        begin=begin,
        end=end,
        places=tuple(where),
        lines=tuple(where.values()),
        first=np.maximum(start, begin),
        last=last,
        departures=(ahead - earlier).astype(float),
        seconds=ledger.seconds,
        parts=ledger.parts,
        ordered=np.where(ledger.ordered > 0, ledger.ordered - earlier, 0.0),
        release=ledger.release,
        open=took - (ledger.off - before.off),
        **effects,
    )
    _check_sum(path)
    return path


def _exits(binding: Binding, until: float) -> tuple[Ints, Floats]:
    """Return how many parts left the main line until a time, and when the last did, (R,)."""
    times = binding.exit.time[_filling(binding) :]
    count: Ints = np.count_nonzero(times <= until, axis=0)
    padded = np.concatenate([np.zeros((1, times.shape[1])), times])
    return count, padded[count, np.arange(times.shape[1])]


def _exit_node(binding: Binding, count: Ints) -> Nodes:
    """Return the node of the last of so many departures, ``ORIGIN`` if there is none, (R,)."""
    node = binding.exit.base + _filling(binding) + count - 1
    return np.where(count > 0, node, ORIGIN).astype(np.int32)


def _filling(binding: Binding) -> int:
    """Return how often the last stage moves before its first part leaves."""
    stage = binding.trajectory.plant.main.stages[-1]
    return len(stage.stations) if isinstance(stage, Section) else 0


def _first_start(binding: Binding) -> Floats:
    """Return when the first part starts anywhere, (R,), s."""
    trajectory = binding.trajectory
    starts = [v.start[0] for v in trajectory.visits.values() if len(v.start)]
    first: Floats = np.min(starts, axis=0)
    return first


class _Walk:
    """The path back from given nodes, (L, R): nodes and times, the first start last."""

    def __init__(self, binding: Binding, start: Nodes, first: Floats) -> None:
        self._binding, self._first = binding, first
        self._nodes = _chased(binding, start)
        self._time = np.broadcast_to(first, self._nodes.shape).copy()
        for block, step in self._by_block():
            row = self._nodes.ravel()[step] - block.base
            column = step % self._nodes.shape[1]
            self._time.ravel()[step] = block.time[row, column]

    def charged(self, begin: float) -> Ledger:
        """Return what the path charges, the charges of [begin, ...] alone."""
        trajectory, columns = self._binding.trajectory, self._nodes.shape[1]
        ledger = Ledger(trajectory.plant, columns, begin)
        contents = Contents(trajectory)
        for block, step in self._by_block():
            column = step % columns
            steps = Steps(
                block=block,
                row=self._nodes.ravel()[step].astype(np.int64) - block.base,
                column=column,
                time=self._time.ravel()[step],
                # The row below is the node before; there is always one, ORIGIN at last.
                before=self._nodes.ravel()[step + columns],
                since=self._time.ravel()[step + columns],
            )
            ledger.begin(steps)
            charge(self._binding, steps, ledger, contents, self._first)
            _check_steps(self._binding, steps, ledger.charged)
        return ledger

    def _by_block(self) -> Iterator[tuple[Block, Ints]]:
        """Yield the blocks that paths pass and which steps, as indices into (L, R)."""
        flat = self._nodes.ravel()
        alive = np.flatnonzero(flat >= 0)
        blocks = self._binding.blocks
        number = np.searchsorted([b.base for b in blocks], flat[alive], side="right") - 1
        order = np.argsort(number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(len(blocks) + 1))
        for index, block in enumerate(blocks):
            some = alive[order[bounds[index] : bounds[index + 1]]]
            if some.size:
                yield block, some


def _chased(binding: Binding, start: Nodes) -> Nodes:
    """Return the nodes from given ones back to the origin, (L, R)."""
    before, columns = binding.before, np.arange(len(start))
    rows = [start]
    while (rows[-1] >= 0).any():
        for _ in range(STRIDE):
            rows.append(before[rows[-1], columns])
        assert len(rows) < len(before) + 2 * STRIDE, "the path runs in a circle"
    nodes = np.stack([*rows, np.full_like(start, ORIGIN)])
    if (nodes == UNEXPLAINED).any():
        step, column = (int(x[0]) for x in np.nonzero(nodes == UNEXPLAINED))
        where = _named(binding, int(nodes[step - 1, column]), column)
        raise AssertionError(f"the records do not say what bound {where}")
    return nodes


def _named(binding: Binding, node: int, column: int) -> str:
    """Return a node in words."""
    block = next(b for b in reversed(binding.blocks) if b.base <= node)
    time = block.time[node - block.base, column]
    replication = binding.trajectory.draws.replications[column]
    return f"{block.kind} {node - block.base} at {block.name} (replication {replication}, {time} s)"


def _check_steps(binding: Binding, steps: Steps, charged: Floats) -> None:
    """Check that the charges of each step are the time it takes."""
    off = np.abs(charged - (steps.time - steps.since))
    if (off > ROUNDING * np.maximum(steps.time, 1.0)).any():
        worst = int(off.argmax())
        node = int(steps.row[worst]) + steps.block.base
        where = _named(binding, node, int(steps.column[worst]))
        raise AssertionError(
            f"the records do not add up at {where}: {off[worst]:.3g} s are missing"
        )


def _check_sum(path: CriticalPath) -> None:
    """Check that the charges of each replication are the time from first to last."""
    off = np.abs(path.seconds.sum(axis=(1, 2)) - (path.last - path.first))
    assert (off <= ROUNDING * path.last).all(), f"{off.max()} s are charged to nobody or twice"
