"""The batch engine: all replications of a plant advance together, as NumPy vectors.

The recursion of a line needs, for a part at a station, only what happened to
earlier parts there and to the same part upstream. So one pass over parts and
stations, with vectors over replications, simulates all replications at once:

    start[k]  = max(leave_upstream[k] + transport, leave[k - servers])
    finish[k] = start[k] (+) work[k]              (+): outages stop the work
    leave[k]  = max(k-th smallest finish, leave_downstream[k - capacity])

Stages hand parts on through mailboxes of one place. A stage *fires* in those
replications where a part waits in each of its inlets and its outlet is empty;
firing is arithmetic, not simulated time, so the order of firing is free as long
as it follows the flow. Where no part is ever lost on the way, all replications
fire together and every state is a whole row; where parts are scrapped, the
replications drift apart and rows are gathered by index.

    context.py   what every stage is given: its entry, its exit, draws, how much it records
    rows.py      addressed draws, turned into rows per part
    process.py   what a part takes at a station: work, set-up, quality, breakdowns
    flow.py      mailboxes, sources of parts, deliveries
    station.py   the asynchronous station
    section.py   the paced section, which moves parts (parts.py) and records (section_log.py);
                 what a cycle brings is found position by position (cycles.py) or, where
                 all keep the same hours, at once (uniform.py): from draws made for many
                 cycles and for all plants of a sweep (kinds.py, ahead.py, events.py,
                 section_work.py), with visits summed up between the edges of a window
                 (section_sums.py) or also kept for what follows single parts
                 (section_trace.py), and breaks looked up for all replications together
                 (breaks.py)
    run.py       the plant put together, slab by slab
    beside.py    plants that differ only in their sections' stations, as columns of one
"""

from factory_sim.engines.batch.beside import groups, run_beside
from factory_sim.engines.batch.run import refusal, run, summed_stations

__all__ = ["groups", "refusal", "run", "run_beside", "summed_stations"]
