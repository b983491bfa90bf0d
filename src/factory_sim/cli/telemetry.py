"""``factory-sim telemetry``."""

from pathlib import Path
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
    from factory_sim.fleet.telemetry import Agreement


def telemetry(
    file: File,
    begin: FromOption,
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Likewise.")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the files go; nothing may be there yet.")
    ],
    replication: Annotated[
        int, typer.Option(min=0, help="Which replication of the scenario is told of.")
    ] = 0,
    classes: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Classes of devices, e.g. robots,meters; or all."),
    ] = None,
    stations: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN", help="Only devices at these stations, e.g. weld or 'paint/*'."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Rebuild the states of the stations, compare with the truth."),
    ] = False,
    engine: EngineOption = None,
    seed: SeedOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write what the devices of a plant send, consistent with what its stations do.

    DIR gets the messages by class, the devices, the truth (states of the stations, faults
    with the onset of their wear) as Parquet, and telemetry.json, which says what is in them.

    Example: factory-sim telemetry plant.yaml --from 10:00 --to 11:00 --out telemetry
    """
    from factory_sim.fleet.telemetry import agreement, write

    texts = as_overrides(overrides, {"engine": engine and engine.value, "seed": seed})
    scenario = load_scenario(file, texts)
    names = None if classes is None else [name.strip() for name in classes.split(",")]
    with open_progress(silent=as_json) as counter:
        about = write(
            scenario,
            out,
            begin,
            end,
            replication=replication,
            classes=names,
            stations=stations,
            progress=counter("messages"),
            bases=bases_with_progress(counter),
        )
    found = agreement(out) if check else None
    if as_json:
        print_json(about | ({} if found is None else {"agreement": _plain(found)}))
    else:
        _show(out, about, found)
    return DONE


def _plain(found: "Agreement") -> dict[str, Any]:
    return {"share": found.share, "heard": found.heard, "stations": found.stations}


def _show(out: Path, about: dict[str, Any], found: "Agreement | None") -> None:
    """Print what was written, for people."""
    print(
        f"{about['scenario']} · replication {about['replication']} · "
        f"{about['from']['at']} to {about['to']['at']}"
    )
    for name, table in about["files"].items():
        each = table["bytes"] / max(table["rows"], 1)
        unit, byte = ("MB", 1e6) if table["bytes"] > 1e5 else ("kB", 1e3)
        size = f"{table['bytes'] / byte:,.1f} {unit}"
        small = f"{each:6.2f} bytes a row" if table["bytes"] > 1e5 else ""
        print(f"  {name:<28} {table['rows']:>13,} rows {size:>11} {small}".rstrip())
    print(f"wrote {out}; what is in it: {out / 'telemetry.json'}")
    if found is not None:
        print(
            f"states of {len(found.stations)} stations rebuilt from the messages: "
            f"{100 * found.share:.3f} % of the time right"
        )
