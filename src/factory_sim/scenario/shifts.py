"""When people and machines work: shifts, their breaks, and planned stops."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import Clock, Days, PositiveDuration
from factory_sim.scenario.readers import DAY, DAYS, WEEK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Span = tuple[float, float]
"""Begin and end, s."""


KEPT = 1024
"""Weeks that are kept once worked out: most stations of a plant work the same."""


class Break(Schema):
    """A pause within a shift."""

    at: Clock
    """When it begins, time of day."""
    length: Annotated[PositiveDuration, Field(alias="for", examples=["10 min"])]
    """How long it lasts, s."""


class Shift(Schema):
    """A span of the day in which work is done; it may run past midnight."""

    begin: Annotated[Clock, Field(alias="from", examples=["06:00"])]
    """When it begins, time of day."""
    end: Annotated[Clock, Field(alias="to", examples=["14:00"])]
    """When it ends, time of day; before ``from`` it is on the next day."""
    days: Days = DAYS
    """Days on which it begins, such as mon-fri; every day if left out."""
    breaks: tuple[Break, ...] = ()
    """Pauses."""

    @property
    def length(self) -> float:
        """Time from its begin to its end, breaks included, s."""
        span = self.end - self.begin
        return span if span > 0 else span + DAY

    @model_validator(mode="after")
    def _breaks_lie_within(self) -> Self:
        if self.begin == self.end:
            raise ValueError("from and to must differ; a whole day is from 00:00 to 24:00")
        for pause in self.breaks:
            if (pause.at - self.begin) % DAY + pause.length > self.length:
                raise ValueError(
                    f"the break at {clock_text(pause.at)} must lie within the shift, "
                    f"{clock_text(self.begin)} to {clock_text(self.end)}"
                )
        return self


class Stop(Schema):
    """A planned stop that comes again every week, such as maintenance."""

    at: Annotated[Clock, Field(examples=["12:00"])]
    """When it begins, time of day."""
    length: Annotated[PositiveDuration, Field(alias="for", examples=["30 min"])]
    """How long it lasts, s."""
    days: Days = DAYS
    """Days on which it begins; every day if left out."""


@lru_cache(maxsize=KEPT)
def closed(shifts: tuple[Shift, ...] | None, stops: tuple[Stop, ...]) -> tuple[Span, ...]:
    """Return the spans of the week without work: outside all shifts, in breaks, planned stops.

    Args:
        shifts: Spans of work, None for always; they may overlap.
        stops: Planned stops.

    Returns:
        Disjoint ascending spans within [0, 604,800 s], from Monday 00:00.
    """
    off = [span for stop in stops for span in _weekly(stop.days, stop.at, stop.length)]
    if shifts is not None:
        worked = (s for shift in shifts for s in _weekly(shift.days, shift.begin, shift.length))
        off += _gaps(union(worked))
        off += [
            span
            for shift in shifts
            for pause in shift.breaks
            for span in _weekly(
                shift.days, shift.begin + (pause.at - shift.begin) % DAY, pause.length
            )
        ]
    return tuple(union(off))


def occurrences(shifts: Sequence[Shift]) -> list[tuple[Span, list[Span]]]:
    """Return every shift of a week by its begin, each with its breaks.

    Args:
        shifts: Spans of work; they may overlap.

    Returns:
        Span of the shift and disjoint ascending spans of its breaks, s after Monday
        00:00; those that begin late on Sunday may end after the week does.
    """
    found = []
    for shift in shifts:
        for day in shift.days:
            begin = DAYS.index(day) * DAY + shift.begin
            pauses = [
                (at, at + pause.length)
                for pause in shift.breaks
                for at in [begin + (pause.at - shift.begin) % DAY]
            ]
            found.append(((begin, begin + shift.length), union(pauses)))
    return sorted(found)


@lru_cache(maxsize=KEPT)
def stopped(shifts: tuple[Shift, ...] | None, stops: tuple[Stop, ...]) -> tuple[Span, ...]:
    """Return the spans of the week in which planned stops alone keep from work.

    They are the part of ``closed`` that is neither outside all shifts nor in a break.
    """
    work = _gaps(list(closed(shifts, ())))
    common = ((max(a, c), min(b, d)) for a, b in closed(None, stops) for c, d in work)
    return tuple((begin, end) for begin, end in common if begin < end)


def _weekly(days: Iterable[str], at: float, length: float) -> list[Span]:
    """Return the spans of a week that begin at a time of some days, split at its end."""
    spans: list[Span] = []
    for day in days:
        begin = (DAYS.index(day) * DAY + at) % WEEK
        spans += within_week(begin, begin + min(length, WEEK))
    return spans


def within_week(begin: float, end: float) -> list[Span]:
    """Return a span of at most a week, begun in the week, split where the week ends."""
    if end <= WEEK:
        return [(begin, end)]
    return [(begin, WEEK), (0.0, end - WEEK)]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the union of spans as disjoint ascending ones that do not touch."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif end > begin:
            result.append((begin, end))
    return result


def _gaps(spans: list[Span]) -> list[Span]:
    """Return the rest of the week beside disjoint ascending spans."""
    edges = [0.0, *(edge for span in spans for edge in span), WEEK]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def clock_text(seconds: float) -> str:
    """Return a time of day as it is written, ``06:30``."""
    minutes, rest = divmod(round(seconds), 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text


def moment_text(seconds: float) -> str:
    """Return a moment, s after some Monday 00:00, as day and time: ``tue 10:00:07``."""
    whole = round(seconds)
    return f"{DAYS[int(whole % WEEK // DAY)]} {clock_text(whole % DAY)}"
