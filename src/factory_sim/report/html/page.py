"""The page itself: a template filled with what a study holds."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from factory_sim.report.html.answers import answer
from factory_sim.report.html.charts import charts
from factory_sim.report.html.contents import read_contents
from factory_sim.report.html.font import font_address
from factory_sim.report.html.pictures import left_out, pictures
from factory_sim.report.html.provenance import (
    again_commands,
    run_tables,
    scenario_text,
    source_tables,
    verify_command,
)
from factory_sim.report.html.tables import tables
from factory_sim.report.manifest import OF_B, OVERRIDES, ManifestError
from factory_sim.report.numbers import true_minus
from factory_sim.report.settings import labels, names_of_changes, relabelled
from factory_sim.report.texts import LANGUAGES, catalogue
from factory_sim.study.phrases import recorded_phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.html.tables.cells import Table
    from factory_sim.report.texts import Catalogue

PACKAGE = "factory_sim.report.html"
CODE = re.compile("`([^`]+)`")

PRINTED = 40
"""Rows of a table that are printed, as ``page.css`` has it; the assumptions all are."""

CUT_FROM = 50
"""Rows up to which all are printed: to cut a few would save nothing."""

BRIEF = 24
"""Letters of a text in a table that stay on one line."""


def page(directory: Path, language: str = "en") -> str:
    """Return the page of what a study wrote.

    Args:
        directory: What ``--out`` named.
        language: One of ``LANGUAGES``.

    Raises:
        ManifestError: If the directory holds no study, or a file of it is missing or
            spoilt.
    """
    contents, say = read_contents(directory), catalogue(language)
    values = {
        "say": say,
        "language": LANGUAGES[language],
        "description": contents.first["content"].get("description", ""),
        "version": contents.manifest["versions"].get("factory-sim", ""),
        "interrupted": contents.record.get("interrupted", False),
        "answer": answer(contents, say),
        "pictures": list(pictures(contents, say)),
        "left_out": list(left_out(contents, say)),
        "charts": list(charts(contents, say)),
        "tables": list(tables(contents, say)),
        "sources": list(_sources(contents, say)),
        "warnings": list(_warnings(contents, say)),
        "notes": list(_phrases([contents.record, contents.split], "notes", contents, say)),
        "run_tables": list(run_tables(contents, say)),
        "overrides": contents.manifest.get(OVERRIDES, []),
        "overrides_of_b": contents.manifest.get(OF_B, []),
        "verify": verify_command(contents),
        "again": again_commands(contents),
        "scenario": scenario_text(contents),
        "printed": PRINTED,
        "cut_from": CUT_FROM,
        "brief": BRIEF,
        "no_warnings": _no_warnings(contents, say),
        "audits": _audits(contents, say),
    }
    return _rendered(values)


def _rendered(values: dict[str, Any]) -> str:
    """Return the page; the font is cut for what it says without one."""
    template = _environment().get_template("page.html.j2")
    text = template.render(values, font=None)
    # What charts say is written in escapes, of which no font can be cut.
    address = font_address(text + json.dumps(values["charts"], ensure_ascii=False))
    return template.render(values, font=address) if address else text


def _sources(
    contents: Contents, say: Catalogue
) -> Iterator[tuple[str, str, tuple[Table, Table, Table]]]:
    """Yield the numbers of each scenario: whose they are, how many, and by their sources."""
    for part, figures in contents.figures.items():
        content = contents.entries.get(part, contents.first)["content"]
        found = source_tables(figures, content, say)
        assumed, unsourced, sourced = (
            sum(int(row[-1].value or 0) for row in table.rows) for table in found
        )
        counts = say(
            "sources.counts",
            all=str(len(figures)),
            assumed=str(assumed),
            unsourced=str(unsourced),
            sourced=str(sourced),
        )
        several = len(contents.figures) > 1
        title = say("sources.of_run", part=contents.name_of(part, say)) if several else ""
        yield title, counts, found


def _no_warnings(contents: Contents, say: Catalogue) -> str:
    """Return what it means that there is no warning."""
    return say("trust.no_warnings_base" if contents.kind == "base" else "trust.no_warnings")


def _audits(contents: Contents, say: Catalogue) -> list[str]:
    """Return what was checked of runs, and of digital bases."""
    audits = [] if contents.kind == "base" else [say("trust.audit")]
    return [*audits, say("trust.audit_base")] if contents.bases else audits


def _warnings(contents: Contents, say: Catalogue) -> Iterator[str]:
    """Yield the doubts about the runs, each once."""
    if contents.kind == "base":
        return map(say.line, contents.record["doubts"])
    records = [contents.record]
    if contents.kind in ("compare", "diff"):
        records = [contents.record["a"], contents.record["b"]]
    return _phrases(records, "warnings", contents, say)


def _phrases(
    records: Iterable[Mapping[str, Any]], key: str, contents: Contents, say: Catalogue
) -> Iterator[str]:
    """Yield what records say beside figures, each once, in the language of the page."""
    try:
        found = [recorded_phrase(one) for record in records for one in record.get(key, ())]
    except (KeyError, TypeError, AttributeError) as error:
        message = (
            f"{contents.directory}: its {key} cannot be read; run the scenario again with --out"
        )
        raise ManifestError(message) from error
    if contents.kind == "sweep":
        found = [relabelled(one, labels(contents.record, say)) for one in found]
    elif contents.kind == "diff":
        found = [relabelled(one, names_of_changes(contents.split, say)) for one in found]
    yield from dict.fromkeys(map(say.phrase, found))


@cache
def _environment() -> Environment:
    """Return what templates are filled in with: every value is escaped, none may be missing."""
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["part_of_package"] = _part
    environment.filters["with_code"] = _with_code
    environment.filters["number"] = _number
    environment.filters["kept"] = _kept
    return environment


def _with_code(text: str) -> Markup:
    """Return a text with what stands between backticks, such as a key, as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def _kept(text: str) -> str:
    """Return a text in which no line ends between ± and what follows."""
    return text.replace("± ", "±\N{NO-BREAK SPACE}")


def _number(text: str) -> str:
    """Return a number as it is set: with a minus sign, and no line between ± and what follows."""
    return _kept(true_minus(text))


def _part(*names: str) -> Markup:
    """Return a style or script of this package as it is; nothing of a user is ever in one."""
    text = files(PACKAGE).joinpath(*names).read_text(encoding="utf-8")
    # A browser's tools would look for the map beside the page.
    lines = [line for line in text.splitlines() if not line.startswith("//# sourceMappingURL")]
    return Markup("\n".join(lines))
