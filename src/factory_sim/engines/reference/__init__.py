"""The reference engine: one replication as SimPy processes, written to be read.

Every part is a process that queues for places, servers, components and people;
every calendar and every failure on the wall clock is a process that stops its
station and lets it go on; every paced section is a process that waits for its
takt, its stations, its next part and a place for the part that leaves. Nothing
is computed ahead, so what happens here is what the words of the model say. It
is the oracle for the batch engine, and the engine for what that one cannot
express: rework loops, shared operators and shared repair crews.

    clock.py         exact time, and pools that serve first come, first served
    readings.py      addressed draws, read one after the other
    availability.py  calendars and failures on the wall clock: work goes on or stops
    wear.py          failures on the busy clock
    flow.py          parts, and what they pass through
    source.py        where parts come from: orders, models, arrivals
    ends.py          where they go: delivered, thrown away, built in
    workplace.py     one station: components, set-up, work, repair, inspection
    station.py       the asynchronous station
    section.py       the paced section
    deadlock.py      asking for a place, and loops in which all wait for all
    log.py           what is written down, and the records made of it
    run.py           the plant put together
"""

from factory_sim.engines.reference.deadlock import Deadlock
from factory_sim.engines.reference.run import run

__all__ = ["Deadlock", "run"]
