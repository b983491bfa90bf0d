"""An asynchronous station: parallel servers, a buffer in front, blocking after service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.flow import (
    DEFECT,
    FATE,
    MODEL,
    ONWARD,
    ORDER,
    REPAIR,
    SCRAP,
    SHOP,
    TOUCHED,
    Mailbox,
    columns,
)
from factory_sim.engines.batch.log import StationLog
from factory_sim.engines.batch.process import Process, Visit
from factory_sim.engines.batch.repair_shop import RepairShop, has_repair_shop
from factory_sim.engines.batch.rows import ALL, Columns, Count, row
from factory_sim.engines.batch.servers import Servers
from factory_sim.line.outages import Outages
from factory_sim.line.plant import UNLIMITED, diverts

if TYPE_CHECKING:
    from factory_sim.engines.batch.context import Context
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Station


class StationStage:
    """One station in all replications.

    Args:
        station: What it is.
        context: Its surroundings.
    """

    def __init__(self, station: Station, context: Context) -> None:
        replications, in_step = context.replications, context.in_step
        self.station = station
        self.inbox = Mailbox(replications, in_step=in_step, cargo=context.cargo)
        self._entry, self._exit = context.entry, context.exit
        # The first stage of a line takes its parts from the yard, at no distance.
        self._transport = 0.0 if context.first else station.transport
        self._joins = [join for _, join in context.joins]
        self._process = Process([station], context.draws, context.pace)
        self._outages = Outages(station, context.draws)
        self._diverts = diverts(station)
        self._quality = bool(station.defect_rate or station.inspection)
        self._detail = context.detail
        self._zeros = np.zeros(replications)
        self._shop = RepairShop(station, context.draws) if has_repair_shop(station) else None
        self._all = np.arange(replications)
        self._every: Columns = ALL if in_step else self._all
        self._none = np.zeros(replications, dtype=np.int64)
        self._started: Count = 0 if in_step else np.zeros(replications, dtype=np.int64)
        capacity = station.servers if station.capacity == UNLIMITED else station.capacity
        self._left = np.zeros((capacity, replications))
        self._servers = (
            Servers(station.servers, replications, context.cargo) if station.servers > 1 else None
        )
        self._log = StationLog(station, context.rows, (replications,), detail=context.detail)

    def knows_place(self) -> bool:
        """Return True: it depends on departures of the past alone."""
        return True

    def place(self, at: Columns) -> Floats | float:
        """Return when a place becomes free for the next part, (n,), s."""
        if self.station.capacity == UNLIMITED:
            return 0.0
        return row(self._left, self._count(at) % len(self._left), at)

    @property
    def last_leave(self) -> Floats:
        """When the last part left, (R,), s."""
        return row(
            self._left, (self._started - self.station.servers) % len(self._left), self._every
        )

    def fire(self) -> None:
        """Take the next part and let one depart, wherever that can be done."""
        at = self._where()
        if at is None:
            return
        part = self._count(at)
        time, cargo = self.inbox.take(at)
        if self._transport:
            time = time + self._transport
        server = self._none[at] if self._servers is None else self._servers.vacant(part, at)
        freed = row(self._left, (part - self.station.servers) % len(self._left), at)
        start = ready = np.maximum(time, freed)
        for join in self._joins:
            ready = np.maximum(ready, join.arrival(at))
        for join in self._joins:
            join.take(at, ready)
        if self._entry is not None:
            self._entry.enter(at, start, cargo)
        finish, cargo = self._work(part, at, start, ready, cargo, server)
        if isinstance(self._started, int):
            self._started += 1
        else:
            self._started[at] += 1
        self._depart(part, at, finish, cargo, server)

    def records(self) -> tuple[StationRecord, ...]:
        """Return what was recorded since the last call."""
        return (self._log.hand_over(self._outages, *self._process.strikes()),)

    def forget(self) -> None:
        """Drop outages that no later part and no account can meet."""
        # The oldest departure in the ring precedes every start still to come.
        self._outages.forget(self._left.min(axis=0))

    def _where(self) -> Columns | None:
        """Return the replications in which the station can fire."""
        able = self.inbox.full
        for join in self._joins:
            able = able & join.mailbox.full
        is_open = self._exit.is_open()
        return columns(able if is_open is True else able & is_open)

    def _count(self, at: Columns) -> Count:
        return self._started if isinstance(self._started, int) else self._started[at]

    def _work(
        self, part: Count, at: Columns, start: Floats, ready: Floats, cargo: Floats, server: Ints
    ) -> tuple[Floats, Floats]:
        """Return when the part is finished and what it then carries."""
        model = cargo[MODEL].astype(np.int64) if len(self.station.work) > 1 else self._none[at]
        defect = cargo[DEFECT] if self._quality else self._zeros[at]
        visit = self._process.visit(
            part, at, self._started, ready[None], model[None], defect[None], server[None]
        )
        work = need = visit.time[0]
        down = None
        if visit.down is not None:
            down = visit.down[0]
            need = work + down
        if visit.defect is not None:
            cargo = self._judge(visit, cargo)
        if self._outages.none:
            finish = ready + need
        else:
            floor = ready if self._servers is not None else None
            finish = self._outages.finish(ready, need, at, floor)
        self._log.begin(at, start, ready, finish, work, down)
        self._log.write_optional(at, visit)
        if self._detail:
            self._log.identify(at, server, cargo[ORDER], model)
        return finish, cargo

    def _judge(self, visit: Visit, cargo: Floats) -> Floats:
        """Return what the part carries after work that has changed its quality."""
        if visit.defect is not None:
            cargo[DEFECT] = visit.defect[0]
        if visit.found is not None:
            cargo[TOUCHED] = np.maximum(cargo[TOUCHED], visit.found[0])
        if self._diverts and visit.found is not None and visit.repair is not None:
            fate = SCRAP if self._shop is None else SHOP
            cargo[FATE] = np.where(visit.found[0], fate, ONWARD)
            cargo[REPAIR] = visit.repair[0]
        return cargo

    def _depart(
        self, part: Count, at: Columns, finish: Floats, cargo: Floats, server: Ints
    ) -> None:
        """Let the part go that frees the next server."""
        departure, leaver = part, part
        if self._servers is None:
            leave = np.maximum(finish, self._exit.place(at))
            if self._diverts:
                leave = np.where(cargo[FATE] == ONWARD, leave, finish)
        else:
            self._servers.occupy(part, at, server, finish, cargo)
            departure = part - (self.station.servers - 1)
            if isinstance(departure, int):
                if departure < 0:
                    return
            else:
                departing = np.flatnonzero(departure >= 0)
                at, departure = self._all[at][departing], departure[departing]
            place = self._exit.place(at)
            leave, cargo, leaver = self._servers.release(at, place, diverts=self._diverts)
        self._left[departure % len(self._left), at] = leave
        self._log.end(at, leave, leaver)
        if self._diverts:
            self._divert(at, leave, cargo)
        else:
            self._exit.pass_on(at, leave, cargo)

    def _divert(self, at: Columns, leave: Floats, cargo: Floats) -> None:
        """Send each departing part where the inspection decided."""
        columns = self._all[at]
        for fate in (SHOP, SCRAP, ONWARD):
            chosen = np.flatnonzero(cargo[FATE] == fate)
            if not chosen.size:
                continue
            to, time, part = columns[chosen], leave[chosen], cargo[:, chosen]
            part[FATE] = ONWARD
            if fate == ONWARD:
                self._exit.pass_on(to, time, part)
            elif self._exit.ledger is not None:
                if self._shop is not None:
                    repaired = self._shop.repair(to, time, part[REPAIR])
                    self._exit.ledger.deliver(to, repaired, part)
                else:
                    self._exit.ledger.scrap(to, time)
