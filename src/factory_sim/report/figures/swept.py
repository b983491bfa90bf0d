"""All figures of a sweep, from what its record tells: ``sweep.json``, or ``Sweep.record()``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.economics import Recovery
from factory_sim.report.estimates import read_estimate, rescaled
from factory_sim.report.figures.automation import automation
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.figures.effects import Panel, Recoveries, effects
from factory_sim.report.figures.family import MOST, Family, family
from factory_sim.report.figures.scattered import scattered
from factory_sim.report.figures.settings_axis import along, axis_of
from factory_sim.report.numbers import percent_text, plus_minus, thousands
from factory_sim.report.settings import names, values, varied
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

KEYS = ("scenario", "keys", "availability", "replications", "confidence", "baseline", "points")
"""What the record must have."""

PANELS = (
    "fastest_takt",
    "labour",
    "cost",
    "payback",
    "gain",
    "lead_time",
    "held",
    "first_time_through",
    "energy",
)
"""What is drawn beside the output, the most asked for first."""

MOST_PANELS = 6

MOST_ROWS = 40
"""Points in a figure that ranks them."""


def figures(record: Record, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of a sweep, and the figure.

    What was varied alone and is a number is an axis: ``output`` shows the output against
    it, ``effects`` what else changes. A grid of two keys has a line for each value of one:
    ``family``; other points that differ in several numbers are scattered along each:
    ``scatter``. Points of anything but one number are ranked: ``ranking``.

    Args:
        record: The sweep as plain data.
        say: The texts of a language.
    """
    points, axis = record["points"], along(record, say)
    name = output(record)
    if axis is None:
        if found := _family(record, name, say):
            yield "family", found
        elif found := _scatter(record, name, say):
            yield "scatter", found
        yield "ranking", _ranking(record, name, say)
        return
    order = sorted(range(len(points)), key=lambda place: axis.values[place])
    levels, points = [axis.values[place] for place in order], [points[place] for place in order]
    yield (
        "output",
        automation(
            levels,
            _estimates(record, points, name),
            _estimates(record, points, name, "difference"),
            what=say(f"measure.{name}"),
            level_label=axis.label,
            shares=axis.shares,
            title=_title(record, say),
            say=say,
        ),
    )
    panels = [*_panels(record, points, say)][:MOST_PANELS]
    if panels:
        yield (
            "effects",
            effects(
                levels,
                panels,
                level_label=axis.label,
                shares=axis.shares,
                title=f"{_title(record, say)}\n{_said('effects', record, say)}",
                say=say,
            ),
        )


def _family(record: Record, name: str, say: Catalogue) -> Figure | None:
    """Return what two keys do together; None if they are not two, or make no grid to draw."""
    keys, points = record["keys"], record["points"]
    axes = {key: found for key in keys if (found := axis_of(record, key, say))}
    if len(keys) != 2 or not axes:
        return None
    along_key = max(axes, key=lambda key: len(set(axes[key].values)))
    (other,) = (key for key in varied(record, say) if key.key != along_key)
    axis = axes[along_key]
    levels = sorted(set(axis.values))
    others = list(dict.fromkeys(map(other.value, points)))
    at = {
        (other.value(point), level): point for point, level in zip(points, axis.values, strict=True)
    }
    if len(others) > MOST or len(levels) < 2 or len(at) < len(levels) * len(others):
        return None
    families = []
    other_figure = "cost" if "cost" in points[0]["figures"] else "lead_time"
    for one, of in ((name, "mean"), (name, "difference"), (other_figure, "mean")):
        lines = [_estimates(record, [at[text, x] for x in levels], one, of) for text in others]
        unit, size = _unit([estimate for line in lines for estimate in line])
        what = say("figure.to_baseline" if of == "difference" else f"measure.{one}")
        label = say.with_unit(what, say.unit(unit))
        families.append(Family(label, [[rescaled(e, size) for e in line] for line in lines]))
    return family(
        levels,
        others,
        families,
        level_label=axis.label,
        others_label=other.head(say),
        shares=axis.shares,
        title=f"{_title(record, say)}\n{_said('family', record, say)}",
    )


def _scatter(record: Record, name: str, say: Catalogue) -> Figure | None:
    """Return where the points stand along each number they differ in; None of fewer than two."""
    axes = [axis for key in record["keys"] if (axis := axis_of(record, key, say))]
    axes = [axis for axis in axes if len(set(axis.values)) > 1]
    if len(axes) < 2:
        return None
    differences = _estimates(record, record["points"], name, "difference")
    unit, size = _unit(differences)
    what = say("table.difference_of", what=say(f"measure.{name}"))
    return scattered(
        axes[:MOST_PANELS],
        [rescaled(estimate, size) for estimate in differences],
        label=say.with_unit(what, say.unit(unit)),
        title=f"{_title(record, say)}\n{_said('scatter', record, say)}",
    )


