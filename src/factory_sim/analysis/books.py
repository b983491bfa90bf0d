"""The books of a run: the tallies from which its accounts are made, slab by slab.

Plants that are simulated side by side share their tallies, as columns: the overhead of a
tally is then paid once for all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.accounts import Accounts, units
from factory_sim.analysis.audit import Audit
from factory_sim.analysis.bottleneck import ActivePeriods
from factory_sim.analysis.deliveries import DeliveryTally
from factory_sim.analysis.devices import by_class
from factory_sim.analysis.labour import labour_hours
from factory_sim.analysis.layout import Layout
from factory_sim.analysis.section_states import SectionTally
from factory_sim.analysis.states import StationTally
from factory_sim.engines import groups, simulate, simulate_beside
from factory_sim.line.draws import Draws
from factory_sim.line.plant import Section
from factory_sim.line.shared_draws import SharedDraws

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from factory_sim.engines import Engine
    from factory_sim.engines.record import Slab
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant


def account(
    plant: Plant, seed: int, replications: range, begin: float, end: float, engine: Engine
) -> Accounts:
    """Simulate replications of a plant and return their accounts, audited.

    Args:
        plant: What to simulate.
        seed: Of the draws.
        replications: Which ones, a contiguous range of R.
        begin: Start of the window, s.
        end: End of the window and of the simulation, s.
        engine: Which engine runs it.
    """
    columns = [replications]
    if engine == "reference":
        columns = [range(one, one + 1) for one in replications]
    window = (begin, end)
    parts = []
    for some in columns:
        run = simulate(plant, Draws(seed, some), end, engine, window=window)
        parts.append(tally(plant, run, begin, end, len(some)))
    return Accounts.merge(parts)


def account_together(
    plants: Sequence[Plant], seed: int, replications: range, begin: float, end: float
) -> list[Accounts]:
    """Simulate replications of several plants on the batch engine, on draws made once.

    Those that differ only in what their paced sections hold advance together; the others
    advance in turn, so that each reads the draws while they are kept. Their accounts are those
    of :func:`account`, to the bit.

    Args:
        plants: What to simulate.
        seed: Of the draws.
        replications: Which ones, a contiguous range of R.
        begin: Start of the window, s.
        end: End of the window and of the simulation, s.

    Returns:
        The accounts of each plant.
    """
    shared = SharedDraws(seed, replications)
    places = groups(plants)
    beside = [[plants[place] for place in some] for some in places]
    books = [_Books(some, begin, end, len(replications)) for some in beside]
    readers = [shared.reader() for _ in beside]
    runs = {
        number: simulate_beside(some, readers[number], end, (begin, end))
        for number, some in enumerate(beside)
    }
    while runs:
        for number, run in list(runs.items()):
            slab = next(run, None)
            if slab is None:
                del runs[number]
                readers[number].retire()
            else:
                books[number].add(slab)
        shared.seal()
    found = {
        place: accounts
        for some, book in zip(places, books, strict=True)
        for place, accounts in zip(some, book.close(), strict=True)
    }
    return [found[place] for place in range(len(plants))]


def tally(
    plant: Plant, slabs: Iterable[Slab], begin: float, end: float, replications: int
) -> Accounts:
    """Reduce a run to its accounts.

    Args:
        plant: What was simulated.
        slabs: The run, up to ``end`` at least.
        begin: Start of the window, s.
        end: End of the window, s.
        replications: R, the columns of the slabs.
    """
    books = _Books([plant], begin, end, replications)
    for slab in slabs:
        books.add(slab)
    (accounts,) = books.close()
    return accounts


class _Books:
    """The tallies of the run of one plant, or of some side by side, slab by slab.

    Args:
        plants: The plants; all have the stations, the shifts and the flow of the first.
        begin: Start of the window, s.
        end: End of the window, s.
        replications: R of each.
    """

    def __init__(
        self, plants: Sequence[Plant], begin: float, end: float, replications: int
    ) -> None:
        self._plants, self._layout = plants, Layout(len(plants), replications)
        plant = plants[0]
        self._stations: list[StationTally] = []
        self._sections: dict[int, SectionTally] = {}
        for stage in (stage for line in plant.lines for stage in line.stages):
            if isinstance(stage, Section):
                section = SectionTally(stage, begin, end, self._layout)
                self._sections[len(self._stations)] = section
                self._stations += section.positions
            else:
                self._stations.append(StationTally(stage, begin, end, self._layout))
        self._deliveries = DeliveryTally(begin, end, self._layout.columns)
        self._periods = ActivePeriods(plant, begin, end, self._layout)
        self._audit = Audit(plant, begin, end, self._layout)

    def add(self, slab: Slab) -> None:
        """Add a slab."""
        for station, record in zip(self._stations, slab.stations, strict=True):
            if not record.summed:
                station.add(record)
        for (first, section), cycles in zip(self._sections.items(), slab.sections, strict=True):
            records = slab.stations[first : first + len(section.positions)]
            section.add(cycles, [record.outages for record in records])
        self._deliveries.add(slab)
        self._periods.add(slab)
        self._audit.add(slab)

    def close(self) -> list[Accounts]:
        """Return the accounts of each plant, audited."""
        every = _accounts(
            self._plants[0],
            self._stations,
            list(self._sections.values()),
            self._deliveries,
            self._periods,
            self._labour(),
        )
        found = []
        for number in range(len(self._plants)):
            at = self._layout.of(number)
            one = every.chosen(at, self._periods.layout.of(number))
            findings = self._audit.findings(number, one, self._deliveries.longest[at])
            found.append(replace(one, findings=findings))
        return found

    def _labour(self) -> Floats:
        """Return the hours that people are paid for in each plant: all else is of the first."""
        hours = {t.station.name: t.scheduled() / 3600.0 for t in self._stations}
        paid = [
            labour_hours(
                plant, {name: spent[self._layout.of(number)] for name, spent in hours.items()}
            )
            for number, plant in enumerate(self._plants)
        ]
        return np.concatenate(paid)


def _accounts(
    plant: Plant,
    stations: Sequence[StationTally],
    sections: Sequence[SectionTally],
    deliveries: DeliveryTally,
    periods: ActivePeriods,
    labour: Floats,
) -> Accounts:
    """Return the accounts made of the tallies of a plant."""
    by_name = {tally.station.name: index for index, tally in enumerate(stations)}
    stops, lost = np.zeros((2, deliveries.delivered.size, len(stations)))
    alone = {tally.station.name: tally.alone() for tally in stations}
    for section in sections:
        alone[section.section.name] = section.alone()
        columns = [by_name[station.name] for station in section.section.stations]
        stops[:, columns], lost[:, columns] = section.stops.T, section.lost.T
    last = by_name[list(plant.main.stations())[-1].name]
    span = deliveries.end - deliveries.begin
    modes = [tally.by_mode() for tally in stations]
    device_failures, device_downtime = by_class(plant, modes, deliveries.delivered.size)
    responses = zip(*(tally.responses() for tally in stations), strict=True)
    awaited, unseen, planned = (np.stack(some, axis=1) for some in responses)
    median, p95 = deliveries.lead_time_quantiles(0.50, 0.95)
    return Accounts(
        begin=deliveries.begin,
        end=deliveries.end,
        units=units(plant),
        delivered=deliveries.delivered,
        scrapped=deliveries.scrapped,
        throughput=3600.0 * deliveries.delivered / span,
        scheduled_throughput=_per_hour(deliveries.delivered, stations[last].scheduled()),
        lead_time=deliveries.lead_time(),
        lead_time_p50=median,
        lead_time_p95=p95,
        wip=deliveries.wip(),
        first_time_through=deliveries.first_time_through(),
        states=np.stack([tally.states() for tally in stations], axis=1),
        processed=np.stack([tally.processed for tally in stations], axis=1),
        defective=np.stack([tally.defective for tally in stations], axis=1),
        caught=np.stack([tally.caught for tally in stations], axis=1),
        setup=np.stack([tally.setup() for tally in stations], axis=1),
        failures=np.stack([tally.failures() for tally in stations], axis=1),
        repairs=np.stack([tally.repairs for tally in stations], axis=1),
        stops=stops,
        lost=lost,
        bottleneck=periods.shares(),
        alone=np.stack([alone[name] for name in units(plant)], axis=1),
        labour_hours=labour,
        series=deliveries.series(),
        daily=deliveries.daily,
        device_failures=device_failures,
        device_downtime=device_downtime,
        awaited=awaited,
        unseen=unseen,
        planned=planned,
    )


def _per_hour(count: Floats, seconds: Floats) -> Floats:
    rate: Floats = 3600.0 * np.divide(count, seconds, out=np.zeros_like(count), where=seconds > 0)
    return rate
