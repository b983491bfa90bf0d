"""What a user writes about stations and paced sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from factory_sim.scenario.distributions import Distribution, Lifetime, Scaled
from factory_sim.scenario.economics import POWER_SCHEMA, Amount, Power, while_busy
from factory_sim.scenario.model import Schema, Shorthand, Unit
from factory_sim.scenario.quantities import (
    TIME_SCHEMA,
    Count,
    Duration,
    Name,
    NonNegative,
    OpenPlaces,
    Positive,
    PositiveDuration,
    Share,
)
from factory_sim.scenario.realism import Fatigue, Growth, Learning, MicroStops, ToolChanges
from factory_sim.scenario.shifts import Shift, Stop


class Failure(Schema):
    """One way a station breaks down."""

    name: Name = "failure"
    """Unique within the station; needed when there are several."""
    mtbf: Annotated[Lifetime, Field(examples=["4 h"])]
    """Time from the end of a repair to the next failure, on its clock, s."""
    mttr: Annotated[Lifetime, Field(examples=["12 min"])]
    """Repair time, s."""
    clock: Literal["busy", "calendar"] = "busy"
    """What ages it: the time the station works, or all time. Several servers age it together:
    ``busy`` by the work of all, and it stops one of them; ``calendar`` stops all."""
    crew: Name | None = None
    """Pool of people that repairs it; None repairs at once."""
    growth: Growth | None = None
    """How ``mtbf`` grows while the plant is new."""


class Camera(Schema):
    """How well a camera inspects."""

    detects: Annotated[Share, Field(examples=["98 %"])]
    """Share of defective parts that it finds."""
    false_alarm: Annotated[Share, Field(examples=["1 %"])]
    """Share of good parts that it takes for defective."""


class Inspection(Schema):
    """A check after the work of a station, and what follows when it finds a defect."""

    detects: Share = 1.0
    """Share of defective parts that it finds."""
    false_alarm: Share = 0.0
    """Share of good parts that it takes for defective."""
    then: Annotated[
        Literal["in_place", "off_line", "scrap", "rework"], Field(examples=["in_place"])
    ]
    """What happens to a part that is found defective."""
    repair: Distribution | None = None
    """Time of a repair, s; in_place and off_line need it."""
    servers: Count | None = None
    """Repair places, off_line only; 1 if left out."""
    back_to: Name | None = None
    """Earlier station of the same line that reworks the part; rework only."""
    buffer: OpenPlaces | None = None
    """Places beside the station where parts wait to go back; without one they hold it; rework
    only."""
    by_camera: Camera | None = None
    """The shares under ``inspection_by: camera``; what follows a finding stays the same."""


class ModelWork(Schema):
    """How the work on one model differs: its own cycle time, or a factor on the station's."""

    cycle_time: Distribution | None = None
    """Time per part of this model, s."""
    factor: Positive | None = None
    """What the station's cycle time is multiplied by."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.cycle_time is None) == (self.factor is None):
            raise ValueError("needs either cycle_time or factor")
        return self


class Setup(Schema):
    """Time to change a server from one model to another; a bare time is every change's."""

    default: Duration = 0.0
    """Time of a change that ``from_to`` does not name, s."""
    from_to: dict[Name, dict[Name, Duration]] = Field(default_factory=dict)
    """Time by model before and model after, s."""


def _setup(value: Any) -> Any:
    """Expand a bare time to the time of every change."""
    return {"default": value} if isinstance(value, str | int | float) else value


def listed(value: Any) -> Any:
    """Expand a single item to a list of it."""
    return [value] if isinstance(value, Mapping | str) else value


class Work(Schema):
    """How a station works: what may differ between work by hand and automated work."""

    cycle_time: Distribution | None = None
    """Time a server needs per part, s; a bare time is constant."""
    by_model: dict[Name, ModelWork] | None = None
    """Models whose work content differs."""
    setup: Annotated[Setup | None, Shorthand(_setup, TIME_SCHEMA), Unit("s")] = None
    """Time to change over to another model, s; part of the processing time."""
    failures: Annotated[tuple[Failure, ...], Shorthand(listed)] | None = None
    """Breakdowns: one, or a list of them with names."""
    micro_stops: MicroStops | None = None
    """Short stops that come with the work; short for one more of ``failures``."""
    tool_changes: ToolChanges | None = None
    """Tool changes by count of parts; part of the processing time."""
    learning: Learning | None = None
    """How work content falls with the parts the station has started."""
    defect_learning: Learning | None = None
    """How ``defects`` fall with the parts the station has started."""
    fatigue: Fatigue | None = None
    """How work content grows within a shift."""
    defects: Share | None = None
    """Share of parts that its work makes defective."""
    inspection: Inspection | None = None
    """Check after its work."""
    crew: Annotated[NonNegative, Unit("people")] | None = None
    """People who stand at the station, for the labour hours."""
    operators: Name | None = None
    """Pool of people; the work needs one of them."""
    servers: Count | None = None
    """Parts worked at the same time; 1 if left out."""
    capital: Amount | None = None
    """What it takes to set up, paid once, in the currency of ``economics``."""
    power: Annotated[Power | None, Shorthand(while_busy, POWER_SCHEMA), Unit("kW")] = None
    """Electric power, kW; a bare one is drawn while it works."""

    def over(self, base: Work) -> dict[str, Any]:
        """Return every key of ``Work``, from here or, where nothing is said, from ``base``."""
        return {
            key: getattr(base, key) if (own := getattr(self, key)) is None else own
            for key in Work.model_fields
        }


