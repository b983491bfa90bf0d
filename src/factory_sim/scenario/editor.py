"""The JSON Schema of scenario files, by which editors complete and check them."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from factory_sim.scenario.model import Schema
from factory_sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROVENANCE = {"source": {"$ref": "#/$defs/Source"}, "note": {"$ref": "#/$defs/Note"}}
_TEXTS = {
    "Source": {"type": "string", "description": "Where the numbers here and below come from."},
    "Note": {"type": "string", "description": "A remark."},
}
_DISCRIMINATORS = frozenset({"dist", "kind"})
"""Keys that say of which class a mapping is."""

_ABOUT = ("description", "default", "examples")
_SCALARS = frozenset({"number", "integer", "string", "boolean"})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files.

    Every mapping takes ``source`` and ``note``, and every scalar may be written
    ``{value: 52 s, source: F6}``.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    for part in _classes(Schema):
        described = schema if part is Scenario else schema["$defs"].get(part.__name__, {})
        for key in _DISCRIMINATORS & part.model_fields.keys():
            # it may have a default for callers in Python, a file must say it
            others = [other for other in described.get("required", []) if other != key]
            described["required"] = [key, *others]
        for name, text in _docstrings(part).items():
            key = part.model_fields[name].alias or name
            described.get("properties", {}).get(key, {})["description"] = text
    result: dict[str, Any] = _widened(schema)
    result["$defs"] |= _TEXTS
    result["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    result["title"] = "factory-sim scenario"
    return result


def _classes(base: type[Schema]) -> Iterator[type[Schema]]:
    """Yield all schema classes."""
    for part in base.__subclasses__():
        yield part
        yield from _classes(part)


def _docstrings(part: type[Schema]) -> dict[str, str]:
    """Return the strings that stand below the fields of a class, its bases' included.

    They are read here, not by pydantic, because reading the source costs each import
    0.1 s and only editors need it.
    """
    texts: dict[str, str] = {}
    for base in reversed(part.__mro__):
        if issubclass(base, Schema) and base is not Schema:
            definition = ast.parse(dedent(inspect.getsource(base))).body[0]
            for field, below in pairwise(ast.iter_child_nodes(definition)):
                if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                    text = ast.literal_eval(below.value)
                    texts[ast.unparse(field.target)] = text.replace("``", "`")
    return texts


def _widened(node: Any) -> Any:
    """Return a schema whose mappings take provenance and whose scalars take a wrapping."""
    if isinstance(node, list):
        return [_widened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if _is_scalar(node):
        return _wrapped(node)
    if "patternProperties" in node:
        # source and note are no names, so names must not be matched by a pattern
        (below,) = node["patternProperties"].values()
        node = {k: v for k, v in node.items() if k != "patternProperties"}
        node["additionalProperties"] = below
    result = {
        key: {name: _widened(below) for name, below in value.items()}
        if key in ("properties", "$defs")
        else _widened(value)
        if key in ("anyOf", "oneOf", "items", "additionalProperties")
        else value
        for key, value in node.items()
    }
    if node.get("type") == "object":
        result["properties"] = {**result.get("properties", {}), **_PROVENANCE}
    return result


def _is_scalar(node: dict[str, Any]) -> bool:
    """Return whether a schema describes text, numbers or a choice of words only."""
    options = node.get("anyOf")
    if options is not None and "properties" not in node:
        return all(_is_scalar(option) for option in options)
    kinds = node.get("type", "string" if "const" in node or "enum" in node else None)
    kinds = [kinds] if isinstance(kinds, str) else kinds or []
    return bool(kinds) and set(kinds) <= _SCALARS


def _wrapped(scalar: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a scalar that may also be ``{value: ..., source: ...}``."""
    about = {key: value for key, value in scalar.items() if key in _ABOUT}
    plain = {key: value for key, value in scalar.items() if key not in ("title", *_ABOUT)}
    wrapping = {
        "type": "object",
        "properties": {"value": plain, **_PROVENANCE},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {**about, "anyOf": [plain, wrapping]}
