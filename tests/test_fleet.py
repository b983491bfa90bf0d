"""Devices that fail: closed forms, both engines, and what each device did."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from factory_sim import loads, simulate
from factory_sim.analysis.books import account
from factory_sim.analysis.devices import device_classes
from factory_sim.analysis.states import STATES
from factory_sim.analysis.theory.messages import k_out_of_n
from factory_sim.cli import app
from factory_sim.fleet import DEVICE_STATES, device_spans, fleet_spans, health, history
from factory_sim.fleet.states import DOWN, WORKING
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.compile import compile_plant
from factory_sim.line.devices import SteadyAge
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure, Slowing
from factory_sim.line.lives import Lives
from factory_sim.line.plant import Line, Plant, Station
from factory_sim.scenario.unbounded import Exponential, Weibull
from plants import Constant

if TYPE_CHECKING:
    from factory_sim.analysis.accounts import Accounts
    from factory_sim.fleet import History

REPLICATIONS = 320
BEGIN, END = 4_000.0, 44_000.0
SPAN = END - BEGIN
CYCLE = 20.0


def device(number: int, clock: str, up: object, down: float, **keys: object) -> Failure:
    return Failure(f"robots-{number}/p", clock, up, Exponential(mean=down), of="robots", **keys)


def accounts(station: Station, replications: int = REPLICATIONS) -> Accounts:
    plant = Plant("one", (Line("main", (station,)),))
    return account(plant, 1, range(replications), BEGIN, END, "batch")


def assert_mean(samples: np.ndarray, expected: float, sharp: float) -> None:
    """Hold a mean against a closed form within 4 standard errors, themselves a sharp test."""
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    assert abs(samples.mean() - expected) < 4 * error
    assert 4 * error < sharp * expected


# How long devices live


@pytest.mark.parametrize("law", [Weibull(shape=2.5, scale=30.0), Exponential(mean=30.0)])
def test_a_life_seen_from_an_age_follows_the_conditional_law(law):
    """P(up > t | age a) = exp(H(a) - H(a + t))."""
    age = 12.0
    mode = device(1, "busy", law, 1.0, age=Constant(age))
    ups = Lives("s", mode, Draws(1, range(4096))).next(1)[0]

    def below(t: np.ndarray) -> np.ndarray:
        return -np.expm1(law.hazard(np.array(age)) - law.hazard(age + t))

    assert stats.kstest(ups, below).pvalue > 1e-4
    new = -np.expm1(-law.hazard(ups))
    is_memoryless = isinstance(law, Exponential)
    assert (stats.kstest(new, "uniform").pvalue > 1e-4) == is_memoryless  # negative control


def test_a_steady_device_fails_at_its_long_run_rate_from_the_start():
    """In equilibrium the mean number of renewals in [0, t] is t / mean, whatever t."""
    law = Weibull(shape=4.0, mean=1000.0)
    t = 300.0  # a new device of that law hardly ever fails before this
    draws = Draws(1, range(2048))
    steady = Lives("s", device(1, "busy", law, 1.0, age=SteadyAge(law)), draws).next(4)
    new = Lives("s", device(1, "busy", law, 1.0), draws).next(4)
    rates = [(np.cumsum(ups, axis=0) < t).sum(axis=0) for ups in (steady, new)]
    assert_mean(rates[0].astype(float), t / law.mean, sharp=0.2)
    assert rates[1].mean() < 0.1 * rates[0].mean()


def test_minimal_repair_makes_the_failures_a_poisson_process_of_the_hazard():
    """The number in [a, a + t] is Poisson with mean H(a + t) - H(a): mean and variance."""
    law, age, t = Weibull(shape=2.0, scale=100.0), 50.0, 250.0
    mode = device(1, "busy", law, 1.0, age=Constant(age), minimal=True)
    ups = Lives("s", mode, Draws(1, range(2048))).next(40)
    number = (np.cumsum(ups, axis=0) < t).sum(axis=0).astype(float)
    expected = float(law.hazard(np.array(age + t)) - law.hazard(np.array(age)))
    assert_mean(number, expected, sharp=0.05)
    assert 0.8 < number.var() / expected < 1.25
    renewed = Lives("s", replace(mode, minimal=False), Draws(1, range(2048))).next(40)
    assert (np.cumsum(renewed, axis=0) < t).sum(axis=0).mean() < 0.5 * expected


@pytest.mark.parametrize("minimal", [True, False])
def test_lives_do_not_depend_on_how_many_are_asked_for_at_a_time(minimal):
    mode = device(1, "busy", Weibull(shape=1.7, scale=9.0), 1.0, age=Constant(4.0), minimal=minimal)
    whole = Lives("s", mode, Draws(3, range(60, 70))).next(12)
    lives = Lives("s", mode, Draws(3, range(60, 70)))
    np.testing.assert_array_equal(whole, np.concatenate([lives.next(n) for n in (1, 2, 4, 5)]))


# What devices do to a station


def test_devices_in_series_on_the_busy_clock_have_the_closed_form_availability():
    """With k devices a share of the time with work is available, 1 / (1 + sum of mttr / mtbf)."""
    laws = [(400.0, 20.0), (900.0, 60.0), (2500.0, 100.0), (700.0, 7.0)]
    modes = tuple(
        device(n, "busy", Exponential(mean=up), down) for n, (up, down) in enumerate(laws)
    )
    ours = accounts(Station("s", (Constant(CYCLE),), failures=modes))
    availability = 1 / (1 + sum(down / up for up, down in laws))
    assert_mean(ours.delivered / SPAN * CYCLE, availability, sharp=0.01)
    # Superposition: failures of all devices per second of work.
    worked = ours.delivered * CYCLE
    assert_mean(ours.device_failures[:, 0] / worked, sum(1 / up for up, _ in laws), sharp=0.05)


def test_devices_on_the_calendar_clock_have_the_product_of_their_availabilities():
    """Independent alternating renewals: all are up for the product of mtbf / (mtbf + mttr)."""
    laws = [(400.0, 40.0), (900.0, 60.0), (1500.0, 300.0)]
    modes = tuple(
        device(n, "calendar", Exponential(mean=up), down) for n, (up, down) in enumerate(laws)
    )
    ours = accounts(Station("s", (Constant(10 * CYCLE),), failures=modes))
    up = np.prod([up / (up + down) for up, down in laws])
    assert_mean(1 - ours.states[:, 0, STATES.index("down")], up, sharp=0.02)
    # Each device's own downtime counts, also while another is down.
    alone = sum(down / (up + down) for up, down in laws)
    assert_mean(ours.device_downtime[:, 0] / SPAN, alone, sharp=0.1)
    assert alone > 1 - up


def test_a_device_that_slows_its_station_costs_what_its_downtime_is_slower():
    """Parts per second: (up share + down share / factor) / cycle, less what the edges take.

    A part keeps the pace with which it began: half a part on average is worked at the other
    pace after each failure, and half a slow one after each repair.
    """
    factor, up, down = 2.0, 1500.0, 1000.0
    mode = device(1, "calendar", Exponential(mean=up), down)
    ours = accounts(Station("s", (Constant(CYCLE),), slowing=(Slowing(factor, (mode,)),)))
    is_down = down / (up + down)
    edges = (factor - 1) ** 2 / (2 * factor) / (up + down)
    expected = (1 - is_down + is_down / factor) / CYCLE - edges
    assert_mean(ours.delivered / SPAN, expected, sharp=0.02)
    assert not ours.failures.any()
    assert not ours.states[:, 0, STATES.index("down")].any()


def test_a_device_down_by_two_modes_slows_once_and_two_devices_multiply():
    def always(name: str) -> Failure:
        return Failure(name, "calendar", Constant(0.0), Constant(1e9))

    def made(*devices: Slowing) -> float:
        return float(accounts(Station("s", (Constant(20.0),), slowing=devices), 1).delivered[0])

    one = Slowing(2.0, (always("a-1/p"), always("a-1/q")))
    two = Slowing(3.0, (always("a-2/p"),))
    assert made(one) == SPAN / 40
    assert made(one, two) == pytest.approx(SPAN / 120, abs=1)


FIVE = """
name: five
horizon: 12000 h
start: mon 00:00
warm_up: 0
stations: [{name: hall, cycle_time: 20 h}]
fleet:
  devices: 5
  classes:
    fans: {count: 5, attach: hall, period: 1 s, size: 100,
           failures: {mtbf: 3 h, mttr: 1 h, clock: calendar}}
