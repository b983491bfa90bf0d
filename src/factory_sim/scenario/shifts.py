"""When people and machines work: shifts, their breaks, and planned stops."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import DAY, DAYS, Clock, Days, PositiveDuration


class Break(Schema):
    """A pause within a shift."""

    at: Clock
    """When it begins, time of day."""
    length: Annotated[PositiveDuration, Field(alias="for", examples=["10 min"])]
    """How long it lasts, s."""


class Shift(Schema):
    """A span of the day in which work is done; it may run past midnight."""

    begin: Annotated[Clock, Field(alias="from", examples=['"06:00"'])]
    """When it begins, time of day."""
    end: Annotated[Clock, Field(alias="to", examples=['"14:00"'])]
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

    at: Annotated[Clock, Field(examples=['"12:00"'])]
    """When it begins, time of day."""
    length: Annotated[PositiveDuration, Field(alias="for", examples=["30 min"])]
    """How long it lasts, s."""
    days: Days = DAYS
    """Days on which it begins; every day if left out."""


def clock_text(seconds: float) -> str:
    """Return a time of day as it is written, ``06:30``."""
    minutes, rest = divmod(round(seconds), 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{rest:02d}" if rest else text
