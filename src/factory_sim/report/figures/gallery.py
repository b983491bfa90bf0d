"""All figures of runs, and how figures are written to a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.analysis.levels import levels
from factory_sim.analysis.timeline import timeline
from factory_sim.fleet.history import History
from factory_sim.fleet.overview import fleet_states
from factory_sim.line.devices import compile_fleet
from factory_sim.line.draws import Draws
from factory_sim.report.figures import based
from factory_sim.report.figures.buffers import buffers
from factory_sim.report.figures.clock import clock_of
from factory_sim.report.figures.compared import differences
from factory_sim.report.figures.convergence import Start, convergence
from factory_sim.report.figures.daily import daily, two_ramps
from factory_sim.report.figures.devices import device_grid
from factory_sim.report.figures.gantt import gantt, window_of_shift
from factory_sim.report.figures.space_time import space_time
from factory_sim.report.figures.station_states import station_states
from factory_sim.report.figures.style import save
from factory_sim.report.figures.trajectories import window_of_parts
from factory_sim.report.numbers import percent_text
from factory_sim.report.texts import ENGLISH
from factory_sim.report.writable import OutputError
from factory_sim.study.measures import measure
from factory_sim.study.warm_up import mser_warm_up_of_deliveries

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

    Named = Iterable[tuple[str, Figure]]

OVER_TIME = frozenset({"space_time", "gantt", "buffers", "devices"})
"""Figures of what one replication does; for any of them it is simulated once more."""

COMPARED = {"a": "A", "b": "B"}
"""What titles call runs that are compared."""

SETTLING = "throughput"
"""The figure whose convergence is drawn."""


def write(directory: Path, named: Named, *, suffix: str = "png") -> Iterator[Path]:
    """Write figures to a directory and yield the files as they are made.

    Args:
        directory: Made if it is not there.
        named: Names without suffix, and the figures.
        suffix: Format: png, svg or pdf.

    Raises:
        OutputError: If a file cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{directory}: cannot be made ({error.strerror}); choose another directory"
        raise OutputError(message) from error
    for name, figure in named:
        path = directory / f"{name}.{suffix}"
        save(figure, path)
        yield path


def figures_of(
    runs: Mapping[str, Recorded],
    *,
    called: Mapping[str, str] = COMPARED,
    replication: int | None = None,
    begin: float | None = None,
    end: float | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Yield the name of every figure of some runs, and the figure.

    The first run's figures have plain names (``gantt``), those of the others begin with
    the part they play (``baseline-gantt``). Of two that were compared, what shows
    both comes first; those of digital bases come last (``base-latency``).

    Args:
        runs: By the part they play.
        called: What titles call those parts that need telling apart.
        replication: Which one is simulated once more for what happens over time; the
            first if left out.
        begin: From when that is drawn, s; from the end of the warm-up if left out.
        end: Until when, s; a readable time if left out.
    """
    if runs.keys() == {"a", "b"}:
        yield from of_both(runs["a"], runs["b"])
    for number, (part, run) in enumerate(runs.items()):
        prefix = f"{part}-" if number else ""
        of = called.get(part, "")
        for name, figure in figures(run, replication=replication, begin=begin, end=end, part=of):
            yield f"{prefix}{name}", figure
    for number, (part, run) in enumerate(runs.items()):
        if run.base is not None:
            prefix = f"{part}-" if number else ""
            for name, figure in based.figures(run.base):
                yield f"{prefix}base-{name}", figure


def of_both(a: Recorded, b: Recorded, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of every figure that shows two runs beside each other, and the figure."""
    for name, figure in (
        ("differences", differences(a, b, say)),
        ("ramps", two_ramps(a, b, say)),
    ):
        if figure is not None:
            yield name, figure


def figures(
    run: Recorded,
    *,
    replication: int | None = None,
    begin: float | None = None,
    end: float | None = None,
    without: Collection[str] = (),
    part: str = "",
    say: Catalogue = ENGLISH,
) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of a run, and the figure; see :func:`figures_of`.

    Those left out by ``without`` take no time. Of the texts, those of the output per day
    and of the devices are in another language where ``say`` is, and so are labels of ticks;
    the others are left to :func:`translate`. ``part`` tells A from B in the titles.
    """
    name = _name(run, part, say)
    if run.ramp is not None and run.daily is not None and "daily" not in without:
        confidence = run.scenario.confidence
        found = daily(run.daily, run.ramp, confidence=confidence, title=name, say=say)
        yield "daily", found
    yield "station_states", station_states(run, title=name, say=say)
    if "convergence" not in without:
        yield "convergence", _settling(run, name)
    if wanted := OVER_TIME.difference(without):
        shown = run.replications[0] if replication is None else replication
        begin = run.begin if begin is None else begin
        yield from _over_time(run, shown, begin, end, wanted, name, say)


def _settling(run: Recorded, name: str) -> Figure:
    """Return whether the throughput has settled."""
    what = measure(SETTLING)
    return convergence(
        run.samples[SETTLING],
        run.scenario.confidence,
        what=what.label,
        unit=what.unit,
        start=_start(run),
        title=name,
    )


def _over_time(
    run: Recorded,
    replication: int,
    begin: float,
    end: float | None,
    wanted: Container[str],
    name: str,
    say: Catalogue,
) -> Iterator[tuple[str, Figure]]:
    """Yield what happens in one replication, of ``OVER_TIME`` what is wanted."""
    seen, started = run.observe(replication), clock_of(run)
    title = f"{name}\nreplication {replication}"
    window = window_of_parts(seen, begin) if end is None else (begin, end)
    # Parts of a single station are one long line.
    if "space_time" in wanted and len(list(run.plant.main.stations())) > 1:
        yield "space_time", space_time(seen, *window, title=title, started=started, say=say)
    window = (begin, end) if end else window_of_shift(timeline(seen, begin, run.end), begin)
    if "gantt" in wanted:
        yield "gantt", gantt(timeline(seen, *window), title=title, started=started, say=say)
    if "buffers" in wanted and (found := levels(seen, *window)):
        yield "buffers", buffers(found, title=title, started=started, say=say)
    if "devices" in wanted and (fleet := compile_fleet(run.scenario)) is not None:
        past = History(fleet, seen, Draws(run.seed, range(replication, replication + 1)))
        seen_of = fleet_states(past, *window)
        yield "devices", device_grid(seen_of, title=title, started=started, say=say)


def _start(run: Recorded) -> Start | None:
    """Return how deliveries settle, if the files tell."""
    if run.deliveries is None:
        return None
    asked, reliable = mser_warm_up_of_deliveries(run.plant, run.deliveries, run.end)
    return Start(run.end, run.deliveries, asked, reliable, run.begin)


def _name(run: Recorded, part: str, say: Catalogue) -> str:
    name = run.scenario.name
    if run.level is not None:
        name = say("figure.at_level", name=name, level=percent_text(run.level))
    return say("figure.part", name=name, part=part) if part else name
