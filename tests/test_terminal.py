"""Lines of text that fit a terminal, whatever its width."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from factory_sim.report.terminal import DOT, blocks, facts, wrapped

WORDS = st.lists(st.sampled_from(["line", "weld", "is", "stations.weld.buffer"]), min_size=1)
FACTS = st.lists(WORDS.map(" ".join), min_size=1, max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda rows: st.lists(
        st.lists(st.text("abc", min_size=1, max_size=9), min_size=rows, max_size=rows),
        min_size=1,
        max_size=9,
    )
)


@given(FACTS, st.integers(30, 120))
def test_facts_are_cut_at_their_dots_and_fit(parts: list[str], width: int) -> None:
    text = DOT.join(parts)
    lines = facts(text, width)
    assert " ".join(" ".join(lines).split()) == text
    assert max(map(cell_len, lines)) <= width
    if max(map(len, parts)) <= width - len("  ") - len(DOT):
        assert all(line.endswith(DOT.rstrip()) for line in lines[:-1])


def test_a_line_that_fits_is_left_as_it_is() -> None:
    text = "a line" + DOT + "4 h"
    assert facts(text, len(text)) == [text]
    assert facts(text, len(text) - 1) == ["a line ·", "  4 h"]


def test_numbers_keep_their_units_and_commands_their_words() -> None:
    text = "  cut after 12 min of 4.0 ± 1.5 parts, 95 % sure, see `factory-sim schema` for more"
    together = ("12 min", "4.0 ± 1.5 parts", "95 %", "`factory-sim schema`")
    for width in range(24, 90):
        first, *others = wrapped(text, width)
        assert all(any(words in line for line in (first, *others)) for words in together)
        assert max(map(len, (first, *others))) <= width
        assert re.match("  [^ ]", first)
        assert all(re.match("    [^ ]", line) for line in others)
    assert wrapped("", 40) == []


@given(TABLES, st.integers(24, 80))
def test_a_table_is_cut_into_blocks_that_fit_with_their_names(
    columns: list[list[str]], width: int
) -> None:
    names = [f"row {number}" for number in range(len(columns[0]))]
    found = blocks([names], columns, width)
    cells = [[line.split() for line in block] for block in found]
    for row, name in enumerate(names):
        assert all(" ".join(block[row][:2]) == name for block in cells)
        shown = [cell for block in cells for cell in block[row][2:]]
        assert shown == [column[row] for column in columns]
    assert max(len(line) for block in found for line in block) <= width
    widths = [max(map(len, block)) for block in found]
    for place, block in enumerate(cells[1:]):
        first = max(len(line[2]) for line in block)
        assert widths[place] + len("  ") + first > width  # no block ends early
