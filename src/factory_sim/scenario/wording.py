"""Messages for the errors of the validator, in terms of the user's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import Tag

from factory_sim.scenario.model import Schema
from factory_sim.scenario.problems import Finding, KeyPath, nearest, suggestion
from factory_sim.scenario.readers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Mistake:
    """An error of the validator, related to the file and to the schema.

    Attributes:
        kind: The validator's name for it, such as ``missing``.
        path: Its key in the file, without what shorthands and tags add.
        value: The value there.
        schema: The class of the mapping it is in, if known.
        field: The field of this class, if the key is known.
        context: Details from the validator.
        expected: The class of the mapping required there, if one is.
    """

    kind: str
    path: KeyPath
    value: Any
    schema: type[Schema] | None
    field: FieldInfo | None
    context: Mapping[str, Any]
    expected: type[Schema] | None = None

    @property
    def key(self) -> str:
        """The key itself, without those above it."""
        return str(self.path[-1]) if self.path else ""

    @property
    def example(self) -> Any:
        """An example of a valid value, or None."""
        return self.field.examples[0] if self.field and self.field.examples else None

    @property
    def known_keys(self) -> tuple[str, ...]:
        """The keys that its mapping may have."""
        return tuple(keys(self.schema)) if self.schema else ()

    @property
    def meant(self) -> str | None:
        """The known key closest to a misspelt one; None if none is close."""
        return nearest(self.key, self.known_keys)

    def finding(self) -> Finding:
        """Return it with a message that says what is wrong and what to write."""
        words = _WORDING.get(self.kind)
        if words is None:
            return Finding(self.path, f"does not fit here (got {shown(self.value)})")
        return Finding(self.path, words(self))


def keys(schema: type[Schema]) -> dict[str, FieldInfo]:
    """Return the fields of a schema class by the key that stands for them in the file."""
    return {field.alias or name: field for name, field in schema.model_fields.items()}


def mistakes(
    error: ValidationError, root: type[Schema], data: Any, most: int | None = None
) -> list[Mistake]:
    """Return what the validator found wrong in some data.

    Args:
        error: What it raised.
        root: The class it validated.
        data: The plain data of the file.
        most: How many are returned, None for all.
    """
    return [_mistake(details, root, data) for details in error.errors(include_url=False)[:most]]


def _mistake(details: ErrorDetails, root: type[Schema], data: Any) -> Mistake:
    location = details["loc"]
    kind = details["type"]
    schema, field, expected = _place(location, root)
    path = _file_path(location, data)
    context = details.get("ctx", {})
    if kind == "union_tag_invalid":
        path = (*path, _DISCRIMINATORS.get(context["discriminator"], "dist"))
    return Mistake(kind, path, _at(data, path, details["input"]), schema, field, context, expected)


def _is_tag(key: object) -> bool:
    """Return whether an element of a location is a union tag, which is written in <>."""
    return isinstance(key, str) and key.startswith("<") and key.endswith(">")


def _file_path(location: Sequence[str | int], data: Any) -> KeyPath:
    """Return the key in the file that a location means.

    Tags of unions, the index of a single item that stands for a list, and the
    keys that a shorthand expands to are not in the file.
    """
    path: list[str | int] = []
    node = data
    for key in location:
        if isinstance(node, dict) and isinstance(key, str) and (key in node or not _is_tag(key)):
            path.append(key)
            node = node.get(key)
        elif isinstance(node, list) and isinstance(key, int):
            path.append(key)
            node = node[key]
        elif not isinstance(node, dict | list):
            break
    return tuple(path)


def _at(data: Any, path: KeyPath, default: Any) -> Any:
    """Return what stands at a key of the file."""
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return default
    return data


def _place(
    location: Sequence[str | int], root: type[Schema]
) -> tuple[type[Schema] | None, FieldInfo | None, type[Schema] | None]:
    """Return the schema class and field at which a location ends, and the class expected there."""
    annotation: Any = root
    schema: type[Schema] | None = None
    field: FieldInfo | None = None
    for key in location:
        annotation = _plain(annotation)
        origin = get_origin(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Schema):
            schema, field = annotation, keys(annotation).get(str(key))
            annotation = field.annotation if field else None
        elif origin is dict:
            annotation = get_args(annotation)[1]
        elif origin is tuple:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            annotation = _tagged(annotation).get(str(key))
        else:
            return schema, None, None
    annotation = _plain(annotation)
    is_schema = isinstance(annotation, type) and issubclass(annotation, Schema)
    return schema, field, annotation if is_schema else None


def _plain(annotation: Any) -> Any:
    """Return an annotation without its metadata and without None."""
    while True:
        members = [a for a in get_args(annotation) if a is not NoneType]
        if get_origin(annotation) is Annotated or (
            get_origin(annotation) in (Union, UnionType) and len(members) == 1
        ):
            annotation = members[0]
        else:
            return annotation


def _tagged(union: Any) -> dict[str, Any]:
    """Return the members of a union by their tags."""
    return {
        mark.tag: get_args(member)[0]
        for member in get_args(union)
        if get_origin(member) is Annotated
        for mark in get_args(member)[1:]
        if isinstance(mark, Tag)
    }


def _choices(words: str, value: Any) -> str:
    """Return what to write instead of a value that is none of the listed words."""
    known = [word.strip(" '<>") for word in words.replace(" or ", ",").split(",")]
    near = nearest(value, known) if isinstance(value, str) else None
    hint = f"; did you mean {near}?" if near else ""
    return f"must be one of {', '.join(known)} (got {shown(value)}){hint}"


def _missing(mistake: Mistake) -> str:
    example = mistake.example
    if example is None:
        return f"is missing; write {mistake.key}:"
    return f"is missing; write {mistake.key}: {yaml_text(example)}"


def yaml_text(value: Any) -> str:
    """Return plain data in the flow style of YAML, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {yaml_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_text, value)) + "]"
    quoted = isinstance(value, str) and (":" in value or value.startswith("*"))
    return f'"{value}"' if quoted else str(value)


