"""Chinese sentences: no space stands within Chinese, whatever a sentence is put together from."""

from __future__ import annotations

import html
import json
import re

import pytest
from typer.testing import CliRunner

from factory_sim.cli import app
from factory_sim.report.html import pictures
from factory_sim.report.html.page import page
from factory_sim.study.phrases.spacing import marked, spaced
from sketches import EMPTY, shown
from test_twin import BASE, UPKEEP
from test_twin import LINE as LINE_OF_ROBOTS

CHARACTER, LATIN = r"[\u3400-\u9fff]", "[A-Za-z0-9]"
PUNCTUATION = r"[\u3000-\u303f\uff00-\uffef\u2018-\u201d]"
CHINESE = f"(?:{CHARACTER}|{PUNCTUATION})"
SPACE_WITHIN = re.compile(f"{CHINESE} +{CHINESE}|{PUNCTUATION} +[^ |]|[^ |] +{PUNCTUATION}")
"""A space between two Chinese characters, or beside Chinese punctuation."""
NO_SPACE = re.compile(f"{CHARACTER}{LATIN}|(?:{LATIN}|%){CHARACTER}")
"""No space between a Chinese character and a Latin one."""
INLINE = re.compile(r"</?(?:b|code|em|span|strong|wbr)\b[^>]*>")
UNREAD = re.compile(r"<(script|style|pre|svg|code)\b.*?</\1>", re.DOTALL)

LINE = """
name: 三站产线
horizon: 3 h
warm_up: 30 min
replications: 3
takt: 55 s
start: mon 06:00
automation: {level: 30 %, measure: stations, order: ["*"]}
stations:
  - name: 冲压
    by_hand: {cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}, crew: 1}
    automated: {cycle_time: 45 s, capital: 100000}
  - {name: 焊装, buffer: 2, cycle_time: 50 s, failures: {mtbf: 1 h, mttr: 6 min}}
  - {name: 总装, buffer: 2, cycle_time: 48 s, defects: 2 %, inspection: {then: scrap}}
economics: {currency: RMB, wage: 45, hours_per_year: 4000, margin: 10}
"""
PLAIN = re.sub("automation: .*\n|    by_hand: .*\n|economics: .*\n", "", LINE).replace(
    "    automated: {cycle_time: 45 s, capital: 100000}",
    "    cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}",
)
FASTER = ["--set-b", "stations.冲压.cycle_time.mean=40 s", "--set-b", "stations.总装.buffer=6"]
TWIN = LINE_OF_ROBOTS + UPKEEP.replace(", twin: 2 s", "") + BASE
for name, other in (("robots", "机器人"), ("ovens", "烘房"), ("floor", "地板"), ("roof", "车顶")):
    TWIN = TWIN.replace(name, other)
CALLS = {
    "run": ["run", "plain", "--kpis"],
    "planned": ["run", "line"],
    "explain": ["explain", "plain", "--measure", "1"],
    "diff": ["diff", "plain", "plain", *FASTER],
    "compare": ["compare", "plain", "plain", *FASTER],
    "levels": ["sweep", "line", "--automation", "0,0.3"],
    "grid": [
        "sweep",
        "plain",
        "--vary",
        "stations.1.buffer=1,3",
        "--vary",
        "stations.0.cycle_time.mean=45,50",
    ],
    "cube": [
        "sweep",
        "plain",
        "--vary",
        "stations.1.buffer=1:3:1",
        "--vary",
        "stations.0.cycle_time.mean=45:55",
        "--samples",
        "3",
    ],
    "few": ["sweep", "plain", "--vary", "stations.1.failures.mtbf=1 h", "--replications", "1"],
    "base": ["base", "twin"],
    "twin": ["twin", "twin", "--shares", "--replications", "2", "--set", "horizon=31 h"],
    "ramp": ["run", "plain", "--set", "horizon=10 d", "--set", "warm_up=0", "--replications", "2"],
}


def sentences(text):
    """Yield what a page says, element by element, as a browser shows its spaces."""
    for script in re.findall(
        r"<script type=\"application/json\"[^>]*>(.*?)</script>", text, re.DOTALL
    ):
        yield from re.findall(
            r'"((?:[^"\\]|\\.)*)"', json.dumps(json.loads(script), ensure_ascii=False)
        )
    text = INLINE.sub("", UNREAD.sub("`", text))
    for piece in re.split("<[^>]*>", text):
        yield " ".join(html.unescape(piece).split())


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the Chinese page of each study says, its figures included."""
    top = tmp_path_factory.mktemp("studies")
    for name, text in (("line", LINE), ("plain", PLAIN), ("twin", TWIN)):
        (top / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        texts = []
        patch.setattr(pictures, "svg", lambda figure: texts.extend(shown(figure)) or EMPTY)
        for name, arguments in CALLS.items():
            verb, *rest = arguments
            files = [str(top / f"{a}.yaml") if a in ("line", "plain", "twin") else a for a in rest]
            done = CliRunner().invoke(app, [verb, *files, "--out", str(top / name)])
            assert done.exit_code == 0, done.output
            texts.clear()
            found[name] = [*sentences(page(top / name, "zh")), *texts]
    return found


@pytest.mark.parametrize("study", CALLS)
def test_no_space_stands_within_chinese_and_one_beside_what_is_not(said, study):
    assert any(re.search(CHARACTER, text) for text in said[study])
    for wrong in (SPACE_WITHIN, NO_SPACE):
        found = [text for text in said[study] if wrong.search(text)]
        assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("{} 的节拍", ["焊装"], "焊装的节拍"),
        ("{}的节拍", ["weld"], "weld 的节拍"),
        ("{} {}", ["焊装", "节拍"], "焊装节拍"),
        ("{} {}", ["焊装", "+1"], "焊装 +1"),
        ("{}{}", ["5", "年"], "5 年"),
        ("瓶颈是 {} 。{}", ["weld", "5 %"], "瓶颈是 weld。5 %"),
        ("{}{}。", ["焊装", ""], "焊装。"),
        ("{}", ["焊 装"], "焊 装"),  # a name is left as it is
        ("{}", [""], ""),
    ],
)
def test_spaces_are_set_around_what_is_filled_in(text, values, expected):
    assert spaced(text.format(*(marked(value, "zh") for value in values))) == expected
    english = text.format(*(marked(value, "en") for value in values))
    assert spaced(english) == text.format(*values)
