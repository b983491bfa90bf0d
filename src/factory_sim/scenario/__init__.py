"""The scenario language: what a user may write, read from YAML and validated.

Names are imported when they are first used: a worker that simulates a compiled plant needs
the distributions alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.lazily import importer

if TYPE_CHECKING:
    from factory_sim.scenario.automation import Shares
    from factory_sim.scenario.editor import json_schema
    from factory_sim.scenario.example import EXAMPLE
    from factory_sim.scenario.figures import Figure
    from factory_sim.scenario.loader import load, loads, rebuilt
    from factory_sim.scenario.overrides import Setting
    from factory_sim.scenario.problems import Problem, ScenarioError
    from factory_sim.scenario.schema import Precision, Scenario

__all__ = [
    "EXAMPLE",
    "Figure",
    "Precision",
    "Problem",
    "Scenario",
    "ScenarioError",
    "Setting",
    "Shares",
    "json_schema",
    "load",
    "loads",
    "rebuilt",
]

__getattr__ = importer(
    __name__,
    {
        "EXAMPLE": "factory_sim.scenario.example",
        "Figure": "factory_sim.scenario.figures",
        "Precision": "factory_sim.scenario.schema",
        "Problem": "factory_sim.scenario.problems",
        "Scenario": "factory_sim.scenario.schema",
        "ScenarioError": "factory_sim.scenario.problems",
        "Setting": "factory_sim.scenario.overrides",
        "Shares": "factory_sim.scenario.automation",
        "json_schema": "factory_sim.scenario.editor",
        "load": "factory_sim.scenario.loader",
        "loads": "factory_sim.scenario.loader",
        "rebuilt": "factory_sim.scenario.loader",
    },
)
