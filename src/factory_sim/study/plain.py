"""Nested data as JSON and arrays, and back again to the last bit.

The outcomes of a study are frozen dataclasses of numbers, texts and arrays. They are
converted field by field, so that a field that is added later needs no change here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

PACKAGE = "factory_sim."
"""Prefix of the modules in which a class named by a file is looked up, and no others: a file
may come from anyone."""


def flattened(value: Any) -> tuple[str, list[Array]]:
    """Return a value as JSON text, and the arrays that the text refers to by number.

    Args:
        value: None, a number, a text, an array, a range, or a list, tuple, mapping, dataclass
            or pydantic model of such.

    Raises:
        TypeError: If something else is in it.
    """
    arrays: list[Array] = []
    return json.dumps(_flattened(value, arrays)), arrays


def restored(text: str, arrays: Sequence[Array]) -> Any:
    """Return the value that was :func:`flattened`; pydantic models cannot be restored.

    Raises:
        ValueError: If the text does not describe one.
    """
    try:
        return _restored(json.loads(text), arrays)
    except (KeyError, IndexError, TypeError, AttributeError, ImportError) as error:
        message = f"the text does not describe a value of this version: {error!r}"
        raise ValueError(message) from error


def content_digest(value: Any) -> str:
    """Return the SHA-256 of a value's whole content, the same in every process.

    An object that is in it many times, such as a law that thousands of devices share, is
    read once; whether it is one object or many alike makes no difference.

    Raises:
        TypeError: If something is in it that :func:`flattened` does not know.
    """
    arrays: list[Array] = []
    return _digest(_flattened(value, arrays, {}), arrays)


def _digest(tree: Any, arrays: list[Array]) -> str:
    total = hashlib.sha256(json.dumps(tree).encode())
    for array in arrays:
        total.update(array.tobytes())
    return total.hexdigest()


def _flattened(value: Any, arrays: list[Array], known: dict[int, str] | None = None) -> Any:
    """Return a value as what JSON can hold; its arrays are appended to ``arrays``.

    Args:
        value: As for :func:`flattened`.
        arrays: Of what was taken apart before.
        known: Digests of objects by identity, added to; objects are then replaced by theirs.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.hasobject:
            message = f"an array of {array.dtype} has no bytes to keep"
            raise TypeError(message)
        arrays.append(array)
        return {"array": len(arrays) - 1, "dtype": array.dtype.str, "shape": list(array.shape)}
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_flattened(item, arrays, known) for item in value]}
    if isinstance(value, Mapping):
        pairs = [[_flattened(part, arrays, known) for part in pair] for pair in value.items()]
        return {"mapping": pairs}
    if known is None:
        return _object_flattened(value, arrays, None)
    if id(value) not in known:
        ours: list[Array] = []
        known[id(value)] = _digest(_object_flattened(value, ours, known), ours)
    return {"content": known[id(value)]}


def _object_flattened(value: Any, arrays: list[Array], known: dict[int, str] | None) -> Any:
    kind, names = _fields(value)
    content = {name: _flattened(getattr(value, name), arrays, known) for name in names}
    return {kind: f"{type(value).__module__}:{type(value).__qualname__}", "fields": content}


def _fields(value: Any) -> tuple[str, list[str]]:
    """Return whether an object is a dataclass or a pydantic model, and its fields' names."""
    if is_dataclass(value):
        return "dataclass", [field.name for field in fields(value)]
    # Asked of its class, without pydantic, which only the scenario's modules import.
    if hasattr(type(value), "model_fields"):
        return "model", list(type(value).model_fields)
    message = f"{type(value).__name__} is neither plain data, an array nor a dataclass"
    raise TypeError(message)


def _restored(tree: Any, arrays: Sequence[Array]) -> Any:
    match tree:
        case None | bool() | int() | float() | str():
            return tree
        case {"array": number, "dtype": dtype, "shape": shape}:
            array = arrays[number].view(np.dtype(dtype)).reshape(shape)
            return array if shape else array[()]
        case {"range": bounds}:
            return range(*bounds)
        case {"list": items}:
            return [_restored(item, arrays) for item in items]
        case {"tuple": items}:
            return tuple(_restored(item, arrays) for item in items)
        case {"mapping": pairs}:
            return {_restored(k, arrays): _restored(v, arrays) for k, v in pairs}
        case {"dataclass": name, "fields": content}:
            return _class(name)(**{k: _restored(v, arrays) for k, v in content.items()})
    message = f"{tree!r:.60} describes nothing"
    raise ValueError(message)


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    found = getattr(import_module(module), qualified) if module.startswith(PACKAGE) else None
    if not is_dataclass(found):
        message = f"{name} is no dataclass of factory-sim"
        raise ValueError(message)
    return found
