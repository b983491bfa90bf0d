"""Type checks of the arguments of the public functions, with messages for users.

An argument is checked by its name, which means the same in all of these functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from factory_sim.scenario.readers import shown
from factory_sim.scenario.schema import Scenario

P = ParamSpec("P")
R = TypeVar("R")


def _several(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _settings(value: object) -> bool:
    each = value.values() if isinstance(value, Mapping) else ()
    return _several(value) and all(isinstance(one, str) or _several(one) for one in each)


def _texts(value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(isinstance(one, str) for one in value)


Kind = tuple[Callable[[Any], bool], str]


def _one_of(*words: str) -> Kind:
    return words.__contains__, f"one of {', '.join(words)}"


_SCENARIO: Kind = (lambda x: isinstance(x, Scenario), "what factory_sim.load returns")
_WHOLE: Kind = (lambda x: isinstance(x, Integral), "a whole number")
_SHARE: Kind = (lambda x: isinstance(x, Real), "a share such as 0.3")

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("scenario", "a", "b"), _SCENARIO),
    **dict.fromkeys(("replications", "seed", "workers", "samples", "measure"), _WHOLE),
    "orders_sampled": _WHOLE,
    **dict.fromkeys(("level", "fastest_takt"), _SHARE),
    "engine": _one_of("auto", "batch", "reference"),
    "by": _one_of("key", "station", "line"),
    "automation": (
        lambda x: isinstance(x, Iterable),
        "levels such as '0:1:0.1', or a list of shares",
    ),
    "vary": (_settings, "a list such as ['stations.weld.buffer=2:8:2'], or values by key"),
    "overrides": (_texts, "a list such as ['stations.weld.buffer=6']"),
    "text": (lambda x: isinstance(x, str), "the text of a YAML file"),
    "executor": (lambda x: hasattr(x, "submit"), "an executor of concurrent.futures"),
    "chunks": (lambda x: isinstance(x, Path), "a pathlib.Path"),
    "progress": (callable, "a function of how many are done, and of how many"),
}
"""By name of an argument: whether a value is accepted, and what it must be, in words."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function to check the types of its arguments before it runs.

    The ``TypeError`` that it raises names the function, the argument, and what it must be.
    """
    known = signature(function)

    @wraps(function)
    def checking(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in known.bind(*args, **kwargs).arguments.items():
            fits, words = KINDS.get(name, (_anything, ""))
            if value is not known.parameters[name].default and not fits(value):
                message = f"{function.__name__}: {name} must be {words} (got {shown(value)})"
                raise TypeError(message)
        return function(*args, **kwargs)

    return checking


def _anything(_value: object) -> bool:
    return True
