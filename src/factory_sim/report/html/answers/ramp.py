"""How a plant comes up to rate, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.estimates import read_pair
from factory_sim.report.html.amounts import amount, change, verdict
from factory_sim.report.numbers import percent_text, plus_minus, significant, whole
from factory_sim.report.readable import margin_of
from factory_sim.study.measures import SECONDS_PER_HOUR
from factory_sim.study.ramp import UP_TO_RATE

if TYPE_CHECKING:
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue


def met(made: Estimate, takt: float | None, say: Catalogue) -> str:
    """Return whether a rate per hour on shift meets a takt, s, as a clause."""
    if takt is None:
        return say("answer.no_takt")
    asked = SECONDS_PER_HOUR / takt
    rate = f"{significant(asked, 3)} {say.unit('parts/h')}"
    margin = f"{plus_minus(margin_of(made, asked))} %"
    if made.low >= asked:
        return say("answer.met", asked=rate, margin=margin)
    if made.high < asked:
        return say("answer.missed", asked=rate, margin=margin)
    return say("answer.open", asked=rate)


def of_ramp(run: Recorded, say: Catalogue) -> tuple[str, str]:
    """Return what the first and the last days make, and from when on the rate is kept."""
    assert run.ramp is not None
    assert run.daily is not None
    working = [place for place, hours in enumerate(run.daily["hours"]) if hours > 0]
    first, last = (_made(run, place) for place in (working[0], working[-1]))
    days = say(
        "answer.days",
        first=amount(first, say),
        day=str(run.daily["day"][working[-1]]),
        last=amount(last, say),
    )
    share = percent_text(UP_TO_RATE)
    rate = say(
        "answer.final_rate",
        rate=amount(run.ramp.final, say),
        takt=met(run.ramp.final, run.scenario.takt, say),
    )
    kept = say("answer.not_kept", share=share)
    if not math.isnan(run.ramp.day.mean):
        kept = say("answer.kept", share=share, day=whole(run.ramp.day))
    return days, say("answer.both", first=rate, second=kept)


def of_two_ramps(contents: Contents, say: Catalogue) -> str:
    """Return from which days on two plants keep their rates, and which of them does earlier."""
    ramps = [contents.runs[side].ramp for side in ("a", "b")]
    from_a, from_b = (
        say("answer.never")
        if ramp is None or math.isnan(ramp.day.mean)
        else say("answer.day", day=whole(ramp.day))
        for ramp in ramps
    )
    days = say("answer.two_ramps", share=percent_text(UP_TO_RATE), a=from_a, b=from_b)
    recorded = contents.differences.get("day_up_to_rate")
    if recorded is None:
        return days
    pair = read_pair(recorded, contents.confidence, contents.replications)
    told = verdict(pair.difference)
    later = say(f"answer.ramp_{told}", days=change(pair.difference, say))
    return say("answer.both", first=days, second=later)


def _made(run: Recorded, place: int) -> Estimate:
    """Return the output of a day."""
    assert run.daily is not None
    mean, half_width = (run.daily[name][place] for name in ("delivered", "half_width"))
    replications = len(run.replications)
    return Estimate(mean, half_width, run.scenario.confidence, replications, "parts")