class Station(Work):
    """A place where parts are worked, with its buffer in front."""

    name: Annotated[Name, Field(examples=["press"])]
    """Unique in the plant; its random draws hang on it."""
    count: Count | None = None
    """Makes this many stations in series, named press-1, press-2, ..."""
    buffer: OpenPlaces = 0
    """Places in front, besides those on the servers."""
    transport: Duration = 0.0
    """Time from leaving the station before to arriving here, s; occupies a place here."""
    shifts: tuple[Shift, ...] | None = None
    """When it works; replaces the shifts of its line."""
    planned: tuple[Stop, ...] = ()
    """Planned stops, such as maintenance."""
    window: Duration | None = None
    """In a paced section: time that work may run over the cycle before it stops the line, s."""
    operations: Count = 1
    """Operations it stands for, the weight in the share of automated operations."""
    work_content: Duration | None = None
    """Weight in the share of automated work content, s; the mean cycle time by hand if left out."""
    by_hand: Work | None = None
    """How it works by hand; says only what differs from the keys of the station."""
    automated: Work | None = None
    """How it works automated; says only what differs from the keys of the station."""
    always: Literal["by_hand", "automated"] | None = None
    """How a station without the two variants works, for the shares of automation."""

    @property
    def switchable(self) -> bool:
        """Whether the automation plan decides how it works."""
        return self.by_hand is not None and self.automated is not None

    @property
    def fixed_automated(self) -> bool:
        """Whether it works automated under every plan."""
        only_automated = self.automated is not None and self.by_hand is None
        return only_automated or self.always == "automated"

    def variants(self) -> dict[str, Work]:
        """Return the variants that the file states for it, by their keys."""
        variants = {"by_hand": self.by_hand, "automated": self.automated}
        return {key: work for key, work in variants.items() if work is not None}

    def takes_time(self, models: Iterable[str]) -> bool:
        """Return whether some of these models take time, by hand and automated alike."""
        ways = (True, False) if self.switchable else (self.fixed_automated,)
        stations = [self.resolved(self.name, automated=way) for way in ways]
        return all(any(s.work_on(model).mean > 0 for model in models) for s in stations)

    def names(self) -> tuple[str, ...]:
        """Return the names of the stations it stands for."""
        if self.count is None:
            return (self.name,)
        return tuple(f"{self.name}-{k}" for k in range(1, self.count + 1))

    def resolved(self, name: str, *, automated: bool) -> Station:
        """Return one of the stations it stands for, by hand or automated for good."""
        variant = (self.automated if automated else self.by_hand) or Work()
        fixed = {
            "name": name,
            "count": None,
            "by_hand": None,
            "automated": None,
            "always": "automated" if automated else "by_hand",
        }
        return self.model_copy(update=variant.over(self) | fixed)

    def work_on(self, model: str) -> Distribution | Scaled:
        """Return the time per part of a model, s, at a station without open variants.

        Raises:
            ValueError: If it has variants: none of them is chosen.
        """
        if self.cycle_time is None:
            raise ValueError(f"station {self.name} has no cycle_time")
        own = (self.by_model or {}).get(model)
        if own is None:
            return self.cycle_time
        if own.factor is not None:
            return Scaled(self.cycle_time, own.factor)
        return own.cycle_time or self.cycle_time


class Section(Schema):
    """A paced section: a moving line whose parts index together from station to station."""

    section: Annotated[Name, Field(examples=["trim"])]
    """Name, unique in the plant."""
    takt: Annotated[PositiveDuration, Field(examples=["60 s"])]
    """Shortest cycle, s of scheduled time."""
    window: Duration = 0.0
    """Window of the stations that have none of their own, s; 0 is stop and go."""
    buffer: OpenPlaces = 0
    """Places in front of the first station."""
    transport: Duration = 0.0
    """Time from the stage before into the buffer, s; needs a buffer."""
    shifts: tuple[Shift, ...] | None = None
    """When the conveyor and its stations work; replaces the shifts of the line."""
    planned: tuple[Stop, ...] = ()
    """Planned stops of the conveyor and its stations."""
    stations: Annotated[
        tuple[Station, ...],
        Field(min_length=1, examples=[[{"name": "press", "cycle_time": "52 s"}]]),
    ]
    """Positions in flow order; each holds one part."""

    @property
    def name(self) -> str:
        """Name, unique in the plant."""
        return self.section


def _stage_tag(value: Any) -> str:
    """Return the tag of a stage's class; tags wear <> so that no key looks like one."""
    paced = "section" in value if isinstance(value, Mapping) else isinstance(value, Section)
    return "<section>" if paced else "<station>"


Stage = Annotated[
    Annotated[Station, Tag("<station>")] | Annotated[Section, Tag("<section>")],
    Discriminator(_stage_tag),
]
"""A station, or a paced section (it has the key ``section``)."""
