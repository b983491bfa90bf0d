"""How soon the twin knows of the devices, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.report.figures.course import back_text, clock
from factory_sim.report.figures.latency import stage_name
from factory_sim.report.numbers import percent_text, time_text
from factory_sim.report.texts import sentence
from factory_sim.scenario.durations import duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]


def of_base(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of a digital base and its answer."""
    record = contents.record
    question = say("question.base", name=record["name"], devices=f"{record['devices']:,}")
    last = _faults(record, say) if record["recoveries"] else _busiest(record, say)
    return question, (_way(record, say), _fresh(record["classes"], say), last)


def basis(record: Record, say: Catalogue, *, alone: bool = False) -> str:
    """Return what figures of a digital base rest on; ``alone`` if a page is of nothing else."""
    return say(
        "base.basis" if alone else "base.basis_beside",
        messages=f"{record['messages']:,}",
        length=duration(record["length"]),
        begin=clock(record, 0.0),
    )


def _way(record: Record, say: Catalogue) -> str:
    """Return how long messages take to the twin, and how many are lost."""
    lost = sum(sum(each["lost"].values()) for each in record["classes"])
    times = {key: math.nan if t is None else t for key, t in record["latency"].items()}
    return say(
        "base.way",
        half=time_text(times["p50"]),
        most=time_text(times["p99"]),
        tail=time_text(times["p99.9"]),
        lost=f"{lost:,}",
        messages=f"{record['messages']:,}",
        share=percent_text(lost / record["messages"]) if record["messages"] else "-",
    )


def _fresh(classes: Sequence[Record], say: Catalogue) -> str:
    """Return which class is least often within its aim; the oldest where none has an aim."""
    aimed = [each for each in classes if each["fresh"] is not None]
    if not aimed:
        oldest = max(classes, key=lambda each: each["age"]["mean"] or 0.0)
        return say("base.oldest", name=oldest["name"], age=time_text(oldest["age"]["mean"]))
    worst = min(aimed, key=lambda each: each["fresh"]["mean"])
    weights = [each["devices"] for each in aimed]
    of_all = sum(each["fresh"]["mean"] * each["devices"] for each in aimed) / sum(weights)
    return say(
        "base.freshness",
        all=percent_text(of_all),
        name=worst["name"],
        share=percent_text(worst["fresh"]["mean"]),
        aim=time_text(worst["fresh_within"]),
    )


def _faults(record: Record, say: Catalogue) -> str:
    """Return what the fault that cost most messages did, and how many others there are."""
    worst = max(record["recoveries"], key=lambda fault: fault["lost"])
    others = len(record["recoveries"]) - 1
    more = say("base.more_faults", number=str(others)) if others else ""
    return say(
        "base.fault_told",
        what=sentence(say.line(worst["what"])),
        begin=clock(record, worst["begin"]),
        end=clock(record, worst["end"]),
        lost=f"{worst['lost']:,}",
        back=back_text(worst, record, say),
        more=say("base.and_more", more=more) if more else "",
    )


def _busiest(record: Record, say: Catalogue) -> str:
    """Return the stage with the highest load."""
    busiest = max(record["stages"], key=lambda stage: stage["utilisation"]["mean"] or 0.0)
    return say(
        "base.busiest",
        name=stage_name(busiest, say),
        load=percent_text(busiest["utilisation"]["mean"] or 0.0),
        longest=f"{busiest['longest_queue']:,}",
    )
