"""What a key of a scenario refers to: its owner, its field and its unit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints

from factory_sim.scenario.model import Schema, Unit
from factory_sim.scenario.overrides import name_of, resolved
from factory_sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Subject:
    """What a key refers to, the same however the key is written.

    Attributes:
        key: As ``--set`` takes it.
        owners: Names of what has the field, the widest first, such as a station and one of
            its failures; empty for the plant. A station needs no line, since its name is
            its own.
        fields: Keys below the last owner, such as ``cycle_time`` and ``mean``.
        unit: In which the field is read: ``s``, ``%`` for a share, another, or empty.
    """

    key: str
    owners: tuple[str, ...]
    fields: tuple[str, ...]
    unit: str


def subject(scenario: Scenario, key: str, known: Any = None) -> Subject:
    """Return what a key of a scenario refers to.

    Args:
        scenario: Any that has the key.
        key: As ``--set`` takes it, by names or by places from 0: ``stations.weld.buffer``
            and ``stations.1.buffer`` differ in nothing but the key.
        known: The scenario as plain data, to save its conversion for many keys.

    Raises:
        ScenarioError: If the key leads nowhere.
    """
    content = known or json.loads(scenario.canonical)
    kinds: list[Any] = [Scenario]
    owners: list[str] = []
    fields: list[str] = []
    listing: list[str] = []
    for step in resolved(content, key, key):
        name = _owner(content, step, kinds, fields)
        if name:
            owners = [] if fields[-1:] == ["stations"] else owners
            owners.append(name)
            fields, listing = [], fields
        elif isinstance(step, str):
            fields.append(step)
        kinds = [below for kind in kinds for below in _below(kind, step)]
        content = _content(content, step)
    currency = scenario.economics.currency if scenario.economics else ""
    units = {unit.format(currency) for kind in kinds for unit in _units(kind)}
    # A name alone, such as that of a pool, needs what it is the name of.
    return Subject(
        key, tuple(owners), tuple(fields or listing), units.pop() if len(units) == 1 else ""
    )


def is_whole(scenario: Scenario, key: str, option: str) -> bool:
    """Return whether a key of a scenario takes whole numbers, and no others.

    Args:
        scenario: Any that has the key.
        key: As ``--set`` takes it.
        option: Where it stood, for the message.

    Raises:
        ScenarioError: If the key leads nowhere.
    """
    kinds: list[Any] = [Scenario]
    for step in resolved(json.loads(scenario.canonical), key, option):
        kinds = [below for kind in kinds for below in _below(kind, step)]
    return {int, float} & set(_members(kinds)) == {int}


def _content(content: Any, step: str | int) -> Any:
    """Return what stands at a key; None if it is not written."""
    if isinstance(content, dict):
        return content.get(step)
    return content[step] if isinstance(content, list) and isinstance(step, int) else None


def _owner(content: Any, step: str | int, kinds: Sequence[Any], fields: Sequence[str]) -> str:
    """Return the name that a step leads to, or nothing where it leads to a field.

    The only item of a list needs no name, unless it is a station.
    """
    if isinstance(step, str):
        return step if any(get_origin(kind) is dict for kind in _members(kinds)) else ""
    if len(content) == 1 and fields[-1:] != ["stations"]:
        return ""
    return name_of(content[step]) or f"#{step + 1}"


def _members(kinds: Sequence[Any]) -> Iterator[Any]:
    """Yield types without their annotations, of a union all its members."""
    for kind in kinds:
        origin = get_origin(kind)
        if origin is Annotated:
            yield from _members(get_args(kind)[:1])
        elif origin in (Union, UnionType):
            yield from _members(get_args(kind))
        else:
            yield kind


def _below(kind: Any, step: str | int) -> Iterator[Any]:
    """Yield the types of what may stand at a key of something of a type."""
    for member in _members([kind]):
        if isinstance(member, type) and issubclass(member, Schema):
            hints = _hints(member)
            named = member.model_fields.items()
            yield from (hints[name] for name, field in named if (field.alias or name) == step)
        elif get_origin(member) in (dict, tuple):
            yield get_args(member)[1 if get_origin(member) is dict else 0]


@cache
def _hints(schema: type[Schema]) -> dict[str, Any]:
    """Return the types of the fields of a schema, which take long to find."""
    return get_type_hints(schema, include_extras=True)


def _units(kind: Any) -> Iterator[str]:
    """Yield the units of a type: the outermost, or of a union those of all members."""
    if get_origin(kind) is Annotated:
        first, *notes = get_args(kind)
        units = [note.text for note in notes if isinstance(note, Unit)]
        yield from units[-1:] or _units(first)
    elif get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _units(member)
