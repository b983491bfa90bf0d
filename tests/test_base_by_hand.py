"""The digital base against cases worked out by hand, vectorised and event by event.

No draw is left to chance: the first message of every device is made when the run begins, at 0,
the next one a period later. Times are ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from factory_sim.fleet.base.plan import plan
from factory_sim.scenario.digital_base import DigitalBase
from stories import MS, Always, Story, device, drawn, event_by_event, fault, in_batches

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import MessageClass


def by_hand(*classes: MessageClass, draw: float = 0.0, length: float = 2.0, **base: Any) -> Story:
    """Return what both do with some devices and a base, in which all else takes 1 ms."""
    content: dict[str, Any] = {
        "uplinks": {"air": {"latency": "1 ms"}},
        "gateways": {"service": "1 ms"},
        "broker": {"service": "1 ms"},
        "services": [{"name": "twin", "service": "1 ms"}],
        "window": {"from": "10:00", "for": length, "warm_up": 0},
    }
    asked = plan(DigitalBase.model_validate(content | base), classes, 1)
    with drawn(lambda *_: Always(draw)):
        found, expected = in_batches(asked, 20), event_by_event(asked)
    assert found == expected
    return found


def ms(time: int) -> int:
    assert time % MS == 0
    return time // MS


def visits(story: Story, stage: str, until: int) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return when messages made before a moment began and ended at a stage, and at which queue.

    They are told by the device and the moment at which they were made.
    """
    return {
        (who, ms(created)): (ms(start), ms(leave), queue)
        for name, queue, who, created, _, start, leave in story.served
        if name == stage and created < until * MS
    }


def of_one(story: Story, stage: str, until: int) -> dict[int, tuple[int, int]]:
    """Return the same of the only device and the only queue."""
    return {made: (a, b) for (_, made), (a, b, _) in visits(story, stage, until).items()}


def losses(story: Story, stage: str, until: int) -> dict[int, int]:
    """Return when messages of the only device were lost, by the moment they were made."""
    return {
        ms(made): ms(at) for name, _, made, at in story.lost if name == stage and made < until * MS
    }


# One gateway takes 250 ms, a message comes every 100 ms, 1 ms after it was made; two may wait.
# It is down from 900 to 1300, and finishes what it works on.
BEFORE = {
    "newest": (
        {0: (1, 251), 100: (251, 501), 200: (501, 751), 300: (751, 1001)},
        {400: 401, 600: 601, 700: 701},
    ),
    "oldest": (
        {0: (1, 251), 100: (251, 501), 300: (501, 751), 600: (751, 1001)},
        {200: 401, 400: 601, 500: 701},
    ),
}
WAITING = {"newest": (500, 800), "oldest": (700, 800)}


@pytest.mark.parametrize("drop", ["newest", "oldest"])
def test_a_full_gateway_that_goes_down_loses_what_waits_and_comes(drop: str) -> None:
    gateways = {"service": "250 ms", "queue": 2, "drop": drop}
    story = by_hand(device(100), gateways=gateways, faults=[fault(900, 1300, gateway=1)])
    served, lost = BEFORE[drop]
    assert of_one(story, "gateway", 1400) == {**served, 1300: (1301, 1551)}
    when_down = {900: 901, 1000: 1001, 1100: 1101, 1200: 1201}
    assert losses(story, "gateway", 1300) == {
        **lost,
        **dict.fromkeys(WAITING[drop], 900),
        **when_down,
    }
    # those that come to a dead gateway count as arrived: in steps from 0, 900, and 1000 to 1300
    assert story.figures["gateway"]["arrived"][1:4] == [9, 1, 3]
    assert story.figures["gateway"]["lost"][1:4] == [3, 3, 3]


