"""How people and machines differ from clockwork: what a user writes, and the switches."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from factory_sim.scenario.distributions import Distribution, Lifetime
from factory_sim.scenario.model import Schema, Unit
from factory_sim.scenario.quantities import (
    AtLeastOne,
    Count,
    FinitePlaces,
    MoreThanOne,
    NonNegative,
    Portion,
    Positive,
    PositiveDuration,
    Share,
    Switch,
)

MICRO_STOP = "micro-stop"
"""Name of the failure mode that ``micro_stops`` stands for, and of its random draws."""


class Learning(Schema):
    """Experience: what is left of a quantity each time the output has doubled."""

    rate: Annotated[Portion, Field(examples=["85 %"])]
    """What is left when the output is ``per``-fold, such as 85 % on Wright's curve."""
    per: MoreThanOne = 2.0
    """Growth of output that ``rate`` is about; 2 for a doubling."""
    reference: Annotated[Positive, Field(examples=[10000]), Unit("parts")]
    """Part of the station at which it works as its other keys say."""
    made: Annotated[NonNegative, Unit("parts")] = 0.0
    """Parts that the station had made before time 0."""
    floor: NonNegative = 0.0
    """Least factor: the plateau."""

    @model_validator(mode="after")
    def _work_goes_on(self) -> Self:
        if self.exponent <= -1 and not self.floor:
            raise ValueError(
                f"falls so fast that parts without end take no time; write a rate above "
                f"{100 / self.per:g} % or a floor"
            )
        return self

    @property
    def exponent(self) -> float:
        """Exponent of the power curve, at most 0."""
        return math.log(self.rate) / math.log(self.per)


class Fatigue(Schema):
    """Work that takes longer as a shift goes on, and goes wrong more often; less after a break."""

    rise: Annotated[NonNegative, Field(examples=["10 %"]), Unit("%")]
    """Share that is added to the work by the end of a shift worked without recovery."""
    errors: Annotated[NonNegative, Field(examples=["10 %"]), Unit("%")] = 0.0
    """Share that is added to ``defects`` likewise."""
    recovery: Share = 0.0
    """Share of what has accumulated that each break takes back."""


class Absence(Schema):
    """People who do not come to a shift, and utility workers who stand in for them."""

    rate: Annotated[Share, Field(examples=["1.7 %"])]
    """Probability of a person to be absent from a shift."""
    utility: Annotated[FinitePlaces, Unit("people")] = 0
    """People who fill open posts, in flow order; they count in the labour hours."""
    unmanned: Annotated[AtLeastOne, Field(examples=[2])]
    """Factor on the work content of a station where nobody is left."""


class Growth(Schema):
    """Reliability that grows while teething troubles are mended."""

    first: Annotated[Portion, Field(alias="from", examples=["60 %"])]
    """Factor on the time to the next failure at first; it rises linearly to 1."""
    over: Annotated[PositiveDuration, Field(examples=["30 d"])]
    """Time until it is 1, on the clock of the failure, s."""


class MicroStops(Schema):
    """Short stops that come with the work done, such as a part that jams."""

    every: Annotated[Lifetime, Field(examples=["120 min"])]
    """Work from one to the next, s; a bare time is the mean of an exponential."""
    length: Annotated[Distribution, Field(examples=["40 s"])]
    """How long one lasts, s; a bare time is constant."""
    growth: Growth | None = None
    """How the time between them grows."""


class ToolChanges(Schema):
    """A tool that is changed after a number of parts."""

    every: Annotated[Count, Field(examples=[500]), Unit("parts")]
    """Parts of the station from one change to the next."""
    takes: Annotated[Distribution, Field(examples=["3 min"])]
    """Time of a change, s; the processing of the next part begins with it."""


class Realism(Schema):
    """Switches that take one effect out of the whole plant; all are on if left out."""

    task_spread: Switch = True
    """Spread of task times by hand; false makes them constant at their mean."""
    learning: Switch = True
    """Experience with output, of work content and of defects."""
    fatigue: Switch = True
    """Fatigue within the shift."""
    absence: Switch = True
    """Absence; false leaves out utility workers, too."""
    micro_stops: Switch = True
    """What ``micro_stops`` says."""
    breakdowns: Switch = True
    """What ``failures`` says."""
    tool_changes: Switch = True
    """Tool changes."""
    reliability_growth: Switch = True
    """Growth of reliability; false makes machines mature from the start."""
    shared_technicians: Switch = True
    """Repairs that wait for a crew; false starts each at once."""
