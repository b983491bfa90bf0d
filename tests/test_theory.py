"""The engines against exact results: chains, queues, renewal theory.

A figure passes when it lies within four standard errors of the exact value, and when
four standard errors are so small that a wrong model would not pass. Many short
replications cost less than a few long ones: the engine advances them all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.books import account
from factory_sim.analysis.theory import chains, failures, mixes, paced, queues
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.failures import Failure
from factory_sim.line.plant import UNLIMITED, Line, Orders, Plant, Section, Station
from plants import Constant, Exponential, Uniform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.engines import Engine
    from factory_sim.line.arrays import Floats


def assert_exact(samples: Floats, exact: float, *, sharp: float) -> None:
    """Compare the mean of independent samples (R,) with the exact value.

    Args:
        samples: One per replication.
        exact: What their mean must be.
        sharp: How far off a figure may be, relative, and pass at all.
    """
    half_width = 4 * samples.std(ddof=1) / np.sqrt(samples.size)
    assert half_width < sharp * exact, f"4 s.e. are {half_width / exact:.2%} of the value"
    assert abs(samples.mean() - exact) < half_width


def simulated(
    plant: Plant,
    end: float,
    *,
    replications: int = 640,
    warm_up: float = 0.1,
    engine: Engine = "batch",
) -> Accounts:
    """Return the accounts of a plant after a warm-up, given as a share of the horizon."""
    accounts = account(plant, 5, range(replications), warm_up * end, end, engine)
    assert accounts.findings == ()
    return accounts


def rate(plant: Plant, end: float, **options: float) -> Floats:
    """Return the parts per second of each replication, (R,)."""
    return simulated(plant, end, **options).throughput / 3600.0


def line(*stages: Station | Section, **more: object) -> Plant:
    return Plant("line", (Line("main", stages),), **more)


def exponential_line(
    rates: Sequence[float], buffers: Sequence[int], servers: Sequence[int] | None = None
) -> Plant:
    """Return a saturated line with exponential work times; buffers in front of 1, 2, ..."""
    return line(
        *(
            Station(f"s{n}", (Exponential(1 / r),), servers=c, buffer=b)
            for n, (r, b, c) in enumerate(
                zip(rates, (0, *buffers), servers or [1] * len(rates), strict=True)
            )
        )
    )


@pytest.mark.parametrize(
    ("rates", "buffers", "servers"),
    [
        ((1, 1), (0,), None),
        ((1, 1), (1,), None),
        ((1, 0.8), (4,), None),
        ((1, 1, 1), (0, 0), None),
        ((1, 1.3, 0.8), (2, 1), None),
        ((0.7, 1, 1.2), (4, 0), None),
        ((0.5, 1), (2,), (2, 1)),
        ((1, 0.5), (0,), (1, 2)),
        ((0.5, 1.1, 0.4), (1, 3), (2, 1, 3)),
    ],
)
def test_exponential_lines_have_the_throughput_of_their_markov_chain(
    rates: tuple[float, ...], buffers: tuple[int, ...], servers: tuple[int, ...] | None
) -> None:
    exact = chains.markov_line_throughput(rates, buffers, servers)
    assert_exact(rate(exponential_line(rates, buffers, servers), 400.0), exact, sharp=0.01)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (exponential_line((1, 1), (1,)), ((1, 1), (2,))),
        (exponential_line((1, 1, 1), (0, 0)), ((1, 1, 1), (0, 1))),
        (exponential_line((0.5, 1), (2,), (3, 1)), ((0.5, 1), (2,), (2, 1))),
        (exponential_line((1, 1.02), (3,)), ((1, 1), (3,))),
    ],
)
def test_a_wrong_line_does_not_pass_for_the_one_meant(given: Plant, meant: tuple) -> None:
    """Negative control: a place, a server or 2 % of speed too much is seen."""
    exact = chains.markov_line_throughput(*meant)
    with pytest.raises(AssertionError):
        assert_exact(rate(given, 400.0), exact, sharp=0.01)


def test_known_throughputs_of_balanced_lines() -> None:
    """2/3 for two stations, 22/39 for three, without buffers; Hunt (1956)."""
    assert_exact(rate(exponential_line((1, 1), (0,)), 400.0), 2 / 3, sharp=0.01)
    assert_exact(rate(exponential_line((1, 1, 1), (0, 0)), 400.0), 22 / 39, sharp=0.01)


@pytest.mark.parametrize(
    ("feeder_rates", "feeder_buffers", "upstream"),
    [
        ((1.0,), (1,), None),
        ((1.0, 0.8), (2, 1), None),
        ((1.0, 1.5), (1, 3), (1.1, 2)),
    ],
)
def test_an_assembly_has_the_throughput_of_its_markov_chain(
    feeder_rates: tuple[float, ...],
    feeder_buffers: tuple[int, ...],
    upstream: tuple[float, int] | None,
) -> None:
    exact = chains.assembly_throughput(1.2, feeder_rates, feeder_buffers, upstream=upstream)
    buffer = 0 if upstream is None else upstream[1]
    before = () if upstream is None else (Station("first", (Exponential(1 / upstream[0]),)),)
    main = Line("main", (*before, Station("join", (Exponential(1 / 1.2),), buffer=buffer)))
    feeders = [
        Line(f"f{n}", (Station(f"f{n}.0", (Exponential(1 / r),)),), joins="join", buffer=b)
        for n, (r, b) in enumerate(zip(feeder_rates, feeder_buffers, strict=True))
    ]
    assert_exact(rate(Plant("assembly", (main, *feeders)), 400.0), exact, sharp=0.01)


def breakdowns(clock: str, up: float, down: float, crew: str | None = None) -> tuple[Failure, ...]:
    return (Failure("jam", clock, Exponential(up), Exponential(down), crew),)


def test_an_unbuffered_line_that_breaks_down_has_the_efficiency_of_buzacott() -> None:
    mtbf, mttr = (2000.0, 1000.0, 4000.0, 1500.0), (20.0, 15.0, 60.0, 10.0)
    plant = line(
        *(
            Station(f"s{n}", (Constant(1.0),), failures=breakdowns("busy", up, down))
            for n, (up, down) in enumerate(zip(mtbf, mttr, strict=True))
        )
    )
    exact = failures.unbuffered_efficiency(mtbf, mttr)
    assert_exact(rate(plant, 3000.0, warm_up=0.2, replications=320), exact, sharp=0.01)


def test_two_stations_that_break_down_keep_what_their_buffer_saves() -> None:
    mtbf, mttr, buffer = (1000.0, 800.0), (100.0, 100.0), 40
    first, second = (
        Station(f"s{n}", (Constant(2.0),), failures=breakdowns("busy", up, down))
        for n, (up, down) in enumerate(zip(mtbf, mttr, strict=True))
    )
    plant = line(first, Station(**{**vars(second), "buffer": buffer}))
    exact = failures.two_station_efficiency(mtbf, mttr, storage=2.0 * buffer)
    busy = 2.0 * rate(plant, 20_000.0, replications=160, warm_up=0.2)
    assert_exact(busy, exact, sharp=0.015)
    assert exact > 1.025 * failures.unbuffered_efficiency(mtbf, mttr)  # the buffer matters


def queue(work: Constant | Exponential, load: float, *, servers: int = 1, stations: int = 1):
    """Return stations in a row with unlimited queues, and orders that arrive at random."""
    stages = (Station(f"s{n}", (work,), servers=servers, buffer=UNLIMITED) for n in range(stations))
    return line(*stages, arrivals=Exponential(work.mean / (load * servers)))


@pytest.mark.parametrize(
    ("plant", "exact", "end"),
    [
        (queue(Exponential(2.0), 0.7), queues.mm1(0.35, 2.0) + 2.0, 5000.0),
        (queue(Exponential(2.0), 0.7, servers=3), queues.mmc(1.05, 2.0, 3) + 2.0, 1500.0),
        (queue(Constant(2.0), 0.7), queues.md1(0.35, 2.0) + 2.0, 2000.0),
        (queue(Exponential(2.0), 0.6, stations=3), 3 * (queues.mm1(0.3, 2.0) + 2.0), 2000.0),
    ],
    ids=["M/M/1", "M/M/3", "M/D/1", "three M/M/1 in a row (Jackson)"],
)
def test_queues_have_their_exact_lead_time(plant: Plant, exact: float, end: float) -> None:
    lead_time = simulated(plant, end, warm_up=0.2).lead_time
    assert_exact(lead_time, exact, sharp=0.03)


def test_a_queue_has_its_exact_median_and_95th_percentile() -> None:
    """The lead time of M/M/1 is exponential."""
    accounts = simulated(queue(Exponential(2.0), 0.5), 5000.0, warm_up=0.2)
    for samples, share in ((accounts.lead_time_p50, 0.50), (accounts.lead_time_p95, 0.95)):
        assert_exact(samples, -4.0 * np.log(1 - share), sharp=0.03)


def test_a_queue_of_constant_work_does_not_pass_for_one_of_random_work() -> None:
    """Negative control."""
    lead_time = simulated(queue(Constant(2.0), 0.7), 2000.0, warm_up=0.2).lead_time
    with pytest.raises(AssertionError):
        assert_exact(lead_time, queues.mm1(0.35, 2.0) + 2.0, sharp=0.03)


def stop_and_go(takt: float, positions: int, window: float = 0.0) -> Plant:
    stations = (Station(f"p{n}", (Uniform(40.0, 70.0),), window=window) for n in range(positions))
    return line(Section("moving", takt, tuple(stations)))


@pytest.mark.parametrize(("takt", "positions"), [(60.0, 1), (60.0, 5), (0.0, 4), (80.0, 3)])
def test_a_stop_and_go_section_has_its_exact_rate(takt: float, positions: int) -> None:
    exact = paced.paced_line_rate(takt, lambda w: float(np.clip((w - 40) / 30, 0, 1)), positions)
    samples = rate(stop_and_go(takt, positions), 50_000.0, replications=64)
    if takt > 70:  # nobody is ever late
        np.testing.assert_allclose(samples, 1 / takt, atol=1 / 45_000)
    else:
        assert_exact(samples, exact, sharp=0.01)


def test_a_window_that_forgives_delays_is_not_stop_and_go() -> None:
    """Negative control."""
    exact = paced.paced_line_rate(60.0, lambda w: float(np.clip((w - 40) / 30, 0, 1)), 5)
    samples = rate(stop_and_go(60.0, 5, window=5.0), 50_000.0, replications=64)
    with pytest.raises(AssertionError):
        assert_exact(samples, exact, sharp=0.01)


def test_a_station_works_when_it_is_on_shift_and_not_down() -> None:
    """Failures on the calendar clock age through breaks, so the two are independent."""
    calendar = Calendar(100.0, (Interval(30.0, 45.0), Interval(80.0, 90.0)))
    station = Station(
        "only", (Constant(3.4),), calendar=calendar, failures=breakdowns("calendar", 90.0, 10.0)
    )
    accounts = simulated(line(station), 4000.0)
    shares = dict(zip(STATES, accounts.states[:, 0].T, strict=True))
    np.testing.assert_allclose(shares["off"], 0.25, rtol=1e-9)
    assert_exact(shares["down"], 0.75 * 0.1, sharp=0.04)
    assert_exact(shares["busy"], 0.75 * 0.9, sharp=0.01)
    assert_exact(accounts.throughput / 3600, 0.75 * 0.9 / 3.4, sharp=0.01)
    assert_exact(accounts.alone[:, 0] / 3600, 0.9 / 3.4, sharp=0.01)


@pytest.mark.parametrize("servers", [1, 2])
def test_set_ups_cost_what_the_order_mix_makes_them_cost(servers: int) -> None:
    weights, setup = (0.5, 0.3, 0.2), ((0.0, 2.0, 3.0), (1.0, 0.0, 4.0), (0.5, 2.5, 0.0))
    station = Station("only", (Exponential(5.0),) * 3, servers=servers, setup=setup)
    plant = line(station, orders=Orders(("a", "b", "c"), weights))
    exact = servers / (5.0 + mixes.mean_setup(weights, setup))
    assert_exact(rate(plant, 2000.0), exact, sharp=0.01)


@pytest.mark.parametrize(("crew", "end", "sharp"), [(1, 5000.0, 0.14), (2, 20_000.0, 0.04)])
def test_machines_that_share_a_repair_crew_have_the_availability_of_palm(
    crew: int, end: float, sharp: float
) -> None:
    machines, mtbf, mttr = 5, 100.0, 40.0
    # Few parts: what is looked at are failures and repairs.
    stations = (
        Station(
            f"s{n}",
            (Constant(300.0),),
            failures=breakdowns("calendar", mtbf, mttr, "mechanics"),
        )
        for n in range(machines)
    )
    plant = line(*stations, pools={"mechanics": crew})
    accounts = simulated(plant, end, replications=16, engine="reference")
    down = accounts.states[:, :, STATES.index("down")].mean(axis=1)
    assert_exact(1 - down, failures.machine_repair(machines, crew, mtbf, mttr), sharp=sharp)
    with pytest.raises(AssertionError):  # negative control: a person more
        assert_exact(1 - down, failures.machine_repair(machines, crew + 1, mtbf, mttr), sharp=sharp)
