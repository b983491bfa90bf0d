"""Consistency checks of each station with its line and the rest of the scenario."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from factory_sim.scenario.problems import STATION_NAMES, Finding, KeyPath, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.scenario.lines import Place
    from factory_sim.scenario.schema import Scenario
    from factory_sim.scenario.station import Failure, Inspection, Station, Work


def check_stations(scenario: Scenario) -> Iterator[Finding]:
    """Yield the inconsistencies at the stations of a scenario."""
    for place in scenario.places():
        yield from _position(place)
        yield from _variants(place)
        for path, work in place.all_work():
            yield from check_failures((*path, "failures"), work.failures or ())
            yield from _references(path, work, scenario)
            if work.inspection is not None:
                for key, message in _inspection(work, work.inspection, place, scenario):
                    yield Finding((*path, "inspection", *key), message)
                for message in _rework(work.inspection, place, scenario):
                    where = (*path, "inspection", "back_to")
                    yield Finding(where, message, relies_on=(STATION_NAMES,))


def _position(place: Place) -> Iterator[Finding]:
    """Yield keys that have no meaning where the station is, inside or outside a section."""
    station = place.station
    if place.section is None:
        if station.window is not None:
            message = "means nothing outside a paced section; leave it out"
            yield Finding((*place.path, "window"), message)
        return
    for key in ("buffer", "transport"):
        if getattr(station, key) != 0:
            message = f"means nothing within a paced section; write it at {place.section.name}"
            yield Finding((*place.path, key), message)
    for path, work in place.all_work():
        if work.servers not in (None, 1):
            message = f"must be 1 in a paced section (got {work.servers}); write count: for more"
            yield Finding((*path, "servers"), message)


def _variants(place: Place) -> Iterator[Finding]:
    """Yield missing cycle times, and keys that the variants of a station make void."""
    station, path = place.station, place.path
    variants = station.variants()
    if not variants:
        if station.cycle_time is None:
            yield Finding((*path, "cycle_time"), "is missing; write cycle_time: 52 s")
        return
    if station.always is not None:
        message = f"contradicts {' and '.join(f'{key}:' for key in variants)}; leave it out"
        yield Finding((*path, "always"), message)
    yield from _cycle_times(station, path)
    absolute = [m for m, work in (station.by_model or {}).items() if work.cycle_time]
    if absolute and any(w.cycle_time and w.by_model is None for w in variants.values()):
        message = "holds for both variants; write a factor, or by_model: under each variant"
        yield Finding((*path, "by_model", absolute[0], "cycle_time"), message)


def _cycle_times(station: Station, path: KeyPath) -> Iterator[Finding]:
    """Yield cycle times that a station with variants lacks, or that it never uses."""
    variants = station.variants()
    without = [key for key, work in variants.items() if work.cycle_time is None]
    if station.cycle_time is None:
        for key in without:
            message = "is missing, here and at the station; write cycle_time: 52 s"
            yield Finding((*path, key, "cycle_time"), message)
    elif not without:
        hint = "both variants have their own"
        if len(variants) == 1:
            hint = f"write it under {'automated' if 'by_hand' in variants else 'by_hand'}:"
        yield Finding((*path, "cycle_time"), f"is never used; {hint}")


def check_failures(
    path: KeyPath, failures: Sequence[Failure], of: str = "a station"
) -> Iterator[Finding]:
    """Yield failure modes that share a name, or whose mean time between failures is 0.

    Args:
        path: Key of their list.
        failures: All failure modes of one station or class of devices.
        of: Which of these it is, for the message.
    """
    uses = Counter(failure.name for failure in failures)
    for place, failure in enumerate(failures):
        here = (*path, *([place] if len(failures) > 1 else []))
        if uses[failure.name] > 1:
            message = f'must differ among the failures of {of} (got "{failure.name}")'
            yield Finding((*here, "name"), message)
        if not failure.mtbf.mean > 0:
            yield Finding((*here, "mtbf"), "must have a mean greater than 0 s")


def check_crew(key: KeyPath, pool: str | None, scenario: Scenario) -> Iterator[Finding]:
    """Yield a pool that a key names and the scenario does not have."""
    if pool is not None and pool not in scenario.pools:
        hint = suggestion(pool, scenario.pools) or f"; write pools: {{{pool}: 1}}"
        yield Finding(key, f'there is no pool "{pool}"{hint}')


def _references(path: KeyPath, work: Work, scenario: Scenario) -> Iterator[Finding]:
    """Yield names of pools and models that the scenario does not have."""
    yield from check_crew((*path, "operators"), work.operators, scenario)
    for place, failure in enumerate(work.failures or ()):
        several = [place] if len(work.failures or ()) > 1 else []
        yield from check_crew((*path, "failures", *several, "crew"), failure.crew, scenario)
    named: list[tuple[KeyPath, str]] = [((*path, "by_model", m), m) for m in work.by_model or {}]
    for before, row in (work.setup.from_to if work.setup else {}).items():
        named.append(((*path, "setup", "from_to", before), before))
        named += [((*path, "setup", "from_to", before, after), after) for after in row]
    models = {*scenario.orders.mix, *scenario.orders.sequence}
    for key, model in named:
        if model not in models:
            hint = suggestion(model, models) or f"; write orders: {{mix: {{{model}: 1}}}}"
            yield Finding(key, f'there is no model "{model}" in orders{hint}')


def _inspection(
    work: Work, inspection: Inspection, place: Place, scenario: Scenario
) -> Iterator[tuple[KeyPath, str]]:
    """Yield the inconsistencies of an inspection: a key below ``inspection`` and a message."""
    then = inspection.then
    belongs = {
        "repair": ("in_place", "off_line"),
        "servers": ("off_line",),
        "back_to": ("rework",),
        "buffer": ("rework",),
    }
    for key, ways in belongs.items():
        if getattr(inspection, key) is not None and then not in ways:
            yield (key,), f"means nothing with then: {then}; leave it out"
    for key, example in (("repair", "3 min"), ("back_to", "STATION")):
        if getattr(inspection, key) is None and then in belongs[key]:
            yield (key,), f"is missing, then: {then} needs it; write {key}: {example}"
    if place.section is not None and then != "in_place":
        yield ("then",), f"must be in_place in a paced section (got {then})"
    if then == "off_line" and scenario.flow[place.line].joins is not None:
        yield ("then",), "must not be off_line on a feeder, whose units go on to a join"
    if then in ("scrap", "rework"):
        defects = work.defects or place.station.defects or 0.0
        share = defects * inspection.detects + (1 - defects) * inspection.false_alarm
        if share >= 1:
            yield (), f"finds every part defective, so {then} lets none through; check the shares"


def _rework(inspection: Inspection, place: Place, scenario: Scenario) -> Iterator[str]:
    """Yield a message if parts cannot go back to the station that is to rework them."""
    target = inspection.back_to
    if target is None or inspection.then != "rework":
        return
    earlier: set[str] = set()
    elsewhere: set[str] = set()
    for other in scenario.places():
        reachable = other.line == place.line and other.section is None and other.stage < place.stage
        (earlier if reachable else elsewhere).update(other.station.names())
    if target in elsewhere:
        where = f"an earlier station of line {place.line}, outside paced sections"
        yield f'must be {where} (got "{target}")'
    elif target not in earlier:
        yield f'there is no station "{target}"{suggestion(target, earlier)}'
