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

    run.py             the plant put together, slab by slab
    beside.py          plants that differ only in the stations of sections, run as one
    context.py         what every stage is given: entry, exit, draws, what it records
    flow.py            mailboxes, joins, sources of parts, deliveries
    log.py             the records of a stage, row by row

    station.py         the asynchronous station; servers.py, repair_shop.py
    chain.py           single servers in series, advanced as a wave; hours.py
    process.py         what a part takes at a station: work, set-up, quality, tools.py
    wear.py            breakdowns on the busy clock: modes.py, maintained.py,
                       maintained_modes.py
    rows.py            addressed draws, turned into rows per part

    section.py         the paced section: parts.py, section_log.py
    cycles.py          its cycles, in general
    uniform.py         the same, faster, where all positions keep the same shifts; breaks.py
    requirements.py    what positions require of a cycle; selected.py for many plants beside
                       each other: only visits that can hold the section, selection.py
    section_work.py    what happens in each cycle: outcome.py
    ahead.py           the part of it that is computed for many cycles, and for all plants
                       of a sweep, at once: events.py, kinds.py
    section_sums.py    visits summed up within the window of the accounts; event_sums.py
    section_trace.py   visits kept for the critical path
"""

from factory_sim.engines.batch.beside import groups, run_beside
from factory_sim.engines.batch.run import refusal, run, summed_stations

__all__ = ["groups", "refusal", "run", "run_beside", "summed_stations"]