@pytest.mark.parametrize("drop", ["newest", "oldest"])
def test_what_a_dead_gateway_kept_from_coming_comes_when_it_is_back(drop: str) -> None:
    gateways = {"service": "250 ms", "queue": 2, "drop": drop}
    gateways |= {"when_down": "resend", "resend_within": 0}
    story = by_hand(device(100), gateways=gateways, faults=[fault(900, 1300, gateway=1)])
    served, lost = BEFORE[drop]
    # Those that waited and those made meanwhile come at 1300, the first made first.
    first, second = WAITING[drop]
    if drop == "newest":
        later = {first: (1300, 1550), second: (1550, 1800), 900: (1800, 2050)}
        dropped = {1000: 1300, 1100: 1300, 1200: 1300}
    else:
        later = {first: (1300, 1550)}
        dropped = {second: 1300, 900: 1300, 1000: 1300, 1100: 1301, 1200: 1401}
    assert of_one(story, "gateway", 1300) == {**served, **later}
    assert losses(story, "gateway", 1300) == {**lost, **dropped}


def test_a_message_that_comes_when_the_server_finishes_needs_no_place_to_wait() -> None:
    gateways = {"service": "100 ms", "queue": 0}
    story = by_hand(device(100, count=2), gateways=gateways)
    assert visits(story, "gateway", 300) == {(0, t): (t + 1, t + 101, 0) for t in (0, 100, 200)}
    assert [loss[1:] for loss in story.lost[:2]] == [(1, 0, MS), (1, 100 * MS, 101 * MS)]


def test_a_gateway_is_down_until_the_last_of_its_faults_is_over() -> None:
    gateways = {"service": "10 ms", "when_down": "resend", "resend_within": 0}
    faults = [fault(250, 900, gateway=1), fault(250, 600, gateway=1), fault(100, 400, gateway=1)]
    story = by_hand(device(200), gateways=gateways, faults=faults)
    # that of 200 comes again at 400, and then, as those of 400, ..., at 900
    assert of_one(story, "gateway", 900) == {
        0: (1, 11),
        200: (900, 910),
        400: (910, 920),
        600: (920, 930),
        800: (930, 940),
    }


# Two cells, each with a device that sends every 300 ms and is on air for 200 ms; the first cell
# is down from 400 to 1000.
ON_AIR = {"size": 25.0, "count": 2}
FIRST = {(0, 0): (0, 200, 0), (1, 0): (0, 200, 1), (0, 300): (300, 500, 0), (1, 300): (300, 500, 1)}


def two_cells(when_down: str) -> Story:
    cells = {"count": 2, "capacity": "1 kbit/s", "when_down": when_down, "resend_within": 0}
    return by_hand(device(300, **ON_AIR), cells=cells, faults=[fault(400, 1000, cell=1)])


def test_the_next_cell_carries_the_messages_of_one_that_is_down() -> None:
    assert visits(two_cells("neighbour"), "uplink", 1300) == {
        **FIRST,
        (0, 600): (600, 800, 1),
        (1, 600): (800, 1000, 1),
        (0, 900): (1000, 1200, 1),
        (1, 900): (1200, 1400, 1),
        (0, 1200): (1200, 1400, 0),
        (1, 1200): (1400, 1600, 1),
    }


def test_the_next_cell_is_the_next_one_that_is_up_going_round() -> None:
    cells = {"count": 3, "capacity": "1 kbit/s"}
    faults = [fault(250, 1500, cell=3), fault(850, 1500, cell=1)]
    story = by_hand(device(300, count=3, size=12.5), cells=cells, faults=faults)
    cell = {key: queue for key, (_, _, queue) in visits(story, "uplink", 1000).items()}
    assert [cell[2, made] for made in (0, 300, 600, 900)] == [2, 0, 0, 1]
    assert [cell[0, made] for made in (0, 300, 600, 900)] == [0, 0, 0, 1]


def test_messages_of_a_cell_that_is_down_are_lost_or_kept() -> None:
    other = {(1, t): (t, t + 200, 1) for t in (600, 900, 1200)}
    lost, kept = two_cells("lost"), two_cells("resend")
    assert visits(lost, "uplink", 1300) == {**FIRST, **other, (0, 1200): (1200, 1400, 0)}
    assert losses(lost, "uplink", 2000) == {600: 600, 900: 900}
    late = {(0, 600): (1000, 1200, 0), (0, 900): (1200, 1400, 0), (0, 1200): (1400, 1600, 0)}
    assert visits(kept, "uplink", 1300) == {**FIRST, **other, **late}
    assert not kept.lost


