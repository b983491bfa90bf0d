"""What a fault of the network costs, in words: from lost messages to parts that are not made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.costs import over_all_classes
from factory_sim.report.estimates import read_estimate
from factory_sim.report.figures.course import clock
from factory_sim.report.html.amounts import amount, verdict
from factory_sim.report.html.tables.chain import class_name
from factory_sim.report.texts import sentence
from factory_sim.scenario.durations import duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]


def fault_sentence(contents: Contents, say: Catalogue) -> str:
    """Return the effects of a fault of the network, from messages to parts; empty without one."""
    if not contents.faults:
        return ""
    part, fault = next(iter(contents.faults.items()))
    lost = over_all_classes(fault["late"], "lost")
    effects = [say("twin.lost", messages=f"{lost:,.0f}")] if lost else []
    unseen, downtime, parts = (
        read_estimate(fault["each"][name]) for name in ("unseen", "downtime", "parts")
    )
    effects.append(say("twin.unseen", time=_longer(unseen, say)))
    effects.append(say("twin.down", time=_longer(downtime, say)))
    none = parts.mean == 0 and not parts.half_width > 0
    effects.append(
        say("twin.no_parts", n=f"{parts.n:,}", times=f"{fault['times']:.0f}")
        if none
        else say("twin.parts", parts=_longer(parts, say))
    )
    what = _what(contents.base_beside(part), fault, say)
    return say("twin.fault", what=what, told=say("twin.then_too").join(effects))


def _longer(difference: Estimate, say: Catalogue) -> str:
    """Return what a fault adds; with its sign where that is not sure."""
    return amount(difference, say, signed=verdict(difference) != "rises")


def _what(base: Record | None, fault: Record, say: Catalogue) -> str:
    """Return what the fault is, and when."""
    if base and base["recoveries"]:
        first = base["recoveries"][0]
        begin, end = (clock(base, first[edge]) for edge in ("begin", "end"))
        text = say("twin.when", what=say.line(first["what"]), begin=begin, end=end)
        others = len(base["recoveries"]) - 1
        more = say("base.more_faults", number=str(others)) if others else ""
        return sentence(text) + (say("base.and_more", more=more) if more else "")
    names = say.listed([class_name(one["of"], say) for one in fault["late"]])
    length = max(one["end"] for one in fault["late"]) - min(one["begin"] for one in fault["late"])
    return sentence(say("twin.blind", classes=names, length=duration(length)))
