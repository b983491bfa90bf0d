"""What plants differ in: keys and their values, in the words of readers.

What a key is called, in which unit, and how its values are written is decided here, for
the points of a sweep and for two scenarios, for figures, pages and the terminal, in every
language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from factory_sim.study.phrases import Phrase
from factory_sim.study.sweep.axes import AUTOMATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from factory_sim.report.texts import Catalogue
    from factory_sim.study.phrases import Value

    Record = Mapping[str, Any]

BEFORE_STATION = re.compile(r"(^|, )(?:[^=,]*\.)?stations\.")
# As options take it; readers want a space between the two.
NUMBER_AND_UNIT = re.compile(r"^([\d.]+)([A-Za-z%]+)$")
BETWEEN = " | "
"""Stands between keys, and between their values in the same order."""


def short(text: str) -> str:
    """Return a label or a key without what stands before the name of a station, which is its own.

    ``stations.weld.buffer=6`` and ``lines.main.stations.weld.buffer=6`` are ``weld.buffer=6``.
    """
    return BEFORE_STATION.sub(r"\1", text)


@dataclass(frozen=True)
class Key:
    """A key that was varied or changed, in the words of readers.

    Attributes:
        key: As the record has it.
        owner: Whose field it is, such as a station; empty for the plant.
        field: What it is, such as ``mean cycle time``.
        name: Both, such as ``buffer of weld``.
        unit: As the schema has it: ``s``, ``%`` of a share, another, or empty.
    """

    key: str
    owner: str
    field: str
    name: str
    unit: str

    @property
    def unit_of_values(self) -> str:
        """The unit that values leave to the head of their column; see :meth:`value`."""
        return "" if self.unit in ("s", "%") else self.unit

    def head(self, say: Catalogue) -> str:
        """Return the head of a column of its values."""
        unit = say.unit(self.unit_of_values)
        return say.with_unit(self.name, "" if unit == self.field else unit)  # people of a pool

    def value(self, point: Record) -> str:
        """Return what a point, as plain data, has for it: as written, times and shares with unit.

        A bare time is one of seconds, a bare share is one of 1; ``6min`` is ``6 min``.
        """
        if self.key == AUTOMATION and point["level"] is not None:
            return f"{100 * point['level']:.4g} %"
        return self.with_unit(str(point["settings"][self.key]))

    def with_unit(self, text: str) -> str:
        """Return a value as a scenario has it, a bare time or share with its unit."""
        try:
            number = float(text)
        except ValueError:
            return NUMBER_AND_UNIT.sub(r"\1 \2", text)
        return {"s": f"{text} s", "%": f"{100 * number:.4g} %"}.get(self.unit, text)


def varied(record: Record, say: Catalogue) -> tuple[Key, ...]:
    """Return what readers call the keys of a sweep, however they are written.

    Args:
        record: The sweep as plain data. In one of an earlier version keys are called by
            themselves.
        say: The texts of a language.
    """
    known = {about["key"]: about for about in record.get("varied", ())}
    return tuple(described_key(key, known.get(key), say) for key in record["keys"])


def described_key(key: str, about: Record | None, say: Catalogue) -> Key:
    """Return what readers call a key.

    Args:
        key: As the record has it.
        about: What it is about, as plain data; see :class:`Subject`. None if an earlier
            version wrote the record: the key is called by itself.
        say: The texts of a language.
    """
    if key == AUTOMATION:
        return Key(key, "", say("chart.level"), say("chart.level"), "%")
    if about is None:
        return Key(key, "", short(key), short(key), "")
    owner, field = "/".join(about["owners"]), ""
    for above, name in pairwise(["", *about["fields"]]):
        texts = f"field.{above}.{name}", f"field.{name}"
        text = next(filter(say.has, texts), "setting.field")
        field = say(text, of=field, field=name.replace("_", " ")).strip()
    name = say("setting.of", field=field, owner=owner) if owner and field else owner or field
    return Key(key, owner, field, name or say(f"whole.{about['fields'][-1]}"), about["unit"])


def changed_key(change: Record, say: Catalogue) -> Key:
    """Return what readers call a changed key, from its record in a diff."""
    return described_key(change["key"], change.get("about"), say)


def called(counted: Record, say: Catalogue) -> str:
    """Return what readers call changes that are counted together, from their record in a diff.

    They are counted by a key, a station or a line, or by several.
    """
    if "about" not in counted:
        return short(counted["label"])
    return " + ".join(described_key(one["key"], one, say).name for one in counted["about"])


def names_of_changes(record: Record, say: Catalogue) -> dict[str, str]:
    """Return what readers call all that the changes of a diff are counted by, by its key."""
    known = (one for counted in record["changes"] for one in counted.get("about", ()))
    return {one["key"]: described_key(one["key"], one, say).name for one in known}


def values(keys: Sequence[Key], point: Record) -> str:
    """Return what a point has for every key: what a row is called whose head names the keys."""
    return BETWEEN.join(key.value(point) for key in keys)


def names(keys: Sequence[Key], say: Catalogue) -> str:
    """Return the head of such rows."""
    return BETWEEN.join(key.head(say) for key in keys)


def labels(record: Record, say: Catalogue) -> dict[str, str]:
    """Return what readers call the points of a sweep, by their label in its files.

    ``stations.1.buffer=6`` is ``buffer of weld = 6``.
    """
    keys = varied(record, say)
    return {
        point["label"]: say("setting.and").join(_settings(keys, point, say))
        for point in record["points"]
    }


def _settings(keys: Sequence[Key], point: Record, say: Catalogue) -> Iterator[str]:
    for key in keys:
        value = key.value(point)
        is_level = key.key == AUTOMATION
        yield value if is_level else say("setting.is", name=key.name, value=value)


def relabelled(said: Phrase, called: Mapping[str, str]) -> Phrase:
    """Return a phrase in which points or changes have other labels.

    Args:
        said: Such as a note of a sweep.
        called: The labels; see :func:`labels` and :func:`names_of_changes`.
    """
    return Phrase(said.key, tuple((name, _value(value, called)) for name, value in said.values))


def _value(value: Value, called: Mapping[str, str]) -> Value:
    if isinstance(value, tuple):
        return tuple(called.get(text, text) for text in value)
    return called.get(value, value) if isinstance(value, str) else value
