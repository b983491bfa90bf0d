"""Division where there may be nothing to divide by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from factory_sim.line.arrays import Floats


def quotient(over: ArrayLike, under: ArrayLike) -> Floats:
    """Return ``over / under``, element by element; NaN where ``under`` is not above 0."""
    undefined = np.full(np.broadcast_shapes(np.shape(over), np.shape(under)), np.nan)
    result: Floats = np.divide(over, under, out=undefined, where=np.asarray(under) > 0)
    return result
