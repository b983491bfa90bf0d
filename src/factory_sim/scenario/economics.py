"""What a user writes about money and energy: prices, hours, and the power of stations.

Money is in the one ``currency`` of the scenario, which is free text; energy in kWh,
power in kW. Nothing here changes what is simulated.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from factory_sim.scenario.model import Schema, Unit
from factory_sim.scenario.quantities import NonNegative, Positive, Text
from factory_sim.scenario.readers import number, shown, unlike

_KILOWATTS = {"W": 1e-3, "kW": 1.0, "MW": 1e3}
_POWER = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*([kM]?W)\s*")
_LARGEST_AMOUNT = 1e15
"""Largest sum of money; the currency with the smallest unit fits a plant into it."""


def kilowatts(value: object) -> float:
    """Return a power in kW, from a number of kW or a text such as ``500 W``."""
    if isinstance(value, str) and (text := _POWER.fullmatch(value)):
        return float(text[1]) * _KILOWATTS[text[2]]
    try:
        return number(value)
    except ValueError:
        raise unlike("a power such as 5 kW or 500 W", value) from None


def _power(value: object) -> float:
    result = kilowatts(value)
    if result < 0:
        raise ValueError(f"must be at least 0 kW (got {shown(value)})")
    return result


def _amount(value: object) -> float:
    result = number(value)
    if not 0 <= result <= _LARGEST_AMOUNT:
        bound = "at least 0" if result < 0 else f"at most {_LARGEST_AMOUNT:g}"
        raise ValueError(f"must be {bound} (got {shown(value)})")
    return result


POWER_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": rf"^{_POWER.pattern}$"},
    ]
}

Kilowatts = Annotated[float, PlainValidator(_power), WithJsonSchema(POWER_SCHEMA), Unit("kW")]
"""A power, kW, at least 0."""

Amount = Annotated[
    float,
    PlainValidator(_amount),
    WithJsonSchema({"type": "number", "minimum": 0}),
    Unit("{}"),
]
"""A sum of money, at least 0."""


class Power(Schema):
    """Electric power of a station with all its servers; it draws none off shift."""

    busy: Annotated[Kilowatts, Field(examples=["5 kW"])]
    """While it works, kW; in proportion to the servers that work."""
    idle: Kilowatts = 0.0
    """On shift otherwise, kW: blocked, starved, waiting or down."""


def while_busy(value: Any) -> Any:
    """Expand a bare power to that of a station at work."""
    return {"busy": value} if isinstance(value, str | int | float) else value


class Economics(Schema):
    """Prices and hours, by which a level of automation costs and pays."""

    currency: Annotated[Text, Field(examples=["RMB"])]
    """Of all amounts; free text."""
    wage: Annotated[Amount, Field(examples=[45]), Unit("{}/h")]
    """Paid per hour of a person on shift, all contributions included."""
    hours_per_year: Annotated[Positive, Field(examples=[5000]), Unit("h")]
    """Hours in a year that the plant is on shift."""
    electricity: Annotated[Amount, Unit("{}/kWh")] | None = None
    """Price of 1 kWh; energy costs nothing if left out."""
    co2: Annotated[NonNegative, Unit("kg/kWh")] | None = None
    """Carbon dioxide of 1 kWh, kg; left out of the figures if not given."""
    base_power: Kilowatts = 0.0
    """Drawn on shift whatever the stations do, kW: light, air, conveyors."""
    margin: Annotated[Amount, Unit("{}/part")] | None = None
    """Price of a part less its material: what each part earns before the costs below. With
    it all that is made is sold; without it every level makes as much as the baseline."""
    fixed_cost: Annotated[Amount, Unit("{}/year")] = 0.0
    """Per year, whatever the level."""
    lifetime: Annotated[Positive, Unit("years")] | None = None
    """Years that the capital of stations serves; capital is no part of costs if left out."""
    interest: Annotated[NonNegative, Unit("%")] = 0.0
    """Interest per year on that capital, such as 8 %."""
