"""The JSON Schema of scenario files, by which editors complete and check them."""

from __future__ import annotations

from typing import Any

from factory_sim.scenario.schema import Scenario

_PROVENANCE = {
    "source": {"type": "string", "description": "Where the numbers here and below come from."},
    "note": {"type": "string", "description": "A remark."},
}
_SCALARS = frozenset({"number", "integer", "string", "boolean"})


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files.

    Every mapping takes ``source`` and ``note``, and every scalar may be written
    ``{value: 52 s, source: F6}``.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    result: dict[str, Any] = _widened(schema)
    result["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    result["title"] = "factory-sim scenario"
    return result


def _widened(node: Any) -> Any:
    """Return a schema whose mappings take provenance and whose scalars take a wrapping."""
    if isinstance(node, list):
        return [_widened(item) for item in node]
    if not isinstance(node, dict):
        return node
    if _is_scalar(node):
        return _wrapped(node)
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
    about = {key: scalar[key] for key in ("description", "default", "examples") if key in scalar}
    plain = {key: value for key, value in scalar.items() if key not in ("title", *about)}
    wrapping = {
        "type": "object",
        "properties": {"value": plain, **_PROVENANCE},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {**about, "anyOf": [plain, wrapping]}
