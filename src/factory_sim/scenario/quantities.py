"""The types of the schema classes: numbers in base units, read from what engineers write.

Each type carries its reader (``readers.py``), with the range that it must lie in, and
its JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

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


def _non_negative_duration(value: object) -> float:
    return ranged(duration(value), value, "s", least=0, most=LARGEST)


def _positive_duration(value: object) -> float:
    return ranged(duration(value), value, "s", above=0, most=LARGEST)


def _share(value: object) -> float:
    return ranged(ratio(value), value, least=0, most=1)


def _inner_share(value: object) -> float:
    return ranged(ratio(value), value, above=0, below=1)


def _positive(value: object) -> float:
    return ranged(ratio(value), value, above=0, most=LARGEST)


def _non_negative(value: object) -> float:
    return ranged(ratio(value), value, least=0, most=LARGEST)


def _portion(value: object) -> float:
    return ranged(ratio(value), value, above=0, most=1)


def _at_least_one(value: object) -> float:
    return ranged(ratio(value), value, least=1, most=LARGEST)


def _more_than_one(value: object) -> float:
    return ranged(ratio(value), value, above=1, most=LARGEST)


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


def _warm_up(value: object) -> float | Literal["auto"]:
    if value == "auto":
        return "auto"
    return _non_negative_duration(value)


def _number_schema(text: str | None, **bounds: float) -> dict[str, Any]:
    """Return the JSON Schema of a number that may also be written as text."""
    if text is None:
        return {"type": "number", **bounds}
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": text}]}


_TIME_TEXT = r"^(\s*[0-9.eE+-]+\s*(ms|s|min|h|d)\s*)+$"
_PERCENT_TEXT = r"^\s*[0-9.eE+-]+\s*%\s*$"
_COUNT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}
_PLACES_SCHEMA = {"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT}
TIME_SCHEMA = _number_schema(_TIME_TEXT, minimum=0)

Duration = Annotated[
    float, PlainValidator(_non_negative_duration), WithJsonSchema(TIME_SCHEMA), Unit("s")
]
"""A time, s, at least 0."""

PositiveDuration = Annotated[
    float,
    PlainValidator(_positive_duration),
    WithJsonSchema(_number_schema(_TIME_TEXT, exclusiveMinimum=0)),
    Unit("s"),
]
"""A time, s, greater than 0."""

Share = Annotated[
    float,
    PlainValidator(_share),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, minimum=0, maximum=1)),
    Unit("%"),
]
"""A share in [0, 1]; ``5 %`` is 0.05."""

InnerShare = Annotated[
    float,
    PlainValidator(_inner_share),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, exclusiveMinimum=0, exclusiveMaximum=1)),
    Unit("%"),
]
"""A share strictly between 0 and 1."""

Positive = Annotated[
    float,
    PlainValidator(_positive),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, exclusiveMinimum=0)),
]
"""A number greater than 0, or a percentage."""

NonNegative = Annotated[
    float,
    PlainValidator(_non_negative),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, minimum=0)),
]
"""A number of at least 0, or a percentage."""

Number = Annotated[float, PlainValidator(number), WithJsonSchema({"type": "number"})]
"""Any finite number."""

Portion = Annotated[
    float,
    PlainValidator(_portion),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, exclusiveMinimum=0, maximum=1)),
    Unit("%"),
]
"""A share greater than 0, at most 1."""

AtLeastOne = Annotated[
    float,
    PlainValidator(_at_least_one),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, minimum=1)),
]
"""A factor of at least 1."""

MoreThanOne = Annotated[
    float,
    PlainValidator(_more_than_one),
    WithJsonSchema(_number_schema(_PERCENT_TEXT, exclusiveMinimum=1)),
]
"""A factor greater than 1."""

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