def _mapping(mistake: Mistake) -> str:
    fields = keys(mistake.expected) if mistake.expected else {}
    known = sorted(fields, key=lambda key: not fields[key].is_required())
    keys_text = f" with keys such as {', '.join(known[:3])}" if known else ""
    return f"must be a mapping, key: value{keys_text} (got {shown(mistake.value)})"


_DISCRIMINATORS = {"_kind_of()": "kind"}
"""The key that selects the member of a union, where it is not ``dist``."""

_SIGNAL = "must have a kind: {kind: current, idle: 0.5, working: 12, unit: A}"

_DISTRIBUTION = "must be a time such as 52 s, or have a dist: {dist: gamma, mean: 52 s, cv: 0.3}"


def _missing_tag(mistake: Mistake) -> str:
    """Return what to write where the key that selects the member of a union is missing."""
    discriminator = mistake.context["discriminator"]
    expected = _SIGNAL if discriminator in _DISCRIMINATORS else _DISTRIBUTION
    return f"{expected} (got {shown(mistake.value)})"


_WORDING: dict[str, Callable[[Mistake], str]] = {
    "missing": _missing,
    "extra_forbidden": lambda m: f"unknown key{suggestion(m.key, m.known_keys)}",
    "value_error": lambda m: str(m.context["error"]),
    "literal_error": lambda m: _choices(m.context["expected"], m.value),
    "union_tag_invalid": lambda m: _choices(m.context["expected_tags"], m.value),
    "union_tag_not_found": _missing_tag,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
    "tuple_type": lambda m: f"must be a list, [a, b] (got {shown(m.value)})",
    "too_short": lambda m: "must not be empty",
    "string_type": lambda m: f"must be text (got {shown(m.value)}); put it in quotes",
}
