"""Compiles what a scenario says of people and machines into the conditions of its plant.

An effect that is switched off is not compiled: the plant does not have it, and no
other draw moves. What a line or the plant says of people holds for the stations that
work by hand; what a station says of itself holds in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from factory_sim.line import conditions, plant
from factory_sim.line.failures import Failure
from factory_sim.scenario.bounded import Constant
from factory_sim.scenario.readers import WEEK
from factory_sim.scenario.realism import MICRO_STOP
from factory_sim.scenario.shifts import occurrences, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.line.distributions import Distribution
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.realism import Absence, Fatigue, Growth, Learning
    from factory_sim.scenario.shifts import Shift, Span
    from factory_sim.scenario.station import Section, Station

    T = TypeVar("T")

ENOUGH_PATTERNS = 256
"""Patterns of fatigue that are kept: stations mostly share a few."""


def by_hand(station: Station) -> bool:
    """Return whether a station, without open variants, works by hand."""
    return station.always != "automated"


def work(scenario: Scenario, station: Station, model: str) -> Distribution:
    """Return the work content of a model at a station without open variants, s."""
    drawn = station.work_on(model)
    if scenario.realism.task_spread or not by_hand(station):
        return drawn
    return Constant(value=drawn.mean)


def failures(scenario: Scenario, station: Station) -> tuple[Failure, ...]:
    """Return the failure modes of a station, micro-stops last."""
    switches = scenario.realism
    modes = [
        Failure(
            name=failure.name,
            clock=failure.clock,
            up=failure.mtbf,
            down=failure.mttr,
            crew=failure.crew if switches.shared_technicians else None,
            growth=growth(scenario, failure.growth),
        )
        for failure in (station.failures or () if switches.breakdowns else ())
    ]
    stops = station.micro_stops
    if stops is not None and switches.micro_stops:
        grows = growth(scenario, stops.growth)
        modes.append(Failure(MICRO_STOP, "busy", stops.every, stops.length, growth=grows))
    return tuple(modes)


def growth(scenario: Scenario, said: Growth | None) -> conditions.Growth | None:
    """Return how reliability grows, by what a failure says of it."""
    if said is None or not scenario.realism.reliability_growth:
        return None
    return conditions.Growth(said.first, said.over)


def tool_change(scenario: Scenario, station: Station) -> plant.ToolChange | None:
    """Return the tool changes of a station."""
    tool = station.tool_changes
    if tool is None or not scenario.realism.tool_changes:
        return None
    return plant.ToolChange(tool.every, tool.takes)


def learning(scenario: Scenario, line: str, station: Station) -> conditions.Learning | None:
    """Return how the work content of a station falls with experience."""
    around = (scenario.flow[line].learning, scenario.learning)
    return _experience(scenario, _said(station.learning, around, inherits=by_hand(station)))


def defect_learning(scenario: Scenario, line: str, station: Station) -> conditions.Learning | None:
    """Return how the defects of a station fall with experience."""
    around = (scenario.flow[line].defect_learning, scenario.defect_learning)
    return _experience(scenario, _said(station.defect_learning, around, inherits=by_hand(station)))


def _said(own: T | None, around: tuple[T | None, ...], *, inherits: bool) -> T | None:
    """Return what the innermost level that says anything holds: station, line or plant."""
    levels = (own, *around) if inherits else (own,)
    return next((said for said in levels if said is not None), None)


def _experience(scenario: Scenario, curve: Learning | None) -> conditions.Learning | None:
    if curve is None or not scenario.realism.learning:
        return None
    return conditions.Learning(curve.exponent, curve.reference, curve.made, curve.floor)


def tires(scenario: Scenario, line: str, station: Station) -> Fatigue | None:
    """Return what is said of fatigue at a station without open variants."""
    around = (scenario.flow[line].fatigue, scenario.fatigue)
    has_people = by_hand(station) and bool(station.crew)
    return _said(station.fatigue, around, inherits=has_people)


def fatigue(
    scenario: Scenario, line: str, station: Station, section: Section | None = None
) -> conditions.Fatigue | None:
    """Return how work grows at a station without open variants, in its section if any."""
    said = tires(scenario, line, station)
    return None if said is None else _tired(scenario, line, station, section, said.rise, said)


def defect_fatigue(
    scenario: Scenario, line: str, station: Station, section: Section | None = None
) -> conditions.Fatigue | None:
    """Return how defects grow at a station without open variants, in its section if any."""
    said = tires(scenario, line, station)
    if said is None or not station.defects:
        return None
    return _tired(scenario, line, station, section, said.errors, said)


def _tired(
    scenario: Scenario,
    line: str,
    station: Station,
    section: Section | None,
    rise: float,
    said: Fatigue,
) -> conditions.Fatigue | None:
    shifts = scenario.hours(line, *((section,) if section else ()), station)
    if shifts is None or not rise or not scenario.realism.fatigue:
        return None
    return tiring(rise, said.recovery, shifts, scenario.start)


@dataclass(frozen=True)
class _Piece:
    """A stretch of a shift in which fatigue is a straight line; times in s.

    Attributes:
        shift: When the shift began.
        begin: When the stretch begins.
        end: When it ends.
        value: Share that is added at its begin.
        slope: Growth of that, 1/s.
    """

    shift: float
    begin: float
    end: float
    value: float
    slope: float

    def earlier(self, seconds: float) -> _Piece:
        """Return the same stretch at an earlier time."""
        return _Piece(
            self.shift - seconds, self.begin - seconds, self.end - seconds, self.value, self.slope
        )


RESTED = _Piece(0.0, 0.0, 0.0, 0.0, 0.0)


@lru_cache(ENOUGH_PATTERNS)
def tiring(
    rise: float, recovery: float, shifts: tuple[Shift, ...], start: float
) -> conditions.Fatigue:
    """Return what fatigue adds over a week of shifts that begins at ``start``.

    Within a shift it rises evenly with the time worked, to ``rise`` at the end were
    there no recovery; in a break it stays at what the break leaves of it. Off shift it
    is 0: who comes next is rested. Where shifts overlap, the one begun last counts.

    Args:
        rise: How far it rises, a share.
        recovery: What a break takes back, a share.
        shifts: Of the people of a station.
        start: Moment of the week at time 0, s after Monday 00:00.
    """
    pieces = [
        piece
        for span, breaks in occurrences(shifts)
        for piece in _pieces(span, breaks, rise, recovery)
    ]
    pieces += [piece.earlier(WEEK) for piece in pieces if piece.end > WEEK]
    edges = {0.0, start, *(edge for piece in pieces for edge in (piece.begin, piece.end))}
    found = []
    for edge in edges:
        if 0 <= edge < WEEK:
            holding = [piece for piece in pieces if piece.begin <= edge < piece.end]
            now = max(holding, key=lambda piece: piece.shift, default=RESTED)
            value = now.value + now.slope * (edge - now.begin)
            found.append(((edge - start) % WEEK, value, now.slope))
    begins, values, slopes = zip(*sorted(found), strict=True)
    return conditions.Fatigue(WEEK, begins, values, slopes)


def _pieces(span: Span, breaks: list[Span], rise: float, recovery: float) -> Iterator[_Piece]:
    """Yield the stretches of one shift, work and breaks in turn."""
    shift, end = span
    worked = end - shift - sum(last - first for first, last in breaks)
    slope = rise / worked if worked > 0 else 0.0
    value, now = 0.0, shift
    for first, last in breaks:
        yield _Piece(shift, now, first, value, slope)
        value = (value + slope * (first - now)) * (1 - recovery)
        yield _Piece(shift, first, last, value, 0.0)
        now = last
    yield _Piece(shift, now, end, value, slope)


def staffing(scenario: Scenario) -> tuple[conditions.Staffing, ...]:
    """Return who may be absent: a group per line that says so, and one of the other lines.

    Only people at stations by hand are missed: a machine works on without its technician.

    Args:
        scenario: A scenario without open variants.
    """
    if not scenario.realism.absence:
        return ()
    groups = []
    others: list[str] = []
    for name, line in scenario.flow.items():
        people = [s.name for s in line.each_station() if by_hand(s) and (s.crew or 0.0) >= 1]
        shifts = line.shifts or scenario.shifts
        if line.absence is None:
            others += people
        elif shifts is not None and people:
            groups.append(_group(name, line.absence, people, shifts, scenario.start))
    if scenario.absence is not None and scenario.shifts is not None and others:
        everywhere = (scenario.absence, others, scenario.shifts, scenario.start)
        groups.append(_group(scenario.name, *everywhere))
    return tuple(groups)


def _group(
    name: str, absence: Absence, stations: list[str], shifts: tuple[Shift, ...], start: float
) -> conditions.Staffing:
    return conditions.Staffing(
        name=name,
        stations=tuple(stations),
        rate=absence.rate,
        utility=absence.utility,
        unmanned=absence.unmanned,
        period=WEEK,
        ends=shift_ends(shifts, start),
    )


def shift_ends(shifts: tuple[Shift, ...], start: float) -> tuple[float, ...]:
    """Return when people of each shift give way to those of the next, s after ``start``.

    That is when the next shift begins or, if there is a gap before it, when work
    stops: a part that comes in the gap is worked by those who come after it.
    """
    spans = [span for span, _ in occurrences(shifts)]
    spans += [(begin + WEEK, end + WEEK) for begin, end in spans]
    blocks = union(spans)
    begins = sorted({begin for begin, _ in spans})
    stops = [
        min(following, next(end for first, end in blocks if first <= begin < end))
        for begin, following in pairwise(begins)
        if begin < WEEK
    ]
    return tuple(sorted({(stop - start) % WEEK for stop in stops}))


def effects(whole: plant.Plant) -> dict[str, int]:
    """Return at how many stations of a plant each effect that can be switched off works."""
    missed = {name for group in whole.staffing for name in group.stations}
    where = [
        {
            "task_spread": not s.automated and any(content.sd > 0 for content in s.work),
            "learning": bool(s.learning or s.defect_learning),
            "fatigue": bool(s.fatigue or s.defect_fatigue),
            "absence": s.name in missed and s.crew >= 1,
            "micro_stops": any(mode.name == MICRO_STOP for mode in s.failures),
            "breakdowns": any(mode.name != MICRO_STOP for mode in s.failures),
            "tool_changes": s.tool_change is not None,
            "reliability_growth": any(mode.growth for mode in s.failures),
            "shared_technicians": any(mode.crew for mode in s.failures),
        }
        for s in whole.stations()
    ]
    return {effect: sum(here[effect] for here in where) for effect in where[0]}
