"""The provenance of the numbers of a page: their sources, and how to reproduce them."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from factory_sim.report.directory import ASKED
from factory_sim.report.html.named_keys import named, names, pattern
from factory_sim.report.html.tables.cells import Cell, Table
from factory_sim.report.manifest import MANIFEST, MESSAGES
from factory_sim.report.numbers import percent_text
from factory_sim.report.settings import names as names_of
from factory_sim.report.settings import values, varied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue
    from factory_sim.scenario import Figure

    Group = dict[tuple[str, str, str], list[Figure]]

GROUPS = ("assumptions", "unsourced", "sourced")
SHORT = 16
"""Digits of a SHA-256 that a page shows."""


def source_tables(
    figures: Iterable[Figure], content: Any, say: Catalogue
) -> tuple[Table, Table, Table]:
    """Return the assumptions, then what has no source, then the rest.

    The same number from the same source at several places of a list is one row.

    Args:
        figures: Every number, with its key and where it comes from.
        content: The scenario as plain data, which knows the names of stations.
        say: The texts of the page.
    """
    groups: dict[str, Group] = {name: {} for name in GROUPS}
    for figure in figures:
        alike = groups[_group(figure)].setdefault(
            (pattern(figure.path), _value(figure.value), figure.source or ""), []
        )
        alike.append(figure)
    assumed, unsourced, sourced = (
        _source_table(name, groups[name], content, say) for name in GROUPS
    )
    return assumed, unsourced, sourced


def _group(figure: Figure) -> str:
    if figure.source is None:
        return "unsourced"
    return "assumptions" if figure.source.lower().startswith("assumption") else "sourced"


def _source_table(name: str, group: Group, content: Any, say: Catalogue) -> Table:
    """Return rows of equal numbers, each with how many there are."""
    heads = ["key", "value", "source"][: 2 if name == "unsourced" else 3]
    rows = []
    for (_, *texts), alike in group.items():
        key = named(alike[0].path, [names(figure.path, content) for figure in alike])
        shown = [key, *texts][: len(heads)]
        rows.append((*map(Cell, shown), Cell(str(len(alike)), float(len(alike)))))
    texts_at = frozenset(range(len(heads)))
    titles = tuple(say(f"table.{head}") for head in (*heads, "times"))
    return Table(say(f"table.{name}"), titles, tuple(rows), texts_at)


def _value(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def run_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what was run, by which engine, from which seed, and by which programs."""
    if contents.kind == "base":
        yield _base_table(contents, say)
    else:
        yield _runs_table(contents, say)
    versions = contents.manifest["versions"]
    yield Table(
        say("table.versions"),
        (say("table.program"), say("table.version")),
        tuple((Cell(name), Cell(str(version))) for name, version in versions.items()),
        frozenset({0, 1}),
    )


def _base_table(contents: Contents, say: Catalogue) -> Table:
    entry = contents.first
    digests = (str(entry[key])[:SHORT] for key in ("scenario_digest", "digest"))
    row = (say("base.messages"), str(entry["content"]["seed"]), *digests)
    heads = tuple(say(f"table.{name}") for name in ("run", "seed", "digest", "result_digest"))
    return Table(say("table.runs"), heads, (tuple(map(Cell, row)),), frozenset(range(len(heads))))


def _runs_table(contents: Contents, say: Catalogue) -> Table:
    entries = contents.entries
    points, head_of_points = _points(contents, say)
    has_levels = any(entry["level"] is not None for entry in entries.values())
    heads = ["run", "level", "engine", "reason", "replications", "seed", "digest", "result_digest"]
    rows = []
    for part, entry in entries.items():
        label = points.get(part) or contents.name_of(part, say)
        texts = {
            "run": say("part.only") if contents.kind == "run" else label,
            "level": "-" if entry["level"] is None else percent_text(entry["level"]),
            "engine": say(f"engine.{entry['engine']}"),
            "reason": say.line(entry.get("engine_reason") or "-"),
            "replications": str(entry["replications"]),
            "seed": str(entry["seed"]),
            "digest": str(entry["scenario_digest"])[:SHORT],
            "result_digest": str(entry["digest"])[:SHORT],
        }
        rows.append(tuple(Cell(texts[head]) for head in heads if head != "level" or has_levels))
    titles = tuple(say(f"table.{head}") for head in heads if head != "level" or has_levels)
    if head_of_points:
        titles = (head_of_points, *titles[1:])
    return Table(say("table.runs"), titles, tuple(rows), frozenset(range(len(titles))))


def _points(contents: Contents, say: Catalogue) -> tuple[dict[str, str], str]:
    """Return what the points of a sweep have, by label, and the head of these; else nothing."""
    if contents.kind != "sweep":
        return {}, ""
    keys = varied(contents.record, say)
    return {point["label"]: values(keys, point) for point in contents.record["points"]}, names_of(
        keys, say
    )


def verify_command(contents: Contents) -> str:
    """Return what replays the study to the bit."""
    return f"factory-sim verify {shlex.quote(str(contents.directory))}"


def again_commands(contents: Contents) -> str | None:
    """Return what runs the study again from its manifest.

    None for a sweep of an earlier version, whose manifest does not say what was varied.
    """
    manifest = contents.manifest
    path = str(contents.directory / MANIFEST)
    options = shlex.join(manifest.get("options", []))
    if contents.kind in ("compare", "diff"):
        lines = [f"{_content(path, 'runs', part, 'content')} > {part}.yaml" for part in ("a", "b")]
        again = f"factory-sim {contents.kind} a.yaml b.yaml"
        return "\n".join([*lines, f"{again} {options}".rstrip() + " --out again"])
    verb = "run" if contents.kind == "planned" else contents.kind
    place: tuple[str, ...] = ("runs", next(iter(contents.entries)), "content")
    if verb == "base":
        place = (MESSAGES, "content")
    if verb in ("sweep", "twin"):
        if ASKED not in manifest:
            return None
        place = (ASKED,)
    again = f"factory-sim {verb} - {options}".rstrip()
    return f"{_content(path, *place)} |\n  {again} --out again"


def _content(path: str, *place: str) -> str:
    """Return a command that prints a scenario of a manifest as JSON, which YAML takes as it is."""
    found = "".join(f"[{json.dumps(key)}]" for key in place)
    program = (
        f"import json; print(json.dumps(json.load(open({json.dumps(path)}, "
        f'encoding="utf-8")){found}, ensure_ascii=False))'
    )
    return f"python3 -c {shlex.quote(program)}"


def scenario_text(contents: Contents) -> str:
    """Return the scenario that was asked, or else that of the first run, as a file may hold it."""
    content = contents.manifest.get(ASKED, contents.first["content"])
    return json.dumps(content, indent=1, ensure_ascii=False)
