"""The difference of two scenarios, split over their changes: what a diff has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.records import defined, estimate_record
from factory_sim.study.changes import change_record
from factory_sim.study.phrases import phrase, phrase_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.statistics import Estimate, Paired
    from factory_sim.study.grouping import Group
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.result import Comparison


@dataclass(frozen=True)
class Share:
    """What a group of changes adds to a figure.

    Attributes:
        estimate: The mean over replications. Its half-width holds the spread over
            replications and, if orders were sampled, that over orders.
        sampling: The part of the half-width that is due to sampled orders; 0 if none were.
    """

    estimate: Estimate
    sampling: float


@dataclass(frozen=True)
class Split:
    """A figure of two scenarios, and its difference split over the changes.

    Attributes:
        label: What a report calls it.
        unit: Of all its values; empty for a share.
        pair: The figure of A and of B, and B - A.
        shares: What each group of changes adds; they add up to B - A.
    """

    label: str
    unit: str
    pair: Paired
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Diff:
    """Two scenarios and what each change adds to the figures of the first.

    Attributes:
        comparison: The two.
        groups: The changes, grouped.
        splits: Every figure that all plants in between define, by its name.
        orders: Orders of the changes that were sampled; 0 if all sets were simulated.
        simulated: Different plants that were simulated.
    """

    comparison: Comparison
    groups: tuple[Group, ...]
    splits: Mapping[str, Split]
    orders: int
    simulated: int

    @property
    def replications(self) -> int:
        """Number of independent runs of each plant."""
        return self.comparison.replications

    @property
    def interrupted(self) -> bool:
        """Whether it stopped before all replications were done."""
        return self.comparison.interrupted

    @property
    def method(self) -> Phrase:
        """How the difference was split, as a clause."""
        if self.orders:
            return phrase("method.sampled", orders=self.orders, plants=self.simulated)
        return phrase("method.exact", plants=self.simulated)

    @property
    def notes(self) -> tuple[Phrase, ...]:
        """What was counted together and why, and what intervals hold."""
        found = [group.joined for group in self.groups if group.joined]
        if self.orders:
            found.append(phrase("note.sampled_orders"))
        return tuple(found)

    @property
    def warnings(self) -> tuple[Phrase, ...]:
        """Doubts about the two scenarios, each said once."""
        return tuple(dict.fromkeys((*self.comparison.a.warnings, *self.comparison.b.warnings)))

    def record(self) -> dict[str, Any]:
        """Return the split as plain data for JSON, with both sides of each figure."""
        return {
            "a": self.comparison.a.scenario.name,
            "b": self.comparison.b.scenario.name,
            "replications": self.replications,
            "confidence": self.comparison.a.scenario.confidence,
            "interrupted": self.interrupted,
            "method": phrase_record(self.method),
            "orders": self.orders,
            "simulated": self.simulated,
            "changes": [
                {
                    "label": group.label,
                    "about": [asdict(about) for about in group.about],
                    "keys": [change_record(change) for change in group.changes],
                    "shares": {
                        name: _share_record(split.shares[number])
                        for name, split in self.splits.items()
                    },
                }
                for number, group in enumerate(self.groups)
            ],
            "differences": {
                name: {
                    side: estimate_record(estimate)
                    for side, estimate in (
                        ("a", split.pair.a),
                        ("b", split.pair.b),
                        ("difference", split.pair.difference),
                    )
                }
                | {"unit": split.unit}
                for name, split in self.splits.items()
            },
            "notes": [phrase_record(note) for note in self.notes],
            "warnings": [phrase_record(warning) for warning in self.warnings],
        }


def _share_record(share: Share) -> dict[str, Any]:
    return estimate_record(share.estimate) | {"sampling": defined(share.sampling)}
