"""What studies say beside figures: the same in every language, with the same values."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path
from typing import get_args

import pytest

import factory_sim
from factory_sim.report.texts import LANGUAGES
from factory_sim.scenario.durations import enough
from factory_sim.scenario.schema import Automation, Precision
from factory_sim.study.phrases import Phrase, phrase, phrase_record, recorded_phrase, texts, worded

EXAMPLE = {
    "percent": 0.25,
    "duration": 5400.0,
    "enough": 5400.0,
    "all": ("10 %", "20 %"),
    "term": "lead_time",
    "g": 8.0,
    "": "weld",
}
"""A value for every way of writing one."""


def places(text: str) -> dict[str, str]:
    """Return the places of a text with how the last of a name is written."""
    found = string.Formatter().parse(text)
    return {name: spec or "" for _, name, spec, _ in found if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_values(language):
    english, other = texts("en"), texts(language)
    assert other.keys() == english.keys()
    for key, text in english.items():
        assert places(other[key]).keys() == places(text).keys(), key
        values = {name: EXAMPLE[spec.partition(".")[0]] for name, spec in places(text).items()}
        said = worded(phrase(key, **values), language)
        assert "{" not in said
        if "label" in values:
            assert "weld" in said


def test_every_phrase_that_the_program_says_has_words_and_the_other_way_round():
    source = Path(factory_sim.__file__).parent
    kinds = "doubt|note|method|step|change"
    code = "\n".join(path.read_text(encoding="utf-8") for path in source.rglob("*.py"))
    said = set(re.findall(rf'"((?:{kinds})\.[a-z_0-9]+)"', code))
    said |= {f"change.{kind}" for kind in ("cycle", "takt", "mttr", "repairs", "mtbf")}
    written = {key for key in texts("en") if re.match(kinds, key)}
    assert said == written


def test_what_scenarios_name_has_a_term():
    names = [*get_args(Precision.model_fields["of"].annotation)]
    names += get_args(Automation.model_fields["measure"].annotation)
    assert {f"term.{name}" for name in names} <= texts("en").keys()


def test_a_phrase_is_the_same_after_json():
    for said in (
        Phrase("doubt.one_replication"),
        phrase("note.same_plant", labels=("10 %", "20 %")),
        phrase("doubt.warm_up_short", warm_up=0.0, asked=5400.0),
    ):
        record = json.loads(json.dumps(phrase_record(said), allow_nan=False))
        assert recorded_phrase(record) == said
        assert record["text"] == str(said)


def test_values_are_written_as_a_scenario_may_have_them():
    said = phrase("doubt.warm_up_short", warm_up=1800.0, asked=9000.0)
    assert "the 30 min warm-up" in str(said)
    assert "too short: deliveries are steady only after 2.5 h (rule MSER-5). Set" in str(said)
    assert "`warm_up: 3 h`" in str(said)
    assert "`warm_up: 3 h`" in worded(said, "zh")
    assert enough(7200.0) == "2 h"
    unit = phrase("doubt.imprecise", measure="wip", reached=0.0123, asked=0.01, replications=70)
    assert str(unit).startswith("WIP is known to ± 1.2 % after 70 replications, not to the ± 1 %")
    assert "在制品的精度为 ± 1.2 %" in worded(unit, "zh")


def test_what_has_no_words_is_an_error_of_the_program():
    with pytest.raises(KeyError):
        worded(Phrase("doubt.of_everything"))
    with pytest.raises(KeyError):
        worded(Phrase("note.same_plant"))
