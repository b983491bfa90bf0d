"""The style that all figures share, and how they are written to files.

Figures are made for print on A4: nearly 7 inches wide, letters of 7 to 10 points. Colours
are those that colour-blind readers tell apart; what must not be confused differs in lightness
or hatch, too, so that a grey copy says the same.

Nothing of matplotlib is changed for anybody else: figures are made without pyplot, within
settings that end with them.

Source: Okabe and Ito (2008), "Color Universal Design", for the colours; their purple is
darker here, so that grey print tells it from their orange.
"""

from __future__ import annotations

import io
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from factory_sim.report.figures.fonts import families, legible
from factory_sim.report.numbers import true_minus
from factory_sim.report.writable import OutputError, check_figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

INK, SOFT, FAINT = "#1a1a1a", "#767676", "#d9d9d9"
BLUE, ORANGE, VERMILION, PURPLE = "#0072b2", "#e69f00", "#d55e00", "#bf6c9d"
BAND = "#b9d6ea"
"""Of an interval: the blue, light enough to stay behind it in grey print."""

STATE_COLOURS = {
    "busy": BLUE,
    "blocked": ORANGE,
    "starved": FAINT,
    "waiting": PURPLE,
    "down": "#000000",
    "off": "#ffffff",
}
STATE_HATCHES = {"blocked": "////", "waiting": "....", "off": "xx"}
STATE_LABELS = {state: state for state in STATE_COLOURS} | {"off": "off shift"}

WIDTH = 7.2
"""Of a figure, inches."""

LETTERS = 84
"""Of a title, in columns; a Chinese letter takes two."""

ROW = 0.2
"""Height of a row that has a label, inches: 8 pt letters do not touch."""

SETTINGS: dict[str, Any] = {
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.size": 8.5,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "normal",
    "axes.labelsize": 8.5,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "hatch.linewidth": 0.5,
    # A dollar in a name is a dollar, and not the start of a formula.
    "text.parse_math": False,
    "svg.hashsalt": "factory-sim",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "savefig.bbox": None,
}

DPI = 200

WITHIN = 300
"""Dots per inch of an image within an SVG: readers scale it, and its stripes would blur."""

UNDATED = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Fixed, so that the same figure gives the same file whenever it is written."""


@contextmanager
def drawing(texts: Iterable[str] = ()) -> Iterator[None]:
    """Set up fonts, sizes and lines for as long as a figure is drawn.

    Args:
        texts: Names that the figure will show; they choose the fonts.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = {**SETTINGS, "font.family": families(texts)}
        mpl.rcParams.update(settings)
        yield


def sheet(height: float) -> Figure:
    """Return an empty figure of the common width; call it within :func:`drawing`."""
    return Figure(figsize=(WIDTH, height))


def headline(figure: Figure, title: str) -> None:
    """Write the title of a figure, from its left edge, where there is room for long names."""
    if title:
        lines = [short(legible(line), LETTERS) for line in title.split("\n")]
        figure.suptitle("\n".join(lines), x=0.008, ha="left", fontsize=10)


def time_scale(seconds: float) -> tuple[str, float]:
    """Return the unit for an axis that spans a time, and what it is in s."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size * (2 if unit == "d" else 1):
            return unit, size
    return "s", 1.0


def percent() -> FuncFormatter:
    """Return a formatter of shares of 1 in percent, with the digits that tell ticks apart."""
    return FuncFormatter(lambda share, _: true_minus(f"{100 * share:.6g} %"))


def key(axes: Axes) -> None:
    """Write what the marks mean above the axes, where it covers none of them."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=4, borderaxespad=0.3)


def grid(axes: Axes, axis: str) -> None:
    """Draw faint lines at the ticks of one axis, for reading values."""
    axes.grid(axis=axis, color=FAINT, linewidth=0.5)  # type: ignore[arg-type]


def short(text: str, width: int = 30) -> str:
    """Return a text cut to a width in columns, of which a Chinese character takes two.

    It is cut in the middle, a third from its end: what tells ``door-12`` from ``door-13``
    is the end.
    """
    if columns(text) <= width:
        return text
    tail = text
    while columns(tail) > (width - 1) // 3:
        tail = tail[1:]
    head = text
    while columns(head) > width - 1 - columns(tail):
        head = head[:-1]
    return f"{head.rstrip()}…{tail.lstrip()}"


def columns(text: str) -> int:
    """Return the columns of a text, of which a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def typeset(figure: Figure) -> None:
    """Give numbers written beside marks the minus sign that those of axes have."""
    for text in figure.findobj(Text):
        text.set_text(true_minus(text.get_text()))


def save(figure: Figure, path: Path) -> None:
    """Write a figure to a file, in the format of its suffix.

    Raises:
        OutputError: If the suffix names no format, or the file cannot be written.
    """
    check_figure(path)
    typeset(figure)
    suffix = path.suffix.removeprefix(".").lower()
    try:
        with drawing():
            figure.savefig(path, dpi=DPI, metadata=UNDATED[suffix])
    except OSError as error:
        message = f"{path}: cannot be written ({error.strerror}); choose another name"
        raise OutputError(message) from error


def svg(figure: Figure) -> str:
    """Return a figure as the text of an SVG file."""
    typeset(figure)
    text = io.StringIO()
    with drawing():
        figure.savefig(text, format="svg", dpi=WITHIN, metadata=UNDATED["svg"])
    return text.getvalue()
