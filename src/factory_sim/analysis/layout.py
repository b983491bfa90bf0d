"""The columns of the replications of plants that are simulated side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from factory_sim.line.arrays import Ints

    Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True)
class Layout:
    """The columns of some plants: the replications of the first, then those of the second.

    Attributes:
        plants: L of them.
        replications: R of each.
    """

    plants: int
    replications: int

    @property
    def columns(self) -> int:
        """How many columns there are, L R."""
        return self.plants * self.replications

    def of(self, plant: int) -> slice:
        """Return the columns of one plant."""
        return slice(plant * self.replications, (plant + 1) * self.replications)

    def sample(self, most: int) -> Sample:
        """Return at most so many replications of each plant."""
        return Sample(self, min(most, self.replications))


@dataclass(frozen=True)
class Sample:
    """The first replications of each plant.

    Attributes:
        whole: All of them.
        replications: M of each plant, the columns of a layout of their own.
    """

    whole: Layout
    replications: int

    @property
    def layout(self) -> Layout:
        """Their layout among themselves."""
        return Layout(self.whole.plants, self.replications)

    @property
    def columns(self) -> slice | Ints:
        """Their indices among all columns."""
        if self.whole.plants == 1:
            return slice(0, self.replications)
        first = np.arange(self.whole.plants)[:, None] * self.whole.replications
        columns: Ints = (first + np.arange(self.replications)).ravel()
        return columns

    def position(self, column: Ints) -> Ints:
        """Return the index among these of some of all columns (n,); -1 for none."""
        plant, replication = np.divmod(column, self.whole.replications)
        position: Ints = plant * self.replications + replication
        return np.where(replication < self.replications, position, -1)

    def of(self, values: NDArray[Value]) -> NDArray[Value]:
        """Return their values out of those of all columns, (n, L R) to (n, L M)."""
        if self.whole.plants == 1:
            return values[:, : self.replications]
        by_plant = values.reshape(len(values), self.whole.plants, self.whole.replications)
        return by_plant[:, :, : self.replications].reshape(len(values), self.layout.columns)
