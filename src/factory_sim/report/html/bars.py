"""The charts of bars with intervals: what changes gain, what each adds, what levers buy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.figures import gained
from factory_sim.report.figures.diffed import ranked, share, side
from factory_sim.report.figures.explained import priced_label
from factory_sim.report.figures.style import BLUE
from factory_sim.report.html.amounts import scaled
from factory_sim.report.html.answers.explain import of_entry
from factory_sim.report.html.marks import MOST_PLACES, Chart, interval, measure
from factory_sim.report.html.tables.diff import shown_figures
from factory_sim.report.settings import called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


def prices(contents: Contents, say: Catalogue) -> Chart:
    """Return what changes are worth, the most first."""
    shown = contents.record["prices"][:MOST_PLACES]
    found = [interval(of_entry(one, contents), 1.0, signed=True) for one in shown]
    labels = [priced_label(one, say) for one in shown]
    measures = [measure(say("table.gain"), say.unit("parts/h"), found, say)]
    return _bars("prices", say("chart.prices"), labels, measures, say)


def shares(contents: Contents, say: Catalogue) -> Chart:
    """Return what each change adds to the figure that is chosen."""
    split, measures = contents.split, []
    changes = ranked(split)[:MOST_PLACES]
    for name in shown_figures(contents):
        found = [share(split, one, name) for one in changes]
        unit, scale = scaled(found[0].unit, max(abs(side(split, name, of).mean) for of in "ab"))
        bars = [interval(estimate, scale, signed=True) for estimate in found]
        measures.append(measure(say(f"measure.{name}"), say.unit(unit), bars, say))
    labels = [called(one, say) for one in changes]
    return _bars("shares", say("chart.shares"), labels, measures, say)


def levers(contents: Contents, say: Catalogue) -> Iterator[Chart]:
    """Yield what each lever of a twin and all together change, and the fair split of that."""
    for name, of in (("levers", gained.levers), ("lever_shares", gained.shares)):
        found, measures = of(contents.record, say), []
        for figure, column in zip(found.names, found.columns, strict=True):
            unit = next(say.unit(unit) for what, unit, _ in gained.FIGURES if what == figure)
            bars = [interval(estimate, 1.0, signed=True) for estimate in column.estimates]
            measures.append(measure(say(f"gained.{figure}"), unit, bars, say))
        if measures:
            yield _bars(name, say(f"chart.{name}"), found.rows, measures, say)


def _bars(name: str, title: str, labels: list[str], measures: list[Chart], say: Catalogue) -> Chart:
    """Return bars with their intervals, a set for each figure that can be chosen."""
    return {
        "id": name,
        "kind": "bars",
        "title": title,
        "labels": labels,
        "measures": measures,
        "choose": say("chart.measure"),
        "interval": say("chart.interval"),
        "colour": BLUE,
    }
