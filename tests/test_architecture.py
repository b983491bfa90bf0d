"""Data flows one way through the package: the imports say so, and stay so."""

from __future__ import annotations

import ast
import graphlib
from functools import cache
from pathlib import Path

import factory_sim

SOURCE = Path(factory_sim.__file__).parent
LAYERS = ["scenario", "line", "engines", "analysis", "fleet", "study", "report", "exits", "cli"]
LONGEST_FUNCTION = 60

FENCES = {
    "simpy": ("engines/reference/",),
    "matplotlib": ("report/figures/", "report/html/pictures.py"),
    "distributed": ("study/cluster.py",),
    "jinja2": ("report/html/",),
    "pydantic": ("scenario/",),
    "ruamel": ("scenario/",),
    "typer": ("cli/", "exits.py"),
    "rich": (
        "cli/",
        "exits.py",
        "report/base_table.py",
        "report/gains_table.py",
        "report/terminal.py",
        "report/run_summary.py",
        "report/station_table.py",
        "report/comparison_table.py",
        "report/progress.py",
        "report/sweep_table.py",
        "report/kpi_table.py",
        "report/diff_table.py",
        "report/explanation.py",
    ),
}


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the package, parsed, by its path within it."""
    return {
        str(path.relative_to(SOURCE)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def imported(tree: ast.Module) -> frozenset[str]:
    """Return the names of all modules that a module imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def layer(path: str) -> int | None:
    """Return the layer a module belongs to; the package's front belongs to none."""
    first = path.removesuffix(".py").replace(".", "/").split("/")[0]
    return LAYERS.index(first) if first in LAYERS else None


def test_no_layer_imports_a_later_one() -> None:
    for path, tree in modules().items():
        here = layer(path)
        if here is None:
            continue
        for name in imported(tree):
            there = layer(name.removeprefix("factory_sim.")) if "factory_sim." in name else None
            assert there is None or there <= here, f"{path} imports {name}"


def test_there_is_no_import_cycle() -> None:
    names = {
        "factory_sim." + path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): tree
        for path, tree in modules().items()
        if path != "__init__.py"
    }
    graph = {name: imported(tree) & names.keys() - {name} for name, tree in names.items()}
    # A package that re-exports its modules is imported by name of the module, too.
    graph = {
        name: {other for other in others if not name.startswith(f"{other}.")}
        for name, others in graph.items()
    }
    graphlib.TopologicalSorter(graph).prepare()


def test_the_engines_know_only_the_plant() -> None:
    for path, tree in modules().items():
        if path.startswith("engines/"):
            ours = {name for name in imported(tree) if name.startswith("factory_sim.")}
            assert all(name.split(".")[1] in ("engines", "line") for name in ours), path


def test_libraries_stay_behind_their_fences() -> None:
    for path, tree in modules().items():
        for library, fence in FENCES.items():
            uses = any(name.split(".")[0] == library for name in imported(tree))
            assert not uses or path.startswith(fence), f"{path} imports {library}"


def test_figures_are_made_without_the_state_of_pyplot() -> None:
    for path, tree in modules().items():
        assert not any(name.startswith("matplotlib.pyplot") for name in imported(tree)), path


def test_no_function_is_too_long() -> None:
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
                length = (node.end_lineno or 0) - first.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name} has {length} lines"
