"""What every schema class shares: frozen, no unknown keys, shorthands that expand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    from collections.abc import Callable


class Schema(BaseModel):
    """A mapping of the scenario file: immutable, and every key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Unit:
    """An annotation: the unit in which a number is read, where it has one.

    Attributes:
        text: Such as ``s``, ``%`` of a share, or ``{}/h``, in which {} is the currency.
    """

    text: str


@dataclass(frozen=True)
class Shorthand:
    """An annotation: a short way to write a value, expanded before it is validated.

    Attributes:
        expand: Takes what stood in the file to the full form; returns all else as it is.
        schema: JSON Schema of the short form, for editors; None if it is an item of a list.
    """

    expand: Callable[[Any], Any]
    schema: dict[str, Any] | None = field(default=None, hash=False)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the full form's core schema behind the expansion."""
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return a JSON Schema that takes either form."""
        full = handler(schema)
        return {"anyOf": [full["items"] if self.schema is None else self.schema, full]}