def output(record: Record) -> str:
    """Return the figure that says what points make: at the fastest takt, on shift, or plainly."""
    defined = record["baseline"]["figures"]
    if "output" in defined:
        return "output"
    plain, on_shift = (
        [point["figures"][name]["mean"] for point in (record["baseline"], *record["points"])]
        for name in ("throughput", "jph")
    )
    same = all(
        a is not None and b is not None and math.isclose(a, b)
        for a, b in zip(plain, on_shift, strict=True)
    )
    return "throughput" if same or None in on_shift else "jph"


def _panels(
    record: Record, points: Sequence[Record], say: Catalogue
) -> Iterator[Panel | Recoveries]:
    """Yield what differs between the points."""
    for name in PANELS:
        if name == "payback":
            recoveries = [
                point["recoveries"][name] for point in points if name in point["recoveries"]
            ]
            if any(found["value"] != 0.0 for found in recoveries):  # None is never
                found = [_recovery(point, name, record["confidence"]) for point in points]
                label = say.with_unit(say("measure.payback"), say.unit("years"))
                yield Recoveries(label, found)
            continue
        estimates = _estimates(record, points, name)
        means = [e.mean for e in estimates if not math.isnan(e.mean)]
        if len(means) < 2 or min(means) == max(means):
            continue
        base = record["baseline"]["figures"].get(name, {}).get("mean")
        unit, size = _unit(estimates)
        yield Panel(
            say.with_unit(say(f"measure.{name}"), say.unit(unit)),
            [rescaled(e, size) for e in estimates],
            math.nan if base is None else base / size,
            percent=not unit,
        )


def _ranking(record: Record, name: str, say: Catalogue) -> Figure:
    """Return the points by what they make more than the baseline, and what that costs."""
    points = sorted(
        record["points"], key=lambda point: -_number(point["figures"][name]["difference"])
    )
    keys = varied(record, say)
    left = len(points) - MOST_ROWS
    points = points[:MOST_ROWS]
    columns = []
    for one in (name, "cost"):
        found = _estimates(record, points, one, "difference")
        if any(not math.isnan(e.mean) for e in found):
            unit, size = _unit(found)
            what = say("table.difference_of", what=say(f"measure.{one}"))
            label = say.with_unit(what, say.unit(unit))
            columns.append(_ranked(label, [rescaled(e, size) for e in found], say))
    more = say("figure.less", number=str(left)) if left > 0 else ""
    titles = (
        _title(record, say),
        f"{_said('ranking', record, say)}{more}",
        say("figure.rows", keys=names(keys, say)),
    )
    return dots([values(keys, point) for point in points], columns, title="\n".join(titles))


def _ranked(label: str, found: list[Estimate], say: Catalogue) -> Column:
    """Return differences with their values; no difference is said in words."""
    same = say("figure.as_baseline")
    texts = [same if e.mean == 0 == e.half_width else plus_minus(e, signed=True) for e in found]
    return Column(label, found, texts)


def _estimates(
    record: Record, points: Sequence[Record], name: str, of: str = "mean"
) -> list[Estimate]:
    """Return a figure of each point, or its paired difference; NaN where there is none."""
    entries = [point["figures"].get(name, {}) for point in points]
    asked = record["confidence"], record["replications"]
    return [read_estimate(entry, of, *asked) for entry in entries]


def _recovery(point: Record, name: str, confidence: float) -> Recovery:
    """Return when the capital of a point is back; what the record has as None never is."""
    entry = point["recoveries"].get(name)
    if entry is None:
        return Recovery(math.nan, math.nan, math.nan, confidence, "")
    value, low, high = (
        math.inf if entry[end] is None else float(entry[end]) for end in ("value", "low", "high")
    )
    return Recovery(value, low, high, confidence, entry["unit"])


def _unit(found: Sequence[Estimate]) -> tuple[str, float]:
    """Return the unit in which estimates are drawn, and its size; large amounts by thousands."""
    largest = max((abs(e.mean) for e in found if not math.isnan(e.mean)), default=0.0)
    unit = next((e.unit for e in found if e.unit), "")
    if unit == "s":
        return ("h", 3600.0) if largest >= 36000 else ("min", 60.0) if largest >= 600 else ("s", 1)
    return thousands(unit, largest) if unit else (unit, 1.0)


def _title(record: Record, say: Catalogue) -> str:
    share = record["availability"]
    if share is None:
        return str(record["scenario"])
    return say("figure.fastest", name=record["scenario"], share=f"{100 * share:.4g} %")


def _said(what: str, record: Record, say: Catalogue) -> str:
    """Return a line of a title that names the intervals; one replication has none."""
    if record["replications"] == 1:
        return say(f"figure.{what}_one")
    return say(f"figure.{what}", confidence=percent_text(record["confidence"]))


def _number(value: float | None) -> float:
    return math.nan if value is None else value
