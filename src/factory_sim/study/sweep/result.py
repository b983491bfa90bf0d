"""What a sweep returns: its points, and which of them is best by each figure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from factory_sim.scenario.keys import subject
from factory_sim.study.phrases import phrase_record
from factory_sim.study.sweep.best import best_points, best_record, best_table
from factory_sim.study.sweep.tables import point_record, points_table, samples_table

if TYPE_CHECKING:
    import pyarrow as pa

    from factory_sim.scenario.keys import Subject
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.sweep.best import Best
    from factory_sim.study.sweep.point import Point


@dataclass(frozen=True)
class Sweep:
    """A scenario at many settings, all on the same draws.

    Attributes:
        keys: What was varied; ``automation`` for the level.
        points: In the order of the axes, the last running fastest.
        baseline: What the differences count from; it need not be one of the points.
        availability: The share that the fastest takt was searched for; None if it was
            not.
        notes: What was left out or done once, and why.
        seconds: Time it took.
    """

    keys: tuple[str, ...]
    points: tuple[Point, ...]
    baseline: Point
    availability: float | None
    notes: tuple[Phrase, ...]
    seconds: float

    @property
    def replications(self) -> int:
        """Number of independent runs of each point."""
        return self.baseline.result.replications

    @property
    def interrupted(self) -> bool:
        """Whether it stopped before all replications were done."""
        return self.baseline.result.interrupted

    @cached_property
    def varied(self) -> tuple[Subject, ...]:
        """What each key is about, in the order of the keys."""
        return tuple(subject(self.baseline.result.scenario, key) for key in self.keys)

    @cached_property
    def warnings(self) -> tuple[Phrase, ...]:
        """Doubts about the runs, each said once."""
        said = (doubt for p in (self.baseline, *self.points) for doubt in p.result.warnings)
        return tuple(dict.fromkeys(said))

    @cached_property
    def best(self) -> tuple[Best, ...]:
        """Which point is best by each figure; see :func:`study.sweep.best.best_points`."""
        return best_points(self.points, self.baseline.result.scenario.confidence)

    def to_arrow(self) -> pa.Table:
        """Return one row per point; see :func:`study.sweep.tables.points_table`."""
        return points_table(self.points, self.keys)

    def replications_table(self) -> pa.Table:
        """Return every figure of every point and replication, one row each."""
        return samples_table(self.points, [r for t in self.baseline.result.tiles for r in t])

    def best_table(self) -> pa.Table:
        """Return which points are or may be best; see :func:`study.sweep.best.best_table`."""
        return best_table(self.best, self.points)

    def record(self) -> dict[str, Any]:
        """Return the sweep as plain data for JSON; what is not defined or infinite is None."""
        result = self.baseline.result
        return {
            "scenario": result.scenario.name,
            "keys": list(self.keys),
            "varied": [asdict(about) for about in self.varied],
            "measure": plan.measure if (plan := result.scenario.automation) else None,
            "availability": self.availability,
            "replications": self.replications,
            "confidence": result.scenario.confidence,
            "seed": result.scenario.seed,
            "horizon": result.accounts.end,
            "warm_up": result.warm_up,
            "interrupted": self.interrupted,
            "baseline": point_record(self.baseline),
            "points": [point_record(point) for point in self.points],
            "best": [best_record(best, self.points) for best in self.best],
            "notes": [phrase_record(note) for note in self.notes],
            "warnings": [phrase_record(warning) for warning in self.warnings],
        }
