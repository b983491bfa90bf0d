"""Array types. Axes always come in the order replication, part, station in public arrays."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int16]


def sum_of_rows(values: Floats) -> Floats:
    """Return the sum over rows (n, R), (R,), to the bit the same whatever columns are beside.

    NumPy adds columns row by row where rows are in one piece in memory; else, and where
    there is but one column, it adds in pairs.
    """
    rows = np.ascontiguousarray(values) if values.shape[1] > 1 else np.repeat(values, 2, axis=1)
    total: Floats = rows.sum(axis=0)[: values.shape[1]]
    return total
