"""The tables of what a twin buys: levers, the fair split, a fault from messages to parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.report.estimates import read_estimate, read_pair
from factory_sim.report.figures.gained import FIGURES
from factory_sim.report.figures.latency import MARKERS, stage_name
from factory_sim.report.html.amounts import amount
from factory_sim.report.html.tables.base import seen_after
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell, known
from factory_sim.report.html.tables.chain import chain_tables, class_name
from factory_sim.report.numbers import percent_text, time_text
from factory_sim.study.delays import usual_delays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]


def twin_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what the levers buy, how the total is split, what a fault costs, who sees how soon."""
    yield _gains(contents, say)
    if any(lever["shares"] for lever in contents.record["levers"]):
        yield _shares(contents, say)
    yield from chain_tables(contents, say)
    if delays := _delays(contents, say):
        yield delays
    if base := contents.record["base"]:
        yield _base(base, (contents.record.get("fault") or {}).get("base"), say)


def _shown(contents: Contents) -> list[tuple[str, str, float]]:
    """Return the figures that levers move and all plants define, with unit and its size."""
    return [one for one in FIGURES if one[0] in contents.differences]


def _heads(figures: Sequence[tuple[str, str, float]], say: Catalogue) -> tuple[str, ...]:
    titles = (say.with_unit(say(f"gained.{name}"), say.unit(unit)) for name, unit, _ in figures)
    return say("twin.lever"), *titles


def _gains(contents: Contents, say: Catalogue) -> Table:
    """Return the plant without the twin, what each lever adds alone, and all of them."""
    shown, asked = _shown(contents), (contents.confidence, contents.replications)
    sides = {name: read_pair(contents.differences[name], *asked) for name, _, _ in shown}

    def added(name: str, differences: Record) -> tuple[Cell, ...]:
        cells = [
            estimate_cell(read_pair(differences[figure], *asked).difference, size, signed=True)
            if figure in differences
            else Cell("-")
            for figure, _, size in shown
        ]
        return (Cell(name), *cells)

    levers = contents.record["levers"]
    rows = [(Cell(say("twin.a")), *(estimate_cell(sides[n].a, size) for n, _, size in shown))]
    rows += [added(f"+ {say.line(one['name'])}", one["differences"]) for one in levers]
    if len(levers) > 1:
        rows.append(added(f"+ {say('gained.together')}", contents.differences))
    rows.append((Cell(say("twin.b")), *(estimate_cell(sides[n].b, size) for n, _, size in shown)))
    keys = say("answer.then").join(
        f"{say.line(one['name'])}: {one['key']} = {_word(one['people'])} → {_word(one['twin'])}"
        for one in levers
    )
    note = say("twin.keys", keys=keys)
    return Table(say("twin.gains"), _heads(shown, say), tuple(rows), note=note)


def _word(value: str | bool) -> str:
    """Return a value of a key as a scenario has it."""
    return str(value).lower() if isinstance(value, bool) else value


def _shares(contents: Contents, say: Catalogue) -> Table:
    """Return what each lever adds to the total, whatever it works together with."""
    asked = contents.confidence, contents.replications
    levers = contents.record["levers"]
    shown = [one for one in _shown(contents) if all(one[0] in each["shares"] for each in levers)]
    rows = [
        (
            Cell(say.line(each["name"])),
            *(
                estimate_cell(
                    read_estimate(each["shares"][name], "mean", *asked), size, signed=True
                )
                for name, _, size in shown
            ),
        )
        for each in levers
    ]
    totals = [read_pair(contents.differences[name], *asked).difference for name, _, _ in shown]
    cells = (estimate_cell(e, one[2], signed=True) for e, one in zip(totals, shown, strict=True))
    rows.append((Cell(say("gained.together")), *cells))
    note = say("twin.shapley")
    return Table(say("twin.shares"), _heads(shown, say), tuple(rows), note=note)


def _delays(contents: Contents, say: Catalogue) -> Table | None:
    """Return how soon the failures of each class are seen; None where all are at once."""
    people, twin = (usual_delays(contents.runs[part].plant) for part in "ab")
    if not (people or twin):
        return None
    classes = {
        each["name"]: each for each in (contents.record["base"] or {"classes": ()})["classes"]
    }
    rows = []
    for kind in dict.fromkeys((*people, *twin)):
        worst = seen_after(classes[kind])[1] if kind in classes else math.nan
        means = [side[kind].mean if kind in side else math.nan for side in (people, twin)]
        number = max(side[kind].devices for side in (people, twin) if kind in side)
        rows.append(
            (
                Cell(class_name(kind, say)),
                Cell(f"{number:,}", number),
                *(Cell(time_text(t), known(t)) for t in (*means, worst)),
            )
        )
    if "detection_delay" in contents.differences:
        found = contents.differences["detection_delay"]
        pair = read_pair(found, contents.confidence, contents.replications)
        sides = [Cell(amount(side, say), known(side.mean)) for side in (pair.a, pair.b)]
        rows.append((Cell(say("twin.delay_simulated")), Cell(""), *sides, Cell("")))
    names = ("late_class", "late_devices", "a", "b", "delay_worst")
    heads = tuple(say(f"twin.{name}") for name in names)
    return Table(say("twin.delays"), heads, tuple(rows), note=say("twin.delay_note"))


def _base(base: Record, usual: Record | None, say: Catalogue) -> Table:
    """Return a digital base in short, beside it what it does without its faults."""
    sides = [base] if usual is None else [usual, base]
    columns = [_short(side, say) for side in sides]
    rows = [
        (Cell(name), *(column[at][1] for column in columns))
        for at, (name, _) in enumerate(columns[0])
    ]
    names = ["base_alone"] if usual is None else ["base_usual", "base_fault"]
    heads = say("table.figure"), *(say(f"twin.{name}") for name in names)
    return Table(say("twin.base"), heads, tuple(rows), frozenset({0}))


def _short(base: Record, say: Catalogue) -> list[tuple[str, Cell]]:
    """Return the figures of a digital base that tell most."""
    lost = sum(sum(each["lost"].values()) for each in base["classes"])
    share = lost / base["messages"] if base["messages"] else 0.0
    busiest = max(base["stages"], key=lambda stage: stage["utilisation"]["mean"] or 0.0)
    load = busiest["utilisation"]["mean"] or 0.0
    found = [
        (say("twin.base_messages"), Cell(f"{base['messages']:,}", base["messages"])),
        (say("twin.base_lost"), Cell(f"{lost:,} ({percent_text(share)})", lost)),
    ]
    for key in MARKERS:
        time = base["latency"][key]
        text = "-" if time is None else time_text(time)
        found.append((say("twin.base_latency", share=key), Cell(text, time)))
    found.append(
        (say("twin.base_busiest"), Cell(f"{stage_name(busiest, say)}, {percent_text(load)}", load))
    )
    aimed = [each for each in base["classes"] if each["fresh"] is not None]
    if aimed:
        devices = sum(each["devices"] for each in aimed)
        fresh = sum(each["fresh"]["mean"] * each["devices"] for each in aimed) / devices
        found.append((say("twin.base_fresh"), Cell(percent_text(fresh), fresh)))
    return found
