"""The texts of a figure in another language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.text import Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue


def translate(figure: Figure, say: Catalogue) -> None:
    r"""Replace the lines of a figure's titles, labels and legends that a pattern matches.

    Names of stations at ticks stay as they are: matplotlib writes those anew when it
    draws.

    Args:
        figure: Changed in place, before it is written.
        say: The texts of a language; of ``figure_texts``, those whose patterns match whole
            lines.
    """
    for text in figure.findobj(Text):
        said = text.get_text()
        if said:
            text.set_text("\n".join(say.line(line) for line in said.split("\n")))
