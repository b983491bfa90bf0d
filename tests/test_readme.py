"""The README tells the truth: its examples run, its map and its commands exist."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def test_the_python_examples_of_the_readme_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(README), module_relative=False)
    assert tried > 0
    assert failed == 0


def test_every_folder_of_the_map_exists_and_none_is_missing() -> None:
    text = README.read_text(encoding="utf-8")
    source = ROOT / "src" / "factory_sim"
    folders = {path.name for path in source.iterdir() if (path / "__init__.py").exists()}
    for folder in folders:
        assert f"`{folder}/" in text
    for path in source.glob("*.py"):
        assert path.name == "__init__.py" or f"`{path.name}`" in text


def test_ci_finds_the_two_commands_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for marker in ("main-job", "tests"):
        block = text.split(f"<!-- {marker} -->")[1].split("```")[1]
        assert ".venv/bin/" in block