def test_messages_that_wait_for_a_cell_go_to_the_next_one_when_it_goes_down() -> None:
    # 400 ms on air, every 300 ms: that of 300 waits in cell 1 until 350, then behind 1's in cell 2
    cells = {"count": 2, "capacity": "1 kbit/s"}
    senders = device(300, size=50.0, count=2)
    story = by_hand(senders, cells=cells, faults=[fault(350, 1000, cell=1)])
    assert visits(story, "uplink", 600) == {
        (0, 0): (0, 400, 0),
        (1, 0): (0, 400, 1),
        (1, 300): (400, 800, 1),
        (0, 300): (800, 1200, 1),
    }


def test_no_cell_carries_a_message_when_all_are_down() -> None:
    cells = {"count": 2, "capacity": "1 kbit/s"}
    both = [fault(400, 1000, cell=1), fault(500, 700, cell=2)]
    story = by_hand(device(300, **ON_AIR), cells=cells, faults=both)
    assert [loss[1:] for loss in story.lost] == [(who, 600 * MS, 600 * MS) for who in (0, 1)]


@pytest.mark.parametrize("which", [1, "all"])
def test_a_slow_broker_takes_longer_for_what_it_begins_meanwhile(which: int | str) -> None:
    slow = [fault(300, 702, broker=which, slower=3)]
    story = by_hand(device(200), broker={"service": "100 ms"}, faults=slow)
    assert of_one(story, "broker", 1000) == {
        0: (2, 102),
        200: (202, 302),
        400: (402, 702),
        600: (702, 802),
        800: (802, 902),
    }


def test_faults_that_slow_a_queue_at_the_same_time_multiply() -> None:
    faults = [fault(0, 500, broker="all", slower=3), fault(0, 500, broker=1, slower=2)]
    faults += [fault(0, 500, gateway=1, slower=2), fault(100, 500, gateway=1, slower=4)]
    story = by_hand(device(200), faults=faults)
    assert of_one(story, "gateway", 600) == {0: (1, 3), 200: (201, 209), 400: (401, 409)}
    assert of_one(story, "broker", 600) == {0: (3, 9), 200: (209, 215), 400: (409, 415)}


def test_a_fault_of_one_queue_leaves_the_others_alone() -> None:
    faults = [fault(0, 900, broker=2, slower=3), fault(0, 900, gateway=2, slower=2)]
    faults += [fault(0, 900, service="twin", slower=4)]
    story = by_hand(
        device(1000),
        gateways={"count": 2, "service": "10 ms"},
        broker={"partitions": 2, "service": "100 ms"},
        faults=faults,
    )
    assert of_one(story, "gateway", 500) == {0: (1, 11)}
    assert of_one(story, "broker", 500) == {0: (11, 111)}
    assert of_one(story, "twin", 500) == {0: (111, 115)}


def test_more_telemetry_makes_the_own_clock_of_a_class_run_faster() -> None:
    more = [fault(500, 1000, telemetry=2, classes=["a"])]
    story = by_hand(device(200, name="a"), device(200, name="b"), faults=more)
    sent = {who: [made for w, made in visits(story, "uplink", 1301) if w == who] for who in (0, 1)}
    assert sent[0] == [0, 200, 400, 550, 650, 750, 850, 950, 1100, 1300]
    assert sent[1] == list(range(0, 1301, 200))


def test_a_service_loses_the_replica_that_is_free_first_once_it_has_finished() -> None:
    twin = {"name": "twin", "service": "300 ms", "replicas": 2}
    fewer = [fault(500, 1000, service="twin", replicas=1)]
    story = by_hand(device(200), services=[twin], faults=fewer)
    assert of_one(story, "twin", 1100) == {
        0: (3, 303),
        200: (203, 503),
        400: (403, 703),
        600: (703, 1003),
        800: (1000, 1300),
        1000: (1003, 1303),
    }
    assert story.replicas == [(500 * MS, "twin", 1), (1000 * MS, "twin", 2)]


