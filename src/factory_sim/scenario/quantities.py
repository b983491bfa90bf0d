"""The types of the schema classes: numbers in base units, read from what engineers write.

Each type carries its reader (``readers.py``), with the range that it must lie in, and
its JSON Schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from factory_sim.scenario.model import Unit
from factory_sim.scenario.readers import (
    CLOCK,
    DAY,
    DAYS,
    LARGEST,
    LARGEST_COUNT,
    clock,
    days,
    duration,
    integer,
    moment,
    name,
    number,
    ranged,
    ratio,
    unlike,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

_KEYWORDS = {
    "least": "minimum",
    "above": "exclusiveMinimum",
    "most": "maximum",
    "below": "exclusiveMaximum",
}
"""What JSON Schema calls the bounds."""


def _number_schema(text: str, **bounds: float) -> dict[str, Any]:
    """Return the JSON Schema of a number that may also be written as text."""
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": text}]}


@dataclass(frozen=True)
class Ranged:
    """An annotation: a number in a range, which its reader and its JSON Schema share.

    Attributes:
        read: Returns in base units what stands in a file.
        text: Pattern of how it may be written beside a bare number.
        unit: In which a bound that is broken is told.
        least, above: The lower bound, included or not; None for none.
        most, below: The upper bound, included or not; ``LARGEST`` if left out.
    """

    read: Callable[[object], float]
    text: str
    unit: str = ""
    least: int | None = None
    above: int | None = None
    most: int | None = None
    below: int | None = None

    def __call__(self, value: object) -> float:
        """Return what a value of a file means.

        Raises:
            ValueError: If it cannot be read, or is out of the range.
        """
        return ranged(self.read(value), value, self.unit, **self._bounds)

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        bounds = {_KEYWORDS[name]: bound for name, bound in self._stated().items()}
        return _number_schema(self.text, **bounds)

    @cached_property
    def _bounds(self) -> dict[str, float]:
        stated = self._stated()
        return stated if self.below is not None else {"most": LARGEST} | stated

    def _stated(self) -> dict[str, float]:
        bounds = {name: getattr(self, name) for name in _KEYWORDS}
        return {name: bound for name, bound in bounds.items() if bound is not None}

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the core schema of its reader."""
        return PlainValidator(self).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return its JSON Schema."""
        return self.schema()


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise unlike("true or false", value)
    return value


def _whole(value: object) -> int:
    return int(ranged(integer(value), value, least=0))


def _count(value: object) -> int:
    return int(ranged(integer(value), value, least=1, most=LARGEST_COUNT))


def _places(value: object) -> int | Literal["unlimited"]:
    if value == "unlimited":
        return "unlimited"
    if isinstance(value, str):
        raise unlike("a whole number or unlimited", value)
    return _finite_places(value)


def _finite_places(value: object) -> int:
    return int(ranged(integer(value), value, least=0, most=LARGEST_COUNT))


_TIME_TEXT = r"^(\s*[0-9.eE+-]+\s*(ms|s|min|h|d)\s*)+$"
_PERCENT_TEXT = r"^\s*[0-9.eE+-]+\s*%\s*$"
_TIME = Ranged(duration, _TIME_TEXT, "s", least=0)
TIME_SCHEMA = _TIME.schema()
_COUNT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}
_PLACES_SCHEMA = {"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT}


def _warm_up(value: object) -> float | Literal["auto"]:
    return "auto" if value == "auto" else _TIME(value)


Duration = Annotated[float, _TIME, Unit("s")]
"""A time, s, at least 0."""

PositiveDuration = Annotated[float, Ranged(duration, _TIME_TEXT, "s", above=0), Unit("s")]
"""A time, s, greater than 0."""

Share = Annotated[float, Ranged(ratio, _PERCENT_TEXT, least=0, most=1), Unit("%")]
"""A share in [0, 1]; ``5 %`` is 0.05."""

InnerShare = Annotated[float, Ranged(ratio, _PERCENT_TEXT, above=0, below=1), Unit("%")]
"""A share strictly between 0 and 1."""

Portion = Annotated[float, Ranged(ratio, _PERCENT_TEXT, above=0, most=1), Unit("%")]
"""A share greater than 0, at most 1."""

Positive = Annotated[float, Ranged(ratio, _PERCENT_TEXT, above=0)]
"""A number greater than 0, or a percentage."""

NonNegative = Annotated[float, Ranged(ratio, _PERCENT_TEXT, least=0)]
"""A number of at least 0, or a percentage."""

AtLeastOne = Annotated[float, Ranged(ratio, _PERCENT_TEXT, least=1)]
"""A factor of at least 1."""

MoreThanOne = Annotated[float, Ranged(ratio, _PERCENT_TEXT, above=1)]
"""A factor greater than 1."""

Number = Annotated[float, PlainValidator(number), WithJsonSchema({"type": "number"})]
"""Any finite number."""

Switch = Annotated[bool, PlainValidator(_switch), WithJsonSchema({"type": "boolean"})]
"""On or off."""

Whole = Annotated[int, PlainValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]
"""A whole number of at least 0, of any size."""

Count = Annotated[int, PlainValidator(_count), WithJsonSchema(_COUNT_SCHEMA)]
"""A whole number from 1 to a million."""

FinitePlaces = Annotated[
    int, PlainValidator(_finite_places), WithJsonSchema(_PLACES_SCHEMA), Unit("places")
]
"""A whole number from 0 to a million."""

OpenPlaces = Annotated[
    int | Literal["unlimited"],
    PlainValidator(_places),
    WithJsonSchema({"anyOf": [_PLACES_SCHEMA, {"const": "unlimited"}]}),
    Unit("places"),
]
"""Places for parts, or ``unlimited``."""

WarmUp = Annotated[
    float | Literal["auto"],
    PlainValidator(_warm_up),
    WithJsonSchema({"anyOf": [TIME_SCHEMA, {"const": "auto"}]}),
    Unit("s"),
]
"""A time, s, or ``auto``."""

Clock = Annotated[
    float,
    PlainValidator(clock),
    WithJsonSchema(_number_schema(rf"^{CLOCK.pattern}$", minimum=0, maximum=DAY)),
]
"""A time of day, s after midnight."""

Moment = Annotated[
    float,
    PlainValidator(moment),
    WithJsonSchema({"type": ["string", "number"], "examples": ["mon 06:00"]}),
]
"""A moment of the week, s after Monday 00:00."""

Days = Annotated[
    tuple[str, ...],
    BeforeValidator(days),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"enum": list(DAYS)}}]}
    ),
]
"""Days of the week, in its order."""

Name = Annotated[
    str, PlainValidator(name), WithJsonSchema({"type": "string", "pattern": r"^[^/*?\[\]]+$"})
]
"""What something is called."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise unlike("text in quotes", value)
    return value


Text = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
"""Free text."""
