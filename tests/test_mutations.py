"""Seeded bugs: what a wrong engine or a wrong account would do, and who notices.

The audit must name the law that is broken. What no law of a single run can tell, such
as a defect that is overlooked, must break the agreement of the two engines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from factory_sim.analysis import books as module
from factory_sim.analysis.books import tally
from factory_sim.analysis.deliveries import DeliveryTally
from factory_sim.analysis.states import StationTally
from factory_sim.engines import batch
from factory_sim.engines.batch.chain import ChainStage, _Places
from factory_sim.engines.batch.flow import CARGO, Ledger
from factory_sim.engines.batch.hours import Hours
from factory_sim.engines.batch.station import StationStage
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.draws import Draws, Stream
from factory_sim.line.failures import Failure
from factory_sim.line.outages import Outages
from factory_sim.line.plant import Inspection, Line, Plant, Section, Station
from plants import Exponential, Uniform
from test_engines import assert_engines_agree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from factory_sim.engines.record import Slab, StationRecord

END, WARM_UP, REPLICATIONS = 400.0, 100.0, range(4)

SCRAP = Inspection(detects=0.9, false_alarm=0.0, then="scrap")


def line(*stations: Station | Section, feeders: tuple[Line, ...] = ()) -> Plant:
    return Plant("line", (Line("main", stations), *feeders))


PLANT = line(
    Station("a", (Exponential(1.0),)),
    Station("b", (Exponential(1.8),), servers=2, buffer=1, transport=0.3),
    Station(
        "c",
        (Uniform(0.5, 1.2),),
        buffer=2,
        calendar=Calendar(50.0, (Interval(20.0, 25.0),)),
        failures=(
            Failure("jam", "busy", Exponential(20.0), Exponential(3.0)),
            Failure("fuse", "calendar", Exponential(40.0), Exponential(4.0)),
        ),
    ),
    Station("d", (Exponential(0.9),), buffer=0),
    feeders=(Line("f", (Station("f0", (Exponential(0.9),)),), joins="d", buffer=2),),
)
PACED = line(
    Station("a", (Exponential(1.0),)),
    Section("s", 1.0, tuple(Station(f"p{n}", (Uniform(0.5, 1.3),)) for n in range(3)), buffer=2),
    Station("d", (Exponential(0.9),), buffer=1),
)


def changed(plant: Plant, name: str, **fields: object) -> Plant:
    """Return a plant with another station (of the main line) or section of that name."""
    stages = tuple(replace(s, **fields) if s.name == name else s for s in plant.main.stages)
    return replace(plant, lines=(replace(plant.main, stages=stages), *plant.lines[1:]))


def laws(plant: Plant, slabs: Iterable[Slab] | None = None) -> set[str]:
    """Return the findings of the audit, each without the time of its first breach."""
    if slabs is None:
        slabs = batch.run(plant, Draws(1, REPLICATIONS), END)
    accounts = tally(plant, slabs, WARM_UP, END, len(REPLICATIONS))
    return {finding.law for finding in accounts.findings}


def played(plant: Plant) -> Iterator[Slab]:
    """Return the run of another plant than the one that is audited."""
    return batch.run(plant, Draws(1, REPLICATIONS), END)


def rewritten(plant: Plant, name: str, edit: Callable[[StationRecord], StationRecord]) -> set[str]:
    """Return the findings when the records of one station are not what happened."""
    slabs = (
        replace(
            slab,
            stations=tuple(edit(r) if r.station.name == name else r for r in slab.stations),
        )
        for slab in played(plant)
    )
    return laws(plant, slabs)


@pytest.mark.parametrize("plant", [PLANT, PACED])
def test_a_right_engine_breaks_no_law(plant: Plant) -> None:
    assert laws(plant) == set()


def test_a_station_that_is_freed_before_the_part_has_a_place_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StationStage, "place", lambda self, at: 0.0)
    monkeypatch.setattr(ChainStage, "place", lambda self, at: 0.0)
    monkeypatch.setattr(_Places, "inside", lambda self, step: 0.0)
    assert {
        "places: a part leaves a for a full b",
        "places: a part leaves b for a full c",
        "places: a part leaves c for a full d",
    } <= laws(PLANT)


def test_a_server_that_takes_a_part_while_it_is_blocked_is_noticed() -> None:
    def hasty(record: StationRecord) -> StationRecord:
        start = record.start.copy()
        start[1:] = np.minimum(start[1:], record.finish[:-1])
        return replace(record, start=start, ready=np.maximum(start, record.ready))

    found = rewritten(PLANT, "a", hasty)
    assert "servers: a part starts at a on an occupied server" in found


def test_a_server_too_many_is_noticed() -> None:
    found = laws(PLANT, played(changed(PLANT, "b", servers=3)))
    assert "servers: a part starts at b on an occupied server" in found
    found = laws(PLANT, played(changed(PLANT, "c", servers=2)))
    assert "servers: a part starts at c on an occupied server" in found


@pytest.mark.parametrize(
    ("plant", "name", "law"),
    [
        (PLANT, "b", "places: a part leaves a for a full b"),
        (PLANT, "d", "places: a part leaves c for a full d"),
        (PACED, "s", "places: a part leaves a for a full s"),
        (PACED, "d", "places: a part leaves p2 for a full d"),
    ],
)
def test_a_buffer_place_too_many_is_noticed(plant: Plant, name: str, law: str) -> None:
    stage = next(stage for stage in plant.main.stages if stage.name == name)
    found = laws(plant, played(changed(plant, name, buffer=stage.buffer + 1)))
    law = law.replace("full s", "full p0")  # a section is entered at its first position
    assert law in found


def test_a_place_too_many_at_a_join_is_noticed() -> None:
    feeder = replace(PLANT.lines[1], buffer=3)
    found = laws(PLANT, played(replace(PLANT, lines=(PLANT.main, feeder))))
    assert "places: a part leaves f0 for a full d" in found


def test_work_that_goes_on_through_an_outage_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outages, "finish", lambda self, ready, need, at, floor: ready + need)
    monkeypatch.setattr(Hours, "interrupt", lambda self, ready, need, finish: None)
    assert "work: c spends more or less than its work" in laws(PLANT)


def test_a_repair_that_is_not_made_is_noticed() -> None:
    found = rewritten(PLANT, "c", lambda record: replace(record, down=record.down * 0.0))
    assert "work: c spends more or less than its work" in found


def test_work_before_the_components_are_there_is_noticed() -> None:
    found = rewritten(PLANT, "d", lambda record: replace(record, ready=record.start - 0.1))
    assert "order: d has components before the part" in found


def test_a_part_that_leaves_unfinished_is_noticed() -> None:
    found = rewritten(PLANT, "d", lambda record: replace(record, leave=record.leave - 0.1))
    assert "order: a part leaves d before it is finished" in found


@pytest.mark.parametrize(
    ("counts", "law"),
    [
        (DeliveryTally, "parts: the deliveries do not match the window"),
        (StationTally, "parts: the parts finished at a station do not match the window"),
    ],
)
def test_a_warm_up_that_is_not_cut_is_noticed(
    monkeypatch: pytest.MonkeyPatch, counts: type, law: str
) -> None:
    def uncut(*arguments: object) -> object:
        *first, _, end, replications = arguments
        return counts(*first, 0.0, end, replications)

    monkeypatch.setattr(module, counts.__name__, uncut)
    assert law in laws(PLANT)


def test_lead_times_counted_from_elsewhere_are_noticed() -> None:
    slabs = (replace(slab, born=0.0 * slab.born) for slab in played(PLANT))
    assert "Little: work in process, throughput and lead time do not fit" in laws(PLANT, slabs)


def test_deliveries_that_are_lost_are_noticed() -> None:
    """Every other part seems never to leave, and to pile up."""
    slabs = (
        replace(
            slab,
            delivered=slab.delivered[::2],
            born=slab.born[::2],
            touched=slab.touched[::2],
        )
        for slab in played(PLANT)
    )
    assert "parts: more parts are in the plant than it has places" in laws(PLANT, slabs)


def test_scrap_that_is_also_delivered_is_noticed() -> None:
    plant = changed(PLANT, "b", defect_rate=0.5, inspection=SCRAP)
    slabs = (
        replace(
            slab,
            delivered=np.concatenate([slab.delivered, slab.scrapped]),
            born=np.concatenate([slab.born, slab.scrapped]),
            touched=np.concatenate([slab.touched, slab.scrapped < np.inf]),
        )
        for slab in played(plant)
    )
    assert laws(plant) == set()
    assert "parts: more parts left the plant than entered it" in laws(plant, slabs)


SCRAPS = changed(PLANT, "b", defect_rate=0.5, inspection=SCRAP)


def test_the_engines_agree_before_anything_is_broken() -> None:
    assert_engines_agree(SCRAPS, 1)


def test_scrap_that_is_delivered_instead_breaks_the_agreement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def escape(ledger: Ledger, at: object, time: np.ndarray) -> None:
        ledger.deliver(at, time, np.zeros((CARGO, time.size)))

    monkeypatch.setattr(Ledger, "scrap", escape)
    with pytest.raises(AssertionError, match="delivered"):
        assert_engines_agree(SCRAPS, 1)


def test_a_defect_that_is_overlooked_breaks_the_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    run = batch.run
    blind = replace(SCRAP, detects=0.8)
    blinded = changed(SCRAPS, "b", inspection=blind)
    monkeypatch.setattr(batch, "run", lambda plant, *args, **more: run(blinded, *args, **more))
    with pytest.raises(AssertionError):
        assert_engines_agree(SCRAPS, 1)


@pytest.mark.parametrize("change", [{"servers": 1}, {"buffer": 0}, {"transport": 0.0}])
def test_an_engine_that_is_too_slow_or_too_fast_breaks_the_agreement(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, float]
) -> None:
    run = batch.run
    wrong = changed(PLANT, "b", **change)
    monkeypatch.setattr(batch, "run", lambda plant, *args, **more: run(wrong, *args, **more))
    with pytest.raises(AssertionError):
        assert_engines_agree(PLANT, 1)


def test_draws_that_begin_anew_with_each_chunk_break_the_agreement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engines read in chunks of different sizes."""
    quick = line(Station("a", (Exponential(0.05),)), Station("b", (Exponential(0.05),), buffer=2))
    assert_engines_agree(quick, 1)

    class Forgetful(Stream):
        def __init__(self, *address: object) -> None:
            self._address = address
            super().__init__(*address)

        def take(self, parts: int) -> np.ndarray:
            return Stream(*self._address).take(parts)

    monkeypatch.setattr(
        Draws,
        "stream",
        lambda draws, *address: Forgetful(draws.seed, *address, draws.replications),
    )
    with pytest.raises(AssertionError):
        assert_engines_agree(quick, 1)