def test_of_faults_that_fix_the_replicas_at_the_same_time_the_last_counts() -> None:
    faults = [fault(300, 900, service="twin", replicas=3)]
    faults += [fault(500, 700, service="twin", replicas=2)]
    story = by_hand(device(200), faults=faults)
    changes = [(at // MS, count) for at, _, count in story.replicas]
    assert changes == [(300, 3), (500, 2), (700, 3), (900, 1)]


def scaled(**more: Any) -> dict[str, Any]:
    return {"target": "50 %", "max": 5, "every": "1 s", "delay": "0.5 s"} | more


def test_autoscaling_adds_what_its_first_decision_asks_for_after_the_delay() -> None:
    # busy from 3 to 1000 of 1000: 1.994 times the target, so 2 replicas from 1500 on
    twin = {"name": "twin", "service": "150 ms", "autoscale": scaled(max=2)}
    story = by_hand(device(100), services=[twin])
    assert story.replicas == [(1500 * MS, "twin", 2)]
    found = of_one(story, "twin", 1100)
    assert found[800] == (1203, 1353)
    assert found[900] == (1353, 1503)
    assert found[1000] == (1500, 1650)


def test_autoscaling_leaves_a_load_within_its_tolerance_alone() -> None:
    # busy for 55 of every 100: 1.1 times the target
    twin = {"name": "twin", "service": "55 ms", "autoscale": scaled(tolerance="11 %")}
    assert not by_hand(device(100), services=[twin], length=4.0).replicas
    twin["autoscale"] |= {"tolerance": "9 %"}
    assert by_hand(device(100), services=[twin], length=4.0).replicas[0] == (1500 * MS, "twin", 2)


def test_no_replica_goes_before_fewer_have_done_for_the_settling_time() -> None:
    # one of four is enough from the begin; what was there before counts until 2 s
    scale = scaled(every="0.5 s", settle="2 s")
    twin = {"name": "twin", "service": "10 ms", "replicas": 4, "autoscale": scale}
    story = by_hand(device(100), services=[twin], length=4.0)
    assert story.replicas == [(2000 * MS, "twin", 1)]


def test_no_replica_goes_while_others_are_on_their_way() -> None:
    # busy in the first 0.5 s, which asks for 3 at 1.5 s; from then on one of them is enough
    scale = scaled(max=3, every="0.5 s", delay="1 s", settle=0)
    twin = {"name": "twin", "service": "50 ms", "replicas": 2, "autoscale": scale}
    story = by_hand(device(100), services=[twin], faults=[fault(0, 500, telemetry=4)], length=3.0)
    assert story.replicas == [(1500 * MS, "twin", 3), (2000 * MS, "twin", 1)]


def test_autoscaling_leaves_replicas_alone_while_a_fault_fixes_them() -> None:
    # The one that is left is busy throughout, so that 2 would do by its utilisation.
    scale = scaled(every="0.5 s", delay=0, settle="1 s")
    twin = {"name": "twin", "service": "120 ms", "replicas": 3, "autoscale": scale}
    fewer = [fault(1000, 3000, service="twin", replicas=1)]
    story = by_hand(device(100), services=[twin], faults=fewer, length=4.0)
    assert story.replicas[:2] == [(1000 * MS, "twin", 1), (3000 * MS, "twin", 3)]


def test_a_replica_that_restarts_finishes_first_and_is_away_for_its_time() -> None:
    restarts = {"every": "450 ms", "takes": "300 ms"}
    twin = {"name": "twin", "service": "100 ms", "restarts": restarts}
    story = by_hand(device(200), services=[twin])
    assert of_one(story, "twin", 1100) == {
        0: (3, 103),
        200: (203, 303),
        # restarted at 450, as soon as it has finished
        400: (403, 503),
        600: (803, 903),
        # restarted at 900, while it works
        800: (1203, 1303),
        1000: (1303, 1403),
    }


def test_the_replica_restarts_that_is_free_first() -> None:
    restarts = {"every": "150 ms", "takes": "100 ms"}
    twin = {"name": "twin", "service": "60 ms", "replicas": 2, "restarts": restarts}
    story = by_hand(device(120, count=2), services=[twin])
    found = visits(story, "twin", 250)
    # Both work at 150, one until 183, the other until 184.
    assert [found[who, 120][:2] for who in (0, 1)] == [(123, 183), (124, 184)]
    assert [found[who, 240][:2] for who in (0, 1)] == [(243, 303), (283, 343)]


def test_a_replica_restarts_with_all_its_workers() -> None:
    restarts = {"every": "500 ms", "takes": "300 ms"}
    twin = {"name": "twin", "service": "10 ms", "workers": 2, "restarts": restarts}
    story = by_hand(device(200, count=3), services=[twin])
    found = {made: start for (who, made), (start, _, _) in visits(story, "twin", 700).items()}
    assert found[400] == 413
    assert found[600] == 810


def test_every_service_that_is_fed_gets_each_message_and_the_twin_may_stand_anywhere() -> None:
    names = ("a", "twin", "c"), (["twin", "c"], [], [])
    services = [
        {"name": name, "service": f"{10 * k} ms", "then": then}
        for k, (name, then) in enumerate(zip(*names, strict=True), 1)
    ]
    story = by_hand(device(500), services=services, twin="twin")
    assert of_one(story, "a", 600) == {0: (3, 13), 500: (503, 513)}
    assert of_one(story, "twin", 600) == {0: (13, 33), 500: (513, 533)}
    assert of_one(story, "c", 600) == {0: (13, 43), 500: (513, 543)}
    assert [ms(at) for _, _, at in story.updates[:2]] == [33, 533]


def moving(gap: str) -> Story:
    cells = {"count": 2, "handover": {"every": "250 ms", "gap": gap}}
    return by_hand(device(100, mobile=True), cells=cells)


def test_a_moving_device_waits_for_its_new_cell() -> None:
    # Without chance it is handed over at 0, 250, 500, ..., each time for 120.
    assert visits(moving("120 ms"), "uplink", 700) == {
        (0, 0): (120, 120, 1),
        (0, 100): (120, 120, 1),
        (0, 200): (200, 200, 1),
        (0, 300): (370, 370, 0),
        (0, 400): (400, 400, 0),
        (0, 500): (620, 620, 1),
        (0, 600): (620, 620, 1),
    }


def test_a_device_that_is_always_handed_over_never_sends() -> None:
    assert not moving("251 ms").served


@pytest.mark.parametrize(
    ("draw", "times"),
    [(0.6, (60, 68, 69)), (0.3, (30, 46, 67)), (0.2, (20, 44, 85))],
)
def test_a_message_is_transmitted_until_it_gets_through(
    draw: float, times: tuple[int, int, int]
) -> None:
    # A draw u fails k times if u < 0.5**k: never, once, twice. The first message is made at u.
    lossy = {"latency": "1 ms", "loss": 0.5, "attempts": 3, "again_after": "20 ms"}
    story = by_hand(
        device(100, size=1.0), uplinks={"air": lossy}, cells={"capacity": "1 kbit/s"}, draw=draw
    )
    made = round(100 * draw)
    sent, flown = of_one(story, "uplink", 100)[made], of_one(story, "gateway", 100)[made]
    assert (*sent, flown[0]) == times


def test_a_message_is_given_up_after_its_last_transmission() -> None:
    lossy = {"latency": "1 ms", "loss": 0.5, "attempts": 3}
    story = by_hand(
        device(100, size=1.0), uplinks={"air": lossy}, cells={"capacity": "1 kbit/s"}, draw=0.1
    )
    assert losses(story, "uplink", 200) == {10: 34, 110: 134}
    assert not story.updates
