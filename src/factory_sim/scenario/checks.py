"""What must fit together across a scenario: names, references, and what each line can do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from factory_sim.scenario import automation
from factory_sim.scenario.problems import Finding, KeyPath, nearest, suggestion
from factory_sim.scenario.schema import Place, Precision, Scenario
from factory_sim.scenario.shop import open_share
from factory_sim.scenario.station import Section, Station, Work

if TYPE_CHECKING:
    from collections.abc import Iterator