"""


def test_k_of_n_devices_are_up_as_often_as_independent_ones():
    past = history(loads(FIVE), replication=0, engine="batch")
    edges = np.arange(0.0, 12_000 * 3_600.0, 900.0)
    down = np.zeros(edges.size, int)
    for each in past.fleet.devices():
        begins, ends = past.repairs(each).spans().T
        down += np.searchsorted(begins, edges, "right") - np.searchsorted(ends, edges, "right")
    # 40 spans of 300 h hardly depend on each other
    for needed in (3, 4, 5):
        shares = (5 - down >= needed).reshape(40, -1).mean(axis=1)
        assert_mean(shares, k_out_of_n(0.75, needed, 5), sharp=0.1)


PLANT = """
name: small
horizon: 26 h
start: mon 06:00
warm_up: 1 h
replications: 8
shifts: [{from: "06:00", to: "14:00", breaks: [{at: "10:00", for: 20 min}]},
         {from: "14:00", to: "22:00"}]
stations:
  - {name: press, cycle_time: {dist: exponential, mean: 52 s}}
  - {name: weld, servers: 2, cycle_time: {dist: gamma, mean: 95 s, cv: 0.5}, buffer: 1}
  - section: trim
    takt: 55 s
    window: 5 s
    buffer: 2
    stations:
      - {name: left, cycle_time: {dist: gamma, mean: 45 s, cv: 0.2}}
      - {name: right, cycle_time: {dist: gamma, mean: 45 s, cv: 0.2}}
