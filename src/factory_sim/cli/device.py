"""``factory-sim device``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from factory_sim.cli.options import (
    EngineOption,
    File,
    FromOption,
    JsonOption,
    SeedOption,
    SetOption,
    as_overrides,
    bases_with_progress,
    load_scenario,
    open_progress,
)
from factory_sim.cli.output import print_json
from factory_sim.exits import DONE

if TYPE_CHECKING:
    from factory_sim.fleet import History
    from factory_sim.line.devices import Device
    from factory_sim.scenario import Scenario


def device(
    file: File,
    name: Annotated[str, typer.Argument(metavar="DEVICE", help="Such as robots-0417.")],
    begin: FromOption = "0 s",
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Likewise; the horizon if left out."),
    ] = None,
    replication: Annotated[
        int, typer.Option(min=0, help="Which replication of the scenario is simulated.")
    ] = 0,
    engine: EngineOption = None,
    seed: SeedOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say what one device of the fleet did: its states, its failures and its repairs.

    One replication is simulated up to the end of the window; it is the same every time.

    Example: factory-sim device plant.yaml robots-0417 --from 10:00 --to 10:05
    """
    from factory_sim.fleet import history
    from factory_sim.scenario.span import span

    texts = as_overrides(overrides, {"engine": engine, "seed": seed})
    scenario = load_scenario(file, texts)
    try:
        window = span(scenario, begin, end)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    one = _named(scenario, name)
    with open_progress(silent=as_json) as counter:
        bases = bases_with_progress(counter)
        past = history(scenario, replication=replication, until=window[1], bases=bases)
    answer = _answer(scenario, past, one, window)
    if as_json:
        print_json(answer | {"replication": replication})
    else:
        _show(answer, replication)
    return DONE


def _named(scenario: "Scenario", name: str) -> "Device":
    """Return the device of a name."""
    from factory_sim.line.devices import compile_fleet
    from factory_sim.scenario.problems import nearest, suggestion

    fleet = compile_fleet(scenario)
    if fleet is None:
        raise typer.BadParameter(f"{scenario.name} has no `fleet:`, so no devices")
    found = fleet.named(name)
    if found is None:
        of, _, digits = name.rpartition("-")
        kinds = {kind.name: kind for kind in fleet.classes}
        last = {kind.name: kind.device(kind.count - 1) for kind in fleet.classes}
        kind = kinds.get(nearest(of, kinds) or "")
        number = int(digits) if digits.isdecimal() else 0
        if kind and 1 <= number <= kind.count:
            hint = f"; did you mean {kind.device(number - 1)}?"
        elif of in last and digits:
            hint = f"; the last of them is {last[of]}"
        else:
            hint = suggestion(name, last.values())
        raise typer.BadParameter(f'there is no device "{name}"{hint}')
    return found


def _answer(
    scenario: "Scenario", past: "History", one: "Device", window: tuple[float, float]
) -> dict[str, Any]:
    """Return what the device did: spans of states, and the failures that touch the window."""
    import numpy as np

    from factory_sim.fleet import DEVICE_STATES, device_spans, health
    from factory_sim.scenario.shifts import moment_text

    def when(seconds: float) -> str:
        return moment_text(scenario.start + seconds)

    begin, end = window
    spans = device_spans(past, one, begin, end)
    repairs = past.repairs(one)
    modes = [mode.name.rpartition("/")[2] for mode in one.modes()]
    return {
        "device": one.name,
        "class": one.of.name,
        "station": one.station,
        "effect": one.of.effect,
        "from": {"seconds": begin, "at": when(begin)},
        "to": {"seconds": end, "at": when(end)},
        "spans": [
            {"begin": float(a), "end": float(b), "at": when(a), "state": DEVICE_STATES[state]}
            for a, b, state in zip(spans.edges[:-1], spans.edges[1:], spans.states, strict=True)
        ],
        "seconds": dict(zip(DEVICE_STATES, spans.seconds().tolist(), strict=True)),
        "failures": [
            {
                "mode": modes[mode],
                "failed": float(a),
                "repaired": float(b),
                "failed_at": when(a),
                "repaired_at": when(b),
            }
            for mode, a, b in zip(repairs.mode, repairs.begin, repairs.end, strict=True)
            if a < end and b > begin
        ],
        "health": dict(
            zip(("from", "to"), health(past, one, np.array(window)).tolist(), strict=True)
        ),
    }


def _show(answer: dict[str, Any], replication: int) -> None:
    """Print an answer for people."""
    from factory_sim.scenario.durations import duration

    effect = {"stops": "stops it", "slows": "slows it", "informs": "only informs"}
    print(
        f"{answer['device']} at {answer['station']}, {effect[answer['effect']]} when down · "
        f"replication {replication} · {answer['from']['at']} to {answer['to']['at']}"
    )
    for span in answer["spans"]:
        length = duration(span["end"] - span["begin"])
        print(f"  {span['at']:<13} {span['state']:<9} {length:>10}")
    for failure in answer["failures"]:
        print(
            f"  failed {failure['failed_at']} ({failure['mode']}), "
            f"repaired {failure['repaired_at']}"
        )
    if not answer["failures"]:
        print("  no failures")
    shares = {state: seconds for state, seconds in answer["seconds"].items() if seconds > 0}
    whole = sum(shares.values())
    print("  " + ", ".join(f"{s} {100 * seconds / whole:.1f} %" for s, seconds in shares.items()))
