"""What a sweep returns: its points, and which of them is best by each figure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.comparisons import with_the_best
from factory_sim.scenario.keys import subject
from factory_sim.study.phrases import phrase_record
from factory_sim.study.sweep.figures import FIGURES
from factory_sim.study.sweep.tables import point_record, points_table, samples_table

if TYPE_CHECKING:
    import pyarrow as pa

    from factory_sim.scenario.keys import Subject
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.sweep.point import Point


@dataclass(frozen=True)
class Best:
    """Which point is best by one figure, and which may be.

    Attributes:
        name: The figure, or the recovery.
        label: What a report calls it.
        point: The place of the best in the sample among the points of the sweep.
        equal: Places of all points with the same figure in every replication, it included.
        possible: Places of all that cannot be told apart from the truly best.
        compared: Places of the points that define the figure.
        confidence: That the truly best is among those possible.
    """

    name: str
    label: str
    point: int
    equal: tuple[int, ...]
    possible: tuple[int, ...]
    compared: tuple[int, ...]
    confidence: float


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
        """How many independent runs every point rests on."""
        return self.baseline.result.replications

    @property
    def interrupted(self) -> bool:
        """Stopped before the replications that were asked were done."""
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
        """Which point is best by each figure that differs, in the order of reports.

        Each holds at the confidence of the scenario for itself, whatever the number of
        points (multiple comparisons with the best). The shortest payback is the highest
        gain per capital, and is compared as such.
        """
        found = [self._best(f.name, f.label, f.better) for f in FIGURES if f.better]
        found += [
            self._best(name, label, "more")
            for name, label in (("payback", "payback"), ("break_even_volume", "break-even volume"))
        ]
        return tuple(best for best in found if best)

    def _best(self, name: str, label: str, better: str) -> Best | None:
        """Return the best point by a figure; None if fewer than two differ in it."""
        judged = {place: point.judged(name) for place, point in enumerate(self.points)}
        defined = {p: s for p, s in judged.items() if s is not None and np.isfinite(s).all()}
        if len(defined) < 2:
            return None
        samples = np.stack(list(defined.values()), axis=1)
        if (samples == samples[:, :1]).all():
            return None
        confidence = self.baseline.result.scenario.confidence
        answer = with_the_best(samples if better == "more" else -samples, confidence)
        equal = (samples == samples[:, [answer.leader]]).all(axis=0)
        compared = tuple(defined)
        return Best(
            name=name,
            label=label,
            point=compared[answer.leader],
            equal=tuple(compress(compared, equal)),
            possible=tuple(compress(compared, answer.possible)),
            compared=compared,
            confidence=confidence,
        )

    def to_arrow(self) -> pa.Table:
        """Return one row per point; see :func:`study.sweep.tables.points_table`."""
        return points_table(self.points, self.keys)

    def replications_table(self) -> pa.Table:
        """Return every figure of every point and replication, one row each."""
        return samples_table(self.points, [r for t in self.baseline.result.tiles for r in t])

    def record(self) -> dict[str, Any]:
        """Return the sweep as plain data for JSON; what is not defined or infinite is None."""
        result = self.baseline.result
        return {
            "scenario": result.scenario.name,
            "keys": list(self.keys),
            "varied": [asdict(about) for about in self.varied],
            "availability": self.availability,
            "replications": self.replications,
            "confidence": result.scenario.confidence,
            "seed": result.scenario.seed,
            "horizon": result.accounts.end,
            "warm_up": result.warm_up,
            "interrupted": self.interrupted,
            "baseline": point_record(self.baseline),
            "points": [point_record(point) for point in self.points],
            "best": [asdict(best) | {"point": self.points[best.point].label} for best in self.best],
            "notes": [phrase_record(note) for note in self.notes],
            "warnings": [phrase_record(warning) for warning in self.warnings],
        }