fleet:
  devices: 24
  classes:
    drives: {count: 8, attach: "*", period: 1 s, size: 100, criticality: stops,
             failures: {mtbf: {dist: weibull, shape: 2, mean: 5 h}, mttr: 4 min,
                        clock: calendar}, wear: {begins: 50 %}}
    robots: {count: 8, attach: "*", period: 1 s, size: 100, criticality: stops,
             failures: [{name: arm, mtbf: 3 h, mttr: 4 min},
                        {name: gun, mtbf: {dist: weibull, shape: 2, mean: 2 h}, mttr: 2 min,
                         repair: as_old, age: 1 h}], wear: {exponent: 2}}
    fans: {count: 4, attach: "*", period: 1 s, size: 100, criticality: {slows: 1.3},
           failures: {mtbf: 6 h, mttr: 20 min, clock: calendar}}
    eyes: {count: 4, attach: "*", period: 1 s, size: 100,
           failures: {mtbf: 2 h, mttr: 9 min}}
"""


@pytest.fixture(scope="module")
def pasts() -> dict[str, History]:
    """One replication by each engine."""
    return {
        engine: history(loads(PLANT), replication=5, engine=engine)
        for engine in ("batch", "reference")
    }


def test_the_failures_of_the_classes_add_up_to_those_of_the_stations():
    """The window cuts shifts, repairs and cycles that are open; nothing is lost or doubled."""
    plant = compile_plant(loads(PLANT))
    ours = account(plant, 1, range(2), 3600.0, 55_000.0, "batch")
    np.testing.assert_array_equal(ours.device_failures.sum(axis=1), ours.failures.sum(axis=1))
    assert device_classes(plant) == ("drives", "robots")  # the others stop nothing
    np.testing.assert_allclose(ours.device_downtime[:, 1], ours.repairs.sum(axis=1), rtol=1e-9)
    theirs = account(plant, 1, range(2), 3600.0, 55_000.0, "reference")
    np.testing.assert_allclose(ours.device_failures, theirs.device_failures)
    np.testing.assert_allclose(ours.device_downtime, theirs.device_downtime, rtol=1e-9)


def test_devices_of_a_section_whose_visits_could_be_summed_up_are_told_apart():
    """Positions that keep the same hours take the fastest path of the batch engine."""
    text = PLANT.replace("clock: calendar}, wear", "clock: busy}, wear")
    plant = compile_plant(loads(text))
    assert all(stage.uniform for stage in plant.main.stages[2:])
    ours = account(plant, 1, range(2), 3600.0, 40_000.0, "batch")
    np.testing.assert_array_equal(ours.device_failures.sum(axis=1), ours.failures.sum(axis=1))
    np.testing.assert_allclose(ours.device_downtime.sum(axis=1), ours.repairs.sum(axis=1))


def test_both_engines_tell_the_same_of_every_device(pasts):
    failures = 0
    for one in pasts["batch"].fleet.devices():
        ours, theirs = (past.repairs(one) for past in pasts.values())
        np.testing.assert_array_equal(ours.mode, theirs.mode, err_msg=one.name)
        np.testing.assert_allclose(ours.spans(), theirs.spans(), atol=1e-6, err_msg=one.name)
        failures += ours.mode.size
    assert failures > 100


def test_the_states_of_a_device_fill_the_window_and_agree_with_its_repairs(pasts):
    past = pasts["batch"]
    window = (3600.0, 80_000.0)
    shown = list(fleet_spans(past, past.fleet.devices(), *window))
    assert len(shown) == 24
    for one, spans in zip(past.fleet.devices(), shown, strict=True):
        assert (spans.edges[0], spans.edges[-1]) == window
        assert (np.diff(spans.edges) > 0).all()
        assert (np.diff(spans.states) != 0).all()
        assert spans.seconds().sum() == pytest.approx(window[1] - window[0])
        # Several modes of a device may be under repair at once; it is down once.
        covered = np.zeros(0)
        cuts = np.clip(past.repairs(one).spans(), *window)
        edges = np.unique(cuts)
        if edges.size:
            middle = (edges[1:] + edges[:-1]) / 2
            inside = (cuts[:, :1] <= middle) & (middle < cuts[:, 1:])
            covered = np.diff(edges)[inside.any(axis=0)]
        assert spans.seconds()[DOWN] == pytest.approx(covered.sum(), abs=1e-6)


def test_devices_of_one_station_work_for_the_same_time_as_it_is_busy(pasts):
    """With one server a station is busy when its devices work, as far as they are not down."""
    past = pasts["batch"]
    plain = [d for d in past.fleet.devices() if d.station == "press" and d.of.effect == "stops"]
    window = (0.0, 80_000.0)
    busy = {device_spans(past, one, *window).seconds()[WORKING].round(6) for one in plain}
    assert len(busy) == 1
    ours = account(past.seen.plant, 1, range(5, 6), *window, "batch")
    assert busy.pop() == pytest.approx(ours.states[0, 0, 0] * window[1], rel=1e-3)


def test_health_falls_from_one_to_zero_at_each_failure(pasts):
    past = pasts["batch"]
    seen = 0
    for one in past.fleet.devices():
        repairs = past.repairs(one)
        if one.of.name != "drives" or not repairs.begin.size:
            continue
        for begin, end in repairs.spans():
            before, after = health(past, one, np.array([begin - 1e-3, end + 1e-3]))
            assert before < 1e-3
            assert after > 0.999
            seen += 1
        within = health(past, one, repairs.begin + 1e-6)
        assert not within.any()
        times = np.linspace(0.0, repairs.begin[0] - 1, 50)
        assert (np.diff(health(past, one, times)) <= 1e-12).all()
    assert seen > 10
    eye = past.fleet.named("eyes-1")
    assert set(health(past, eye, np.linspace(0.0, 1e5, 500))) <= {0.0, 1.0}  # no wear


def test_another_device_moves_no_draw_of_those_there():
    """Draws of a class hang on nothing that other classes do."""
    fewer = PLANT.replace("eyes: {count: 4", "eyes: {count: 5").replace(
        "devices: 24", "devices: 25"
    )
    one, other = (history(loads(text), until=25_000.0) for text in (PLANT, fewer))
    for name in ("drives-3", "robots-8", "fans-2", "eyes-1"):
        mine, theirs = (past.repairs(past.fleet.named(name)) for past in (one, other))
        np.testing.assert_array_equal(mine.spans(), theirs.spans())


@pytest.mark.parametrize("count", [9, 11])
@pytest.mark.parametrize("effect", ["stops", "{slows: 1.3}"])
def test_one_more_device_of_a_class_moves_no_draw_of_the_others(count, effect):
    """Neither longer names (robots-9, robots-09) nor other neighbours do: places are addressed.

    Of 9 devices at three stations, three stand at each; the tenth makes it four at the first,
    and all later ones another device than before, in the same places.
    """
    text = """
