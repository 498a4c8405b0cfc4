"""The commands on proposals, as a person types them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from rich.cells import cell_len

from coverplan.cli import main

WIDTH = 80
SCENARIO = """scenario: north
name: 北站
edits:
  - open: {kind: ambulance station, name: 北站, at: [118.55, 24.735], vehicles: 1}
  - delay: {project: 1, years: 1}
"""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said, on one line."""

    code: int
    said: str


Call = Callable[..., Done]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in an empty folder; nothing it says is wider than the screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    (tmp_path / "north.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("scenario: wrong\nedits:\n  - clos: F1\n  - close: F9\n", encoding="utf-8")

    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        said = capsys.readouterr()
        assert all(cell_len(line) <= WIDTH for line in (said.out + said.err).splitlines())
        assert "Traceback" not in said.err
        return Done(int(ended.value.code or 0), " ".join((said.out + said.err).split()))

    return run


def test_try_says_what_stations_add(call: Call) -> None:
    """Two stations, by hand and from a workbook: each alone and both together, the towns, what changes."""
    pd.DataFrame([{"名称": "二站", "经度": 118.56, "纬度": 24.68}]).to_excel(
        "sites.xlsx", index=False, engine="xlsxwriter"
    )
    done = call(
        "try", "three-bridges", "--station", "一站", "--at", "118.545,24.72", "--vehicles", "2", "--sites", "sites.xlsx"
    )
    assert done.code == 0
    for part in ("一站 118.54500, 24.72000", "2 vehicles", "Together", "First-aid response time", "Alone", "二站"):
        assert part in done.said, part
    assert "illustrative" in done.said


def test_try_asks_for_what_is_missing(call: Call) -> None:
    """No station, a name without a place, a place that is none, a place outside: each is said in words."""
    cases = (
        (("try", "three-bridges"), 2, "coverplan try CONFIG --station"),
        (("try", "three-bridges", "--station", "a"), 2, "each station needs its place"),
        (("try", "three-bridges", "--station", "a", "--at", "here"), 2, "is no place"),
        (("try", "three-bridges", "--station", "a", "--at", "110,20"), 1, "lies outside the study area"),
    )
    for arguments, code, said in cases:
        done = call(*arguments)
        assert (done.code, said in done.said) == (code, True), done.said


def test_try_says_why_a_site_adds_nothing(call: Call) -> None:
    """A kind may be written in Chinese, a group is none; no vehicle, and no road, are said beside the site."""
    spot = ("--station", "a", "--at", "118.51,24.64", "--vehicles", "0")
    done = call("try", "three-bridges", *spot, "--kind", "急救站")
    assert done.code == 0
    assert "too far from any road" in done.said
    assert "no crew sets out" in done.said
    done = call("try", "three-bridges", *spot, "--kind", "ems")
    assert done.code == 1
    assert "'ems' is a group of kinds" in done.said


def test_compare_tells_what_moves_behind_a_figure(call: Call, tmp_path: Path) -> None:
    """More people leave 2 devices at 2 and need one more of them; a percentile may stay while people are lost."""
    (tmp_path / "later.yaml").write_text("scenario: later\nedits:\n  - people: {to: resident_2025}\n", encoding="utf-8")
    (tmp_path / "shut.yaml").write_text(
        "scenario: shut\nedits:\n  - road: {close: 大桥路}\n  - close: {facility: F6, year: 2024}\n", encoding="utf-8"
    )
    done = call("compare", "three-bridges", "later.yaml", "shut.yaml", "--no-maps", "--by", "people_per_yuan")
    assert done.code == 0
    assert "no figure changes" not in done.said
    assert "was 1 device" in done.said
    assert "Lost 1,600" in done.said
    assert "waits until 2024" in done.said
    assert "cost_100m_cny of the proposal is not given" in done.said


def test_the_order_of_projects_knows_what_comes_with_them(call: Call, tmp_path: Path) -> None:
    """A station that opens with project 1 is what that project brings: 6,400 people."""
    station = "{kind: 急救站, name: 岭脚站, at: [118.5626, 24.6763], vehicles: 1, after: 1}"
    (tmp_path / "with.yaml").write_text(f"scenario: with\nedits:\n  - open: {station}\n", encoding="utf-8")
    done = call(
        "timeline", "three-bridges", "--scenario", "with.yaml", "--from", "2024", "--to", "2024", "--order", "year"
    )
    assert done.code == 0
    assert "6,400" in done.said


def test_compare_ranks_and_writes(call: Call, tmp_path: Path) -> None:
    """The ranking and what changes on the screen, every table in the folder."""
    done = call("compare", "three-bridges", "north.yaml", "--to", "out", "--no-maps", "--lang", "zh")
    assert done.code == 0, done.said
    assert "北站" in done.said
    assert "救护车配置" in done.said
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {f"{name}.csv" for name in ("ranking", "verdicts", "towns", "people", "gaps", "needs", "equity")}


def test_compare_lists_every_mistake(call: Call, tmp_path: Path) -> None:
    """A wrong file and a file that is not there: both are told, and nothing is written."""
    done = call("compare", "three-bridges", "wrong.yaml", "none.yaml", "--to", "out")
    assert done.code == 1
    for part in ("unknown edit 'clos'", "did you mean 'close'?", "there is no facility 'F9'", "no such file"):
        assert part in done.said, part
    assert not (tmp_path / "out").exists()
    assert call("compare", "three-bridges").code == 2


def test_timeline_shows_the_years(call: Call, tmp_path: Path) -> None:
    """Beds per year with a base figure, a delayed project, the order of projects, tables and the plot."""
    done = call("timeline", "three-bridges", "--scenario", "north.yaml", "--beds", "340", "--order", "yuan", "--from",
                "2023", "--to", "2025", "--out", "out", "--no-maps")  # fmt: skip
    assert done.code == 0, done.said
    for part in ("2024 0 0 340", "2025 1 20 360", "13.95", "East Bank Township Hospital"):
        assert part in done.said, part
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"years.csv", "verdicts.csv", "order.csv", "years.svg"}
    assert "每千人床位" in (tmp_path / "out" / "years.svg").read_text(encoding="utf-8")
    assert call("timeline", "three-bridges", "--from", "2025", "--to", "2020").code == 2
