"""A digital base as Arrow tables: every stage and class over time, the laws of detection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from factory_sim.fleet.base.result import BaseResult


def base_tables(result: BaseResult) -> dict[str, pa.Table]:
    """Return all tables of a digital base, by the names of their files without the ending."""
    return {"stages": stages(result), "classes": classes(result), "detection": detection(result)}


def stages(result: BaseResult) -> pa.Table:
    """Return the figures of every step and stage; ``begin`` and ``end`` in s of the window."""
    import pyarrow as pa

    tables = []
    for stage in result.stages:
        course = vars(stage.course)
        tables.append(pa.table(_steps(result, "stage", stage.name) | _columns(course)))
    return pa.concat_tables(tables)


def classes(result: BaseResult) -> pa.Table:
    """Return the age of information of every step and class, s."""
    import pyarrow as pa

    tables = []
    for each in result.classes:
        course = {f"age_{key}": values for key, values in vars(each.course).items()}
        course["latency_p99"] = course.pop("age_latency_p99")
        course["fresh"] = course.pop("age_fresh")
        tables.append(pa.table(_steps(result, "class", each.name) | _columns(course)))
    return pa.concat_tables(tables)


def detection(result: BaseResult) -> pa.Table:
    """Return the delay until the twin sees a failure: one row per class, piece and share."""
    import pyarrow as pa

    from factory_sim.fleet.base.detection import SHARES

    tables = []
    for name, law in result.detection.items():
        pieces, points = law.delays.shape
        ends = np.append(law.begins[1:], law.end)
        columns = {
            "class": pa.array([name] * (pieces * points)).dictionary_encode(),
            "begin": np.repeat(law.begins, points),
            "end": np.repeat(ends, points),
            "phase": pa.array(np.repeat(law.phases, points).tolist()).dictionary_encode(),
            "share": np.tile(SHARES, pieces),
            "delay": pa.array(law.delays.ravel(), from_pandas=True),
        }
        tables.append(pa.table(columns))
    return pa.concat_tables(tables).unify_dictionaries()


def _steps(result: BaseResult, key: str, name: str) -> dict[str, object]:
    return {
        key: [name] * len(result.phases),
        "begin": result.steps[:-1],
        "end": result.steps[1:],
        "phase": list(result.phases),
    }


def _columns(course: dict[str, object]) -> dict[str, object]:
    """Return columns in which what is not a number is null."""
    import pyarrow as pa

    return {key: pa.array(values, from_pandas=True) for key, values in course.items()}
