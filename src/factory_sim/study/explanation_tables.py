"""The replications of an explanation as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.path import CAUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from factory_sim.analysis.path.critical_path import CriticalPath
    from factory_sim.analysis.sensitivity import Price


def path_table(path: CriticalPath, lines: Sequence[str], replications: Sequence[int]) -> pa.Table:
    """Return what each path is charged to; see ``Explanation.path_table``.

    Args:
        path: The critical paths.
        lines: Names of the lines of the plant.
        replications: (R,) their numbers.
    """
    import pyarrow as pa

    r, place, cause = np.nonzero(path.seconds)
    places, causes = np.array(path.places), np.array(CAUSES)
    of_place = np.array(lines)[list(path.lines)]
    texts = {"place": places[place], "line": of_place[place], "cause": causes[cause]}
    return pa.table(
        {"replication": np.array(replications)[r]}
        | {name: pa.array(column).dictionary_encode() for name, column in texts.items()}
        | {"seconds": path.seconds[r, place, cause]}
    )


def prices_table(
    labels: Sequence[str], prices: Sequence[Price], replications: Sequence[int]
) -> pa.Table:
    """Return what each change is worth; see ``Explanation.prices_table``.

    Args:
        labels: The changes in words.
        prices: The changes.
        replications: (R,) the numbers of the replications.
    """
    import pyarrow as pa

    runs = len(replications)
    texts: dict[str, list[str]] = {
        "label": list(labels),
        "kind": [price.kind for price in prices],
        "place": [price.place for price in prices],
        "claim": [price.claim for price in prices],
    }
    samples = [price.samples for price in prices]
    columns = {
        name: pa.array(
            [text for text in column for _ in range(runs)], pa.string()
        ).dictionary_encode()
        for name, column in texts.items()
    }
    columns["amount"] = pa.array(np.repeat([price.amount for price in prices], runs))
    columns["replication"] = pa.array(np.tile(np.asarray(replications, np.int64), len(prices)))
    columns["gain"] = pa.array(np.concatenate([np.empty(0), *samples]))
    return pa.table(columns)
