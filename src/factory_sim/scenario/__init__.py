"""The scenario language: what a user may write, read from YAML and validated."""

from __future__ import annotations

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
