"""Every event of some replications as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.trace import trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from factory_sim.study.result import Result

NAMES = ("station", "model")
TIMES = ("start", "ready", "finish", "leave")
TRACED = ("part", *NAMES, "server", *TIMES)


def trace_table(result: Result, replications: Sequence[int]) -> pa.Table:
    """Return every visit of a part to a station in some replications, one row each.

    The columns: ``replication``, ``part`` (order number in its line), ``station``,
    ``model``, ``server``, and ``start``, ``ready``, ``finish``, ``leave`` in s, null for
    what had not happened at the end of the horizon. The warm-up is in it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = []
    for replication in replications:
        visits = trace(
            result.plant,
            result.scenario.seed,
            replication,
            result.accounts.end,
            result.choice.engine,
        )
        number = np.full(visits["part"].size, replication)
        columns = {"replication": number} | {name: visits[name] for name in TRACED}
        columns |= {name: pa.array(visits[name]).dictionary_encode() for name in NAMES}
        for name in TIMES:
            times = pa.array(visits[name])
            columns[name] = pc.if_else(pc.is_finite(times), times, None)
        tables.append(pa.table(columns))
    return pa.concat_tables(tables).unify_dictionaries()
