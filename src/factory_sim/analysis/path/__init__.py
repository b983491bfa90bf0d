"""The critical path of a run, found in its records from the end to the start.

trajectory.py     the records of a run, kept whole
recorder.py       how they are kept while its slabs pass by
contents.py       set-ups and repairs told apart from work
nodes.py          events that others wait for
binding.py        which constraint bound each of them
ledger.py         where charges are added up
held.py           what a paced station did while it held its section
charges.py        what each step of a path is charged to
critical_path.py  the path itself
"""

from factory_sim.analysis.path.binding import bind
from factory_sim.analysis.path.critical_path import (
    CriticalPath,
    NoDeparture,
    critical_path,
)
from factory_sim.analysis.path.ledger import CAUSES
from factory_sim.analysis.path.recorder import Recorder, collect
from factory_sim.analysis.path.trajectory import memory, overtaken

__all__ = [
    "CAUSES",
    "CriticalPath",
    "NoDeparture",
    "Recorder",
    "bind",
    "collect",
    "critical_path",
    "memory",
    "overtaken",
]
