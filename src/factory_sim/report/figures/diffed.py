"""All figures of a diff, from its record: ``diff.json``, or ``Diff.record()``."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from factory_sim.report.changed_keys import of_two
from factory_sim.report.estimates import read_estimate, rescaled
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.figures.waterfall import Step, waterfall
from factory_sim.report.numbers import percent_text, places_of_part, plus_minus
from factory_sim.report.settings import called
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

KEYS = ("a", "b", "confidence", "replications", "changes", "differences")
"""What the record must have."""

STEPPED = "throughput"
"""The figure whose difference is drawn as steps from A to B."""

BESIDE = ("lead_time", "cost", "labour_hours_per_part", "wip")
"""Figures whose shares are drawn beside each other, of those that differ."""

MOST_BESIDE = 2

MOST = 20
"""Changes that have a bar; the others are added up."""

UNITS = {"s": (("h", 36000.0, 3600.0), ("min", 600.0, 60.0))}
"""Larger units, each with the amount from which on it is read, and its size."""


def figures(record: Record, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of a diff, and the figure.

    ``shares`` steps from the throughput of A to that of B, change by change; the bars add
    up to the difference. ``other_shares`` shows what the changes add to other figures.
    Nothing is drawn where nothing differs.

    Args:
        record: The diff as plain data.
        say: The texts of a language.
    """
    if not record["changes"]:
        return
    changes = [one for change in record["changes"] for one in change["keys"]]
    title = of_two(record["a"], record["b"], changes, say)
    confidence = percent_text(record["confidence"])
    if STEPPED in record["differences"]:
        lines = say("figure.shares", what=say(f"measure.{STEPPED}"), confidence=confidence)
        yield "shares", _steps(record, STEPPED, f"{title}\n{lines}", say)
    columns = [column for name in BESIDE for column in _column(record, name, say)][:MOST_BESIDE]
    if columns:
        shown = ranked(record)[:MOST]
        left = len(record["changes"]) - len(shown)
        more = say("figure.left_out", number=str(left)) if left else ""
        lines = say("figure.other_shares", confidence=confidence)
        yield (
            "other_shares",
            dots([called(one, say) for one in shown], columns, title=f"{title}\n{lines}{more}"),
        )


def ranked(record: Record) -> list[Record]:
    """Return the changes, those first that move the throughput most."""
    return sorted(record["changes"], key=_size)


def share(record: Record, change: Record, name: str) -> Estimate:
    """Return what a change adds to a figure."""
    return _estimate(record, name, change["shares"][name])


def side(record: Record, name: str, of: str) -> Estimate:
    """Return a figure of ``a`` or ``b``, or their ``difference``."""
    return _estimate(record, name, record["differences"][name][of])


def _size(change: Record) -> float:
    return -abs(float(change["shares"].get(STEPPED, {"mean": 0.0})["mean"]))


def _estimate(record: Record, name: str, entry: Record) -> Estimate:
    found = read_estimate(entry, "mean", record["confidence"], record["replications"])
    return replace(found, unit=record["differences"][name]["unit"])


def _steps(record: Record, name: str, title: str, say: Catalogue) -> Figure:
    """Return the steps from A to B; what is beyond the most is one step without interval."""
    changes = ranked(record)
    shown, rest = changes[:MOST], changes[MOST:]
    steps = [_step(called(one, say), share(record, one, name)) for one in shown]
    if rest:
        total = math.fsum(share(record, one, name).mean for one in rest)
        steps.append(Step(say("figure.others", number=str(len(rest))), total, math.nan))
    a, b = (_step(of.upper(), side(record, name, of)) for of in ("a", "b"))
    unit = say.unit(record["differences"][name]["unit"])
    return waterfall(a, steps, b, unit=unit, title=title, say=say)


def _step(label: str, estimate: Estimate) -> Step:
    return Step(label, estimate.mean, estimate.half_width)


def _column(record: Record, name: str, say: Catalogue) -> Sequence[Column]:
    """Return the shares of a figure, or nothing if it is not split or does not differ."""
    if name not in record["differences"]:
        return []
    found = [share(record, one, name) for one in ranked(record)[:MOST]]
    if all(estimate.mean == 0.0 for estimate in found):
        return []
    largest = max(abs(side(record, name, of).mean) for of in ("a", "b"))
    unit = found[0].unit
    size = 1.0
    for larger, least, its in UNITS.get(unit, ()):
        if largest >= least:
            unit, size = larger, its
            break
    scaled = [rescaled(estimate, size) for estimate in found]
    what = say(f"measure.{name}")
    finest = places_of_part(side(record, name, "difference"), size)
    texts = [plus_minus(e, signed=True, finest=finest) for e in scaled]
    return [Column(say.with_unit(what, say.unit(unit)), scaled, texts)]
