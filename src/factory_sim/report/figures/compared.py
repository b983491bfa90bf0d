"""What two runs on the same draws differ in, figure by figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.statistics import Estimate, paired
from factory_sim.report.changed_keys import changes_between, of_two
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.numbers import percent_text, plus_minus
from factory_sim.report.readable import is_informative, readable
from factory_sim.report.texts import ENGLISH
from factory_sim.study.measures import MEASURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue


def differences(a: Recorded, b: Recorded, say: Catalogue = ENGLISH) -> Figure | None:
    """Return the paired differences of the figures that tell in one of two runs, in percent of A.

    A figure that is 0 in A has no percentage, and one that a replication leaves undefined has no
    difference: they are left out. None if nothing is left.

    Args:
        a: The run from which differences count.
        b: The other, on the same draws.
        say: The texts of a language.
    """
    confidence = a.scenario.confidence
    rows, estimates, texts = [], [], []
    for measure in MEASURES:
        both = a.samples.keys() & b.samples.keys()
        if measure.name not in both or not any(is_informative(measure.name, run) for run in (a, b)):
            continue
        samples = a.samples[measure.name], b.samples[measure.name]
        if np.isnan(samples).any():
            continue
        pair = paired(*samples, confidence, measure.unit)
        base, found = abs(pair.a.mean) / 100.0, pair.difference
        if not base > 0:
            continue
        rows.append(say(f"measure.{measure.name}"))
        estimates.append(
            Estimate(found.mean / base, found.half_width / base, confidence, found.n, "%")
        )
        unit, scale = readable(measure.unit, max(abs(pair.a.mean), abs(pair.b.mean)))
        texts.append(f"{plus_minus(found, scale, signed=True)} {say.unit(unit)}")
    if not rows:
        return None
    changes = changes_between(a.scenario, b.scenario)
    two = of_two(a.scenario.name, b.scenario.name, changes, say)
    pairs = say("figure.pairs", confidence=percent_text(confidence))
    columns = [Column(say("figure.percent_of_a"), estimates, texts)]
    return dots(rows, columns, title=f"{two}\n{pairs}")
