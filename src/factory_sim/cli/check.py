"""``factory-sim check``."""

from typing import TYPE_CHECKING, Annotated

import typer

from factory_sim.exits import DONE, USERS_ERROR, complain

if TYPE_CHECKING:
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario


def check(
    files: Annotated[list[str], typer.Argument(help="Scenarios; - reads standard input.")],
) -> int:
    """Check scenarios and report every problem with its line and what to write.

    Example: factory-sim check scenarios/*.yaml
    """
    codes = [_check(file) for file in files]
    return max(codes)


def _check(file: str) -> int:
    """Check one scenario; report its problems, or what it holds and what would run it."""
    from factory_sim.engines import EngineError, choose
    from factory_sim.line.compile import compile_plant
    from factory_sim.report.numbers import count
    from factory_sim.scenario import ScenarioError, load

    try:
        scenario = load(file)
        plant = compile_plant(scenario)
        choice = choose(plant, scenario.engine)
    except ScenarioError as error:
        complain(str(error))
        return USERS_ERROR
    except EngineError as error:
        complain(f"{file}: engine: {error}")
        return USERS_ERROR
    lines, stations = count(len(plant.lines), "line"), count(len(plant.stations()), "station")
    print(f"{file}: ok: {lines}, {stations}; {_sources(scenario)}")
    print(f"  {choice.engine} engine: {choice.reason}")
    if shown := _realism(scenario, plant):
        print(f"  realism: {shown}")
    return DONE


def _sources(scenario: "Scenario") -> str:
    """Return how many numbers of a scenario can be traced, and how many cannot."""
    from factory_sim.report.numbers import count

    total, assumed, unsourced = map(
        len, (scenario.figures, scenario.assumptions, scenario.unsourced)
    )
    sourced = total - assumed - unsourced
    return (
        f"{count(total, 'number')}: {sourced} with a source, {count(assumed, 'assumption')}, "
        f"{unsourced} without a source"
    )


def _realism(scenario: "Scenario", plant: "Plant") -> str:
    """Return at how many stations each effect of people and machines works, and which is off."""
    from factory_sim.line.realism import effects

    parts = [f"{name.replace('_', ' ')} {n}" for name, n in effects(plant).items() if n]
    text = ", ".join(parts) and f"stations with {', '.join(parts)}"
    off = [name for name, on in scenario.realism if not on]
    return "; ".join(part for part in (text, f"off: {', '.join(off)}" if off else "") if part)
