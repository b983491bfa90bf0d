"""The Markov chains of lines and assemblies, verified by independent routes.

The routes are published tables, closed forms, limits, reversal, and simulation straight
from the rules of a line:

    start[k] = max(leave_up[k], leave[k - c]),  leave_up[j] >= leave[j - capacity].
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory_sim.analysis.theory import chains
from factory_sim.analysis.theory.chains import assembly_throughput, markov_line_throughput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS, PARTS, CUT = 300, 1_500, 200
rates = st.floats(0.1, 10.0)
solved = settings(max_examples=50)
"""For what solves a chain or an integral: no race against a busy machine."""

EXACT = 1e-9
"""Relative; the chains are solved to 1e-13 of their flow."""


def fits(samples: Floats, truth: float, *, sharp: float = 0.01) -> bool:
    """Return whether the mean of samples (R,) is the truth, within 4 standard errors.

    The test must mean something: 4 standard errors may be ``sharp`` of the truth at most.
    """
    half_width = 4 * samples.std(ddof=1) / math.sqrt(samples.size)
    assert half_width < sharp * truth
    return bool(abs(samples.mean() - truth) < half_width)


# --- serial lines with exponential work times


def line_cycles(
    work_rates: Sequence[float], buffers: Sequence[int], servers: Sequence[int]
) -> Floats:
    """Return the mean time between departures (RUNS,) of a simulated line."""
    rng = np.random.default_rng(1)
    run = np.arange(RUNS)
    nothing = np.zeros(RUNS)
    leave: list[list[Floats]] = [[] for _ in servers]
    finish = [np.full((c, RUNS), np.inf) for c in servers]
    freed = [run] * len(servers)
    # A station knows its k-th departure once its parts up to k + c - 1 have begun, so it
    # follows the station before it at a distance of c - 1 departures.
    lag = np.cumsum([c - 1 for c in servers])
    for step in range(PARTS + int(lag[-1])):
        for s, c in enumerate(servers):
            k = step - int(lag[s])
            if k < 0:
                continue
            for part in range(c) if k == 0 else [k + c - 1]:
                arrive = leave[s - 1][part] if s else nothing
                begin = np.maximum(arrive, leave[s][part - c] if part >= c else nothing)
                server = part if k == 0 else freed[s]
                finish[s][server, run] = begin + rng.exponential(1 / work_rates[s], RUNS)
            freed[s] = finish[s].argmin(axis=0)
            gone = finish[s].min(axis=0)
            if s < len(buffers) and k >= servers[s + 1] + buffers[s]:
                gone = np.maximum(gone, leave[s + 1][k - servers[s + 1] - buffers[s]])
            leave[s].append(gone)
    return (leave[-1][PARTS - 1] - leave[-1][CUT - 1]) / (PARTS - CUT)


@pytest.mark.parametrize(
    ("stations", "buffer", "throughput"),
    [
        (2, 0, 2 / 3),
        (2, 1, 3 / 4),
        (2, 4, 6 / 7),
        (3, 0, 22 / 39),
    ],
)
def test_balanced_lines_reach_their_exact_throughput(
    stations: int, buffer: int, throughput: float
) -> None:
    found = markov_line_throughput([1.0] * stations, [buffer] * (stations - 1))
    assert found == pytest.approx(throughput, rel=EXACT)


@pytest.mark.parametrize(
    ("stations", "buffer", "throughput"),
    [
        (3, 0, 0.5641),  # Hunt (1956)
        (4, 0, 0.5148),
        (3, 1, 0.6705),  # Hillier & Boling (1967)
        (3, 2, 0.7340),
        (5, 0, 0.4858),
        (6, 0, 0.4667),
    ],
)
def test_balanced_lines_match_published_tables(
    stations: int, buffer: int, throughput: float
) -> None:
    found = markov_line_throughput([1.0] * stations, [buffer] * (stations - 1))
    assert round(found, 4) == throughput


@given(
    first=rates,
    second=rates,
    buffer=st.integers(0, 30),
    before=st.integers(1, 4),
    after=st.integers(1, 4),
)
@solved
def test_two_stations_are_a_birth_and_death_process(
    first: float, second: float, buffer: int, before: int, after: int
) -> None:
    places = buffer + after
    shares = [1.0]
    for q in range(places + before):
        up = first * (before - max(0, q - places))
        shares.append(shares[-1] * up / (second * min(q + 1, after)))
    busy = np.minimum(np.arange(len(shares)), after)
    expected = second * float(np.dot(shares, busy)) / math.fsum(shares)
    found = markov_line_throughput([first, second], [buffer], [before, after])
    assert found == pytest.approx(expected, rel=EXACT)


@given(line=st.lists(st.tuples(rates, st.integers(0, 3)), min_size=2, max_size=4))
@solved
def test_a_line_run_backwards_has_the_same_throughput(line: list[tuple[float, int]]) -> None:
    # Holes travel upstream as parts travel downstream: Yamazaki & Sakasegawa (1975).
    speeds, buffers = [r for r, _ in line], [b for _, b in line[1:]]
    forwards = markov_line_throughput(speeds, buffers)
    backwards = markov_line_throughput(speeds[::-1], buffers[::-1])
    assert forwards == pytest.approx(backwards, rel=EXACT)


@pytest.mark.parametrize(
    ("speeds", "buffers"),
    [
        ([1.0, 1.3, 0.9, 1.1], [14, 12, 16]),  # about 4,600 states
        pytest.param(
            [1.0, 1.3, 0.9, 1.1, 1.2], [9, 7, 8, 10], marks=pytest.mark.slow
        ),  # about 13,000, and costly to solve
    ],
)
def test_a_chain_of_many_states_is_solved_as_exactly(
    speeds: list[float], buffers: list[int]
) -> None:
    forwards = markov_line_throughput(speeds, buffers)
    assert forwards == pytest.approx(markov_line_throughput(speeds[::-1], buffers[::-1]), rel=EXACT)
    assert forwards < min(speeds)


def test_a_slow_station_sets_the_pace_of_a_long_line_with_buffers() -> None:
    # Rates a thousand apart leave most states unseen: 1e-100 and less.
    assert markov_line_throughput([1e3, 1.0, 1e3], [30, 30]) == pytest.approx(1.0, rel=EXACT)


@pytest.mark.parametrize(
    ("speeds", "buffers", "servers"),
    [
        ((1.0, 1.5, 0.8), (1, 2), (1, 1, 1)),
        ((0.5, 1.0, 0.4), (0, 1), (2, 1, 3)),
        ((1.0, 0.3), (0,), (2, 4)),
    ],
)
def test_the_chain_of_a_line_agrees_with_its_rules(
    speeds: tuple[float, ...], buffers: tuple[int, ...], servers: tuple[int, ...]
) -> None:
    cycles = line_cycles(speeds, buffers, servers)
    assert fits(cycles, 1 / markov_line_throughput(speeds, buffers, servers))
    # One more place would be noticed.
    more = [b + 1 for b in buffers]
    assert not fits(cycles, 1 / markov_line_throughput(speeds, more, servers))


@given(rate=rates, servers=st.integers(1, 5))
def test_a_station_alone_works_all_the_time(rate: float, servers: int) -> None:
    assert markov_line_throughput([rate], [], [servers]) == rate * servers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 1.0], []), "2 stations need 1 buffers and 2 counts of servers"),
        (([], []), "0 stations need 0 buffers"),
        (([1.0, 0.0], [1]), "every rate must be positive and finite"),
        (([1.0, math.nan], [1]), "every rate must be positive and finite"),
        (([1.0, 1.0], [-1]), "buffers must be 0 or more"),
        (([1.0, 1.0], [1], [1, 0]), "every station needs a server"),
        (([1.0] * 5, [100] * 4), "may have .* states, and at most 1,000,000 are solved"),
    ],
)
def test_lines_that_have_no_chain_are_refused(
    arguments: tuple[list[float], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        markov_line_throughput(*arguments)  # type: ignore[arg-type]


def test_a_chain_that_does_not_converge_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "ROUNDS", 1)
    with pytest.raises(ArithmeticError, match="did not converge"):
        markov_line_throughput([1.0, 2.0, 3.0], [5, 5])


# --- assembly


def assembly_cycles(
    rate: float,
    feeder_rates: Sequence[float],
    feeder_buffers: Sequence[int],
    upstream: tuple[float, int] | None,
) -> Floats:
    """Return the mean time between departures (RUNS,) of a simulated assembly station."""
    rng = np.random.default_rng(2)

    def work(speed: float) -> Floats:
        return rng.exponential(1 / speed, (PARTS, RUNS))

    def at(times: list[Floats], k: int) -> Floats | float:
        return times[k] if k >= 0 else 0.0

    main_work, works = work(rate), [work(r) for r in feeder_rates]
    before = work(upstream[0]) if upstream else np.zeros((PARTS, RUNS))
    places = 1 + upstream[1] if upstream else 1
    ready: list[Floats] = []
    leave: list[Floats] = []
    arrive: list[Floats] = []
    fed: list[list[Floats]] = [[] for _ in works]
    for k in range(PARTS):
        arrive.append(np.maximum(at(arrive, k - 1) + before[k], at(leave, k - places)))
        there = np.maximum(arrive[k], at(leave, k - 1))
        for units, times, buffer in zip(fed, works, feeder_buffers, strict=True):
            units.append(np.maximum(at(units, k - 1) + times[k], at(ready, k - buffer)))
            there = np.maximum(there, units[k])
        ready.append(there)
        leave.append(there + main_work[k])
    return (leave[-1] - leave[CUT - 1]) / (PARTS - CUT)


@pytest.mark.parametrize(
    ("rate", "feeder_rates", "feeder_buffers", "upstream"),
    [
        (1.0, (1.0, 1.0), (1, 1), None),
        (2.0, (1.0, 1.4), (2, 1), None),
        (1.2, (1.0, 1.1), (1, 3), (1.0, 0)),
        (1.5, (1.0,), (1,), (1.1, 2)),
    ],
)
def test_the_chain_of_an_assembly_agrees_with_its_rules(
    rate: float,
    feeder_rates: tuple[float, ...],
    feeder_buffers: tuple[int, ...],
    upstream: tuple[float, int] | None,
) -> None:
    cycles = assembly_cycles(rate, feeder_rates, feeder_buffers, upstream)
    found = assembly_throughput(rate, feeder_rates, feeder_buffers, upstream=upstream)
    assert fits(cycles, 1 / found)
    # One more place would be noticed.
    more = [b + 1 for b in feeder_buffers]
    wrong = assembly_throughput(rate, feeder_rates, more, upstream=upstream)
    assert not fits(cycles, 1 / wrong)


@given(rate=rates, feeder=rates, buffer=st.integers(1, 10))
@solved
def test_an_assembly_with_one_feeder_is_a_line_of_two_stations(
    rate: float, feeder: float, buffer: int
) -> None:
    line = markov_line_throughput([feeder, rate], [buffer])
    assert assembly_throughput(rate, [feeder], [buffer]) == pytest.approx(line, rel=EXACT)


@given(first=st.integers(1, 8), second=st.integers(1, 8))
@solved
def test_an_instant_assembly_of_equal_feeders_is_a_random_walk(first: int, second: int) -> None:
    # The lead of one feeder over the other has places + 1 values on each side and 0 between,
    # all equally likely; a feeder rests at its end of the walk.
    values = (first + 1) + (second + 1) + 1
    found = assembly_throughput(1e9, [1.0, 1.0], [first, second])
    assert found == pytest.approx((values - 1) / values, rel=1e-7)


@given(rate=rates, upstream=rates, buffer=st.integers(0, 5))
@solved
def test_a_feeder_that_never_fails_to_deliver_leaves_the_main_line_alone(
    rate: float, upstream: float, buffer: int
) -> None:
    line = markov_line_throughput([upstream, rate], [buffer])
    found = assembly_throughput(rate, [1e9], [1], upstream=(upstream, buffer))
    assert found == pytest.approx(line, rel=1e-7)


@pytest.mark.parametrize(
    ("arguments", "upstream", "message"),
    [
        ((1.0, [], []), None, "an assembly needs at least one feeder"),
        ((1.0, [1.0], [1, 1]), None, "an assembly needs at least one feeder"),
        ((1.0, [1.0], [0]), None, "a feeder needs at least one place"),
        ((0.0, [1.0], [1]), None, "every rate must be positive and finite"),
        ((1.0, [1.0], [1]), (-1.0, 1), "every rate must be positive and finite"),
        ((1.0, [1.0], [1]), (1.0, -1), "the upstream buffer must not be negative"),
    ],
)
def test_assemblies_that_have_no_chain_are_refused(
    arguments: tuple[float, list[float], list[int]],
    upstream: tuple[float, int] | None,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        assembly_throughput(*arguments, upstream=upstream)
