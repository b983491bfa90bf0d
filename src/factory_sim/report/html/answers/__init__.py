"""The question of a study and its answer in three sentences, written from the figures.

A difference is said to rise or fall only where its interval leaves out 0, and the best of
several settings to be told apart only where the comparison of all at once says so.

runs.py     one run, a plan with its baseline, two that are compared
ramp.py     how a plant comes up to rate
sweep.py    which setting is best
explain.py  what holds a line up, and what to change first
diff.py     which change makes the difference
twin.py     what connecting the devices buys
fault.py    what a fault of the network costs
base.py     how soon the twin knows of the devices
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.report.html.answers.base import basis, of_base
from factory_sim.report.html.answers.diff import of_diff
from factory_sim.report.html.answers.explain import of_explanation
from factory_sim.report.html.answers.runs import of_comparison, of_plan, of_run
from factory_sim.report.html.answers.sweep import of_sweep
from factory_sim.report.html.answers.twin import of_twin
from factory_sim.report.numbers import percent_text
from factory_sim.scenario.durations import duration
from factory_sim.study.phrases import recorded_phrase

if TYPE_CHECKING:
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


@dataclass(frozen=True)
class Answer:
    """What a page begins with.

    Attributes:
        question: A line.
        sentences: Three of them.
        basis: What they rest on.
    """

    question: str
    sentences: tuple[str, ...]
    basis: tuple[str, ...]


def answer(contents: Contents, say: Catalogue) -> Answer:
    """Return the question of a study and its answer."""
    match contents.kind:
        case "run":
            question, sentences = of_run(contents.runs["run"], say)
        case "planned":
            question, sentences = of_plan(contents, say)
        case "compare":
            question, sentences = of_comparison(contents, say)
        case "sweep":
            question, sentences = of_sweep(contents, say)
        case "explain":
            question, sentences = of_explanation(contents, say)
        case "diff":
            question, sentences = of_diff(contents, say)
        case "twin":
            question, sentences = of_twin(contents, say)
        case "base":
            question, sentences = of_base(contents, say)
            return Answer(question, sentences, (basis(contents.record, say, alone=True),))
    return Answer(question, sentences, tuple(_basis(contents, say)))


def _basis(contents: Contents, say: Catalogue) -> list[str]:
    """Return what the answer rests on, a sentence each."""
    begin, end = contents.first["window"]
    lines = [
        say(
            "answer.basis",
            replications=str(contents.replications),
            horizon=duration(end),
            cut=say("answer.cut", warm_up=duration(begin)) if begin else "",
            engine=say(f"engine.{contents.first['engine']}"),
            confidence=percent_text(contents.confidence),
        )
    ]
    if contents.replications == 1:
        lines.append(say("answer.basis_one"))
    elif contents.kind not in ("run", "explain"):
        lines.append(say("answer.basis_paired"))
    if contents.kind == "explain":
        lines.append(say("answer.basis_explain"))
    if contents.kind == "diff" and contents.split["changes"]:
        method = say.phrase(recorded_phrase(contents.split["method"]))
        lines.append(say("answer.basis_split", method=method))
    if contents.kind == "twin":
        lines.append(say("twin.basis"))
    lines += [basis(record, say) for record in contents.bases.values()][:1]
    if contents.kind == "sweep":
        lines.append(say("answer.basis_best", confidence=percent_text(contents.confidence)))
    return lines