name: one more
horizon: 40 h
stations: [{name: a, cycle_time: 50 s}, {name: b, cycle_time: 50 s}, {name: c, cycle_time: 50 s}]
fleet: {devices: 9, classes: {robots: {count: 9, attach: "*", period: 1 s, size: 1,
  criticality: stops, failures: {mtbf: {dist: weibull, shape: 2, mean: 3 h}, mttr: 4 min,
  clock: calendar}}}}
""".replace("stops", effect)
    fewer, more = (text.replace(" 9", f" {n}") for n in (count, count + 1))

    def drawn(text: str, seed: int = 1) -> dict[tuple[str, str], bytes]:
        draws = Draws(seed, range(2))
        plant = compile_plant(loads(text))
        slowing = [
            (s, mode) for s in plant.stations() for one in s.slowing for mode in one.failures
        ]
        modes = [*slowing, *((s, mode) for s in plant.stations() for mode in s.failures)]
        return {(s.name, m.name): Lives(s.name, m, draws).next(3).tobytes() for s, m in modes}

    before, after = sorted(drawn(fewer).values()), sorted(drawn(more).values())
    assert len(set(after)) == len(before) + 1
    assert set(before) < set(after)
    assert not set(before) & set(drawn(more, seed=2).values())
    # What stands in the same place of the last station does the same at the same times.
    pasts = [history(loads(text), until=60_000.0) for text in (fewer, more)]
    for place in range(3):
        mine, theirs = (
            past.repairs(one).spans()
            for past in pasts
            for one in past.fleet.devices()
            if (one.station, one.place) == ("c", place)
        )
        assert mine.size
        np.testing.assert_array_equal(mine, theirs)


def test_a_failure_that_informs_leaves_the_line_alone():
    """Negative control: the same devices change the line as soon as they stop it."""
    silent = PLANT.replace("mtbf: 2 h, mttr: 9 min", "mtbf: 9 h, mttr: 9 min")
    loud = PLANT.replace("eyes: {count: 4,", "eyes: {count: 4, criticality: stops,")
    figures = [
        account(compile_plant(loads(text)), 1, range(2), 0.0, 20_000.0, "batch").delivered
        for text in (PLANT, silent, loud)
    ]
    np.testing.assert_array_equal(figures[0], figures[1])
    assert (figures[2] < figures[0]).all()


def test_waits_for_a_crew_are_downtime_of_the_device_that_waits():
    """Two devices, one technician, on the reference engine; hand computed."""
    modes = tuple(
        Failure(f"robots-{n}/p", "busy", Constant(10.0), Constant(30.0), crew="crew", of="robots")
        for n in (1, 2)
    )
    stations = tuple(
        Station(f"s{n}", (Constant(8.0),), buffer=9, failures=(modes[n - 1],)) for n in (1, 2)
    )
    plant = Plant("two", (Line("main", stations),), pools={"crew": 1})
    # s1 fails at 10 (2 s into its second part) until 40; s2 has its first part from 8 to 16,
    # its second from 46 on. It fails at 48, when s1 has failed again? s1 has worked 10 + 10 at 50.
    ours = account(plant, 1, range(1), 0.0, 79.0, "reference")
    assert ours.device_failures[0, 0] == ours.failures.sum()
    assert ours.device_downtime[0, 0] == pytest.approx(ours.repairs.sum())


def test_outages_of_devices_off_shift_do_not_delay_twice():
    """A repair on the calendar clock goes on while the station is off shift."""
    off = Calendar(100.0, (Interval(50.0, 100.0),))
    mode = Failure("a-1/p", "calendar", Constant(40.0), Constant(40.0), of="a")
    ours = account(
        Plant("x", (Line("m", (Station("s", (Constant(1.0),), calendar=off, failures=(mode,)),)),)),
        1, range(1), 0.0, 400.0, "batch",
    )  # fmt: skip
    # Down in [40, 80), [120, 160), ...: 10, 30, 10, 30, ... of the 50 s on shift.
    assert ours.device_failures[0, 0] == 5
    assert ours.device_downtime[0, 0] == 200.0
    down = ours.states[0, 0, STATES.index("down")] * 400
    on_shift = [(0, 50), (100, 150), (200, 250), (300, 350)]
    repairs = [(40 + 80 * n, 80 + 80 * n) for n in range(5)]
    overlap = sum(max(0, min(b, d) - max(a, c)) for a, b in on_shift for c, d in repairs)
    assert down == pytest.approx(overlap)


# What a run and the command line say


def test_a_run_says_which_class_costs_most():
    result = simulate(loads(PLANT, overrides=["horizon=5 h", "replications=4"]))
    names = [cost.name for cost in result.devices]
    downtime = [cost.downtime.mean for cost in result.devices]
    assert sorted(names) == ["drives", "robots"]
    assert downtime == sorted(downtime, reverse=True)
    first, second = (cost.share for cost in result.devices)
    assert first.mean + second.mean == pytest.approx(1.0)
    assert first.half_width == pytest.approx(second.half_width)  # what one gains the other loses
    assert 0 < first.half_width < 1
    assert all(cost.downtime.half_width > 0 for cost in result.devices)
    table = result.device_table()
    assert table.column("name").to_pylist() == names
    assert [row["name"] for row in json.loads(json.dumps(result.record()["devices"]))] == names


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plant.yaml"
    path.write_text(PLANT, encoding="utf-8")
    return str(path)


def test_the_command_line_says_what_a_device_did(file):
    asked = ["device", file, "robots-3", "--from", "09:00", "--to", "10:30"]
    answer = CliRunner().invoke(app, [*asked, "--json"])
    assert answer.exit_code == 0, answer.output
    record = json.loads(answer.output)
    assert (record["device"], record["class"], record["station"]) == ("robots-3", "robots", "weld")
    assert (record["from"]["seconds"], record["to"]["at"]) == (10_800.0, "mon 10:30")
    assert {span["state"] for span in record["spans"]} <= set(DEVICE_STATES)
    assert record["seconds"]["off"] == pytest.approx(1200.0, abs=300)
    text = CliRunner().invoke(app, asked)
    assert "robots-3 at weld, stops it when down" in text.output
    assert CliRunner().invoke(app, [*asked, "--json"]).output == answer.output


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["robot-3"], "did you mean robots-3?"),
        (["robot-9"], "did you mean robots-8?"),
        (["robot-03"], "did you mean robots-3?"),
        (["robots-03"], "did you mean robots-3?"),
        (["robots-9"], "the last of them is robots-8"),
        (["robots-3", "--from", "soon"], "must be a time"),
        (["robots-3", "--from", "10:00", "--to", "09:00"], "to: must be after from"),
        (["robots-3", "--from", "9 d"], "from: must be before the horizon ends, "),
    ],
)
def test_a_question_about_a_device_that_cannot_be_answered_is_refused(file, asked, message):
    answer = CliRunner().invoke(app, ["device", file, *asked], env={"COLUMNS": "400"})
    assert answer.exit_code == 2
    assert message in " ".join(answer.output.split())
