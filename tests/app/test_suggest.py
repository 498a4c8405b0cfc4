"""Sites suggested, by road and in a straight line: proved best, with a bound and other good plans."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import coverplan as cp
from coverplan.app.desks import with_edits
from coverplan.app.drafts import Content
from coverplan.app.planner import Planner
from coverplan.app.suggest import Wish, suggest
from coverplan.app.world import Question
from coverplan.core.errors import Cancelled, InputError, ProblemList
from coverplan.core.progress import SILENT, Progress
from coverplan.planning.siting.candidates import build_candidates
from coverplan.planning.siting.form import Siting
from coverplan.standards.rules import read_pack

PACK = """
pack: circles
document: {title_zh: 半径（示例）, title_en: Circles (invented), number: null, number_note: invented, issuer: 三桥县,
           issued: 2022-01-01}
rules:
  - rule: C-1
    section: 一
    quotation: 服务半径1.5公里
    name_zh: 服务半径
    name_en: Radius
    english: A radius of one and a half kilometres.
    strength: must
    target_year: 2025
    scope: 三桥县
    check: {kind: reach, kinds: [ems], limit: 1.5 km, profile: ambulance}
    our_reading: {share_pct: 90, why_zh: 参考, why_en: ours}
    readings:
      - {name: line, zh: 直线, en: in a straight line, why: As the crow flies., by: line}
      - {name: road, zh: 道路, en: by road, by: road}
"""


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    """The toy county under a rule about a radius, in a straight line or by road."""
    folder = tmp_path_factory.mktemp("circles")
    (folder / "circles.yaml").write_text(PACK, encoding="utf-8")
    study = cp.read_study(cp.sample_config())
    packs = (read_pack(folder / "circles.yaml"),)
    with Planner.of(study, cp.build_network(study), scenarios=folder, packs=packs, compiled=False) as planner:
        yield planner


def asked(planner: Planner, reading: str) -> Question:
    """Return one of the two readings."""
    return planner.world.questions[f"C-1/{reading}"]


def found(planner: Planner, reading: str, k: int, progress: Progress = SILENT) -> dict:
    """Suggest some stations anywhere, from candidates 800 m apart."""
    draft = planner.drafts.draft(Content(year=planner.world.study.year))
    wish = Wish(kind="ems_station", k=k, seconds=20, spacing_m=800)
    return suggest(draft, asked(planner, reading), wish, progress)


def test_a_straight_line_is_answered_as_trying_every_candidate_does(planner: Planner) -> None:
    """One station more: nobody of the candidates brings more people within a circle than the one suggested."""
    study = planner.world.study
    told = found(planner, "line", 1)
    where = {"candidates": {"everywhere": True, "spacing_m": 800}, "limit": "1.5 km", "new": 1}
    spots = build_candidates(
        study, planner.world.network, Siting.model_validate(where), folder=Path(), problems=ProblemList()
    )
    stands = study.facilities[study.facilities["kind"].str.startswith("ems")]
    people = study.people
    x, y = people.geometry.x.to_numpy(), people.geometry.y.to_numpy()

    def inside(table: object) -> np.ndarray:
        at = [(point.x, point.y) for point in table.geometry]  # type: ignore[attr-defined] - a table of points
        return np.array([np.round(np.hypot(x - a, y - b), 1) <= 1500 for a, b in at])

    served = inside(stands).any(axis=0)
    new = [people.loc[circle & ~served, "people"].sum() for circle in inside(spots)]
    assert told["people"] == told["sites"][0]["gained"] == max(new) > 0
    assert told["bound"] == pytest.approx(told["people"])
    assert "最优" in told["why"]["zh"]


@pytest.mark.parametrize("reading", ["line", "road"])
def test_every_plan_brings_what_it_says(planner: Planner, reading: str) -> None:
    """Opened as edits, the sites of each plan bring just as many people within the limit; the best is the first."""
    told = found(planner, reading, 2)
    plans = told["plans"]
    assert len(plans) > 1
    assert [plan["people"] for plan in plans] == sorted((plan["people"] for plan in plans), reverse=True)
    assert told["sites"] == plans[0]["sites"]
    assert told["alternatives"] == [plan["sites"] for plan in plans[1:]]
    assert all(plan["people"] <= told["bound"] + 1e-6 for plan in plans)
    for plan in plans:
        desk = planner.begin()
        edits = [{"open": {"kind": "ems_station", "name": one["name"], "at": one["at"], "vehicles": 1}}
                 for one in plan["sites"]]  # fmt: skip
        desk = with_edits(desk, planner.drafts, edits)
        draft, base = planner.drafts.draft(desk.now.content), planner.drafts.base(desk.now.content)
        question = asked(planner, reading)
        assert draft.count(question).people_within - base.count(question).people_within == plan["people"]


def test_plans_say_how_they_differ(planner: Planner) -> None:
    """A place that two plans share has one name in both; what differs is named, with the people that it costs."""
    first, *others = found(planner, "line", 2)["plans"]
    place = {one["name"]: tuple(one["at"]) for one in first["sites"]}
    assert first["says"] == {"zh": "最佳方案", "en": "the best plan"}
    for plan in others:
        mine = {one["name"]: tuple(one["at"]) for one in plan["sites"]}
        assert set(mine) != set(place)
        assert all(place[name] == mine[name] for name in set(place) & set(mine))
        assert all(name in plan["says"]["zh"] for name in set(place) ^ set(mine))
        assert ("少" in plan["says"]["zh"]) == (plan["people"] < first["people"])


def test_a_kind_that_does_not_count_is_named(planner: Planner) -> None:
    """Nobody looks for a blood station where the rule counts ambulances; the kinds that count are named in Chinese."""
    draft = planner.drafts.draft(Content(year=planner.world.study.year))
    with pytest.raises(InputError) as caught:
        suggest(draft, asked(planner, "line"), Wish(kind="blood_station", k=1, seconds=1), SILENT)
    (told,) = caught.value.problems
    assert told.column == "kind"
    assert "急救站" in told.hint_zh  # type: ignore[attr-defined] - a complaint of the planner's own


class _Stopped:
    def message(self, text: str) -> None:
        pass

    def advance(self, done: int, total: int) -> None:
        pass

    def cancelled(self) -> bool:
        return True


def test_a_search_that_is_stopped_before_it_began_says_so(planner: Planner) -> None:
    """There is no plan to come back with."""
    with pytest.raises(Cancelled):
        found(planner, "line", 1, _Stopped())
