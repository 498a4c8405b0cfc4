"""The quick view says what the full assessment says, whatever the edits."""

import base64
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import coverplan as cp
from coverplan.app.desks import Desk, look, with_edits, with_settings
from coverplan.app.drag import dragged
from coverplan.app.figures import figures
from coverplan.app.planner import Planner
from coverplan.outputs import phrases
from coverplan.planning.compare import compared
from coverplan.planning.comparison import Case
from coverplan.sample import sample_config
from served import toy_planner


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    """A planner for the toy county."""
    with toy_planner(tmp_path_factory.mktemp("scenarios")) as planner:
        yield planner


def hold_against_the_full_assessment(planner: Planner, desk: Desk) -> None:
    """Compare everything in the quick view with what `assess`, `gaps` and `compare` say."""
    view = look(desk, planner.drafts)
    told, now, base = figures(view), view.draft.assessment(desk.now.options), view.base.assessment(desk.now.options)
    for question in planner.world.questions.values():
        quick, full = view.draft.count(question), now.finding(question.rule.rule_id, question.reading.name)
        assert quick.status == full.status, question.key
        assert quick.figure == full.figure or (math.isnan(quick.figure) and math.isnan(full.figure)), question.key
        if quick.status != "no_data":
            assert (quick.people, quick.people_within) == (full.people, full.people_within), question.key
    case = Case(scenario=cp.Scenario(scenario_id="desk"), assessment=now)
    people = compared(base, [case]).tables["people"]
    for row in told["rules"]:
        full = now.finding(row["rule_id"])
        assert row["reading"] == full.reading.name
        assert (row["text"], row["held"]) == (phrases.figure(full), phrases.held_against(full))
        mine = people[(people["rule_id"] == row["rule_id"]) & (people["reading"] == row["reading"])]
        assert (row["gained"], row["lost"]) == (mine["gained"].sum(), mine["lost"].sum())
    gaps = cp.gaps(now)
    gaps = gaps[gaps["rule_id"] == told["shown"]].head(12)
    assert [one["people"] for one in told["gaps"]] == gaps["people"].to_list()
    assert [one["cause"]["zh"] for one in told["gaps"]] == gaps["cause_zh"].to_list()
    areas = now.finding(told["shown"]).areas
    assert [one["people_out"] for one in told["towns"]] == areas["people_outside"].to_list()[: len(told["towns"])]


def edits_of(rng: random.Random, facilities: list[str], box: list[float]) -> list[dict[str, Any]]:
    """Draw an edit of every kind that the page makes."""
    west, south, east, north = box
    at = [rng.uniform(west, east), rng.uniform(south, north)]
    return [
        {"open": {"kind": rng.choice(["ems_station", "chc"]), "at": at, "vehicles": rng.randrange(3)}},
        {"move": {"facility": rng.choice(facilities), "at": at}},
        {"close": {"facility": rng.choice(facilities)}},
        {"change": {"facility": rng.choice(facilities), "vehicles": rng.randrange(3)}},
        {"road": {"close": {"near": at}}},
        {"road": {"slow": {"near": at, "within_m": 800, "factor": 0.5}}},
        {"people": {"add": rng.randrange(1, 999), "at": at}},
        {"devices": {"at": at}},
    ]


def test_the_quick_figures_are_those_of_the_full_assessment(planner: Planner) -> None:
    """After random edits, years and options every figure is the same number as `assess` gives, and a drag's too."""
    rng = random.Random(11)  # noqa: S311 - drawn, not secret
    facilities = planner.world.study.facilities["facility_id"].to_list()
    box = json.loads(planner.study_json)["bounds"]
    desk = planner.begin()
    hold_against_the_full_assessment(planner, desk)
    made = 0
    for order in range(16):
        edit = edits_of(rng, facilities, box)[order % 8]
        try:
            desk = with_edits(desk, planner.drafts, [edit])
        except cp.InputError:
            continue  # drawn outside the county, or closed already: refused whole, and the desk is as it was
        made += 1
        if order % 4 == 3:
            desk = with_settings(desk, planner.drafts, {"year": rng.choice([2020, 2025]), "options": {"TB-1": "walk"}})
            hold_against_the_full_assessment(planner, desk)
    assert made >= 8
    hold_against_the_full_assessment(planner, desk)


def test_a_part_of_the_week_slows_the_quick_figures_as_it_slows_the_full_ones(planner: Planner) -> None:
    """The morning peak is measured with its own speeds."""
    desk = with_settings(planner.begin(), planner.drafts, {"period": "morning_peak"})
    hold_against_the_full_assessment(planner, desk)


@pytest.mark.parametrize("seed", range(6))
def test_a_drag_shows_what_the_edit_would(planner: Planner, seed: int) -> None:
    """What is shown while the pointer moves is, to the last bit, what is shown after letting go."""
    rng = random.Random(seed)  # noqa: S311 - drawn, not secret
    people = planner.world.study.people
    desk = planner.begin()
    if seed % 2:
        desk = with_edits(
            desk, planner.drafts, [{"open": {"kind": "ems_station", "name": "x", "at": [118.545, 24.72]}}]
        )
    spot = people.iloc[rng.randrange(len(people))]
    at = (round(float(spot["lon"]) + rng.uniform(-0.002, 0.002), 5), round(float(spot["lat"]), 5))
    view = look(desk, planner.drafts)
    movable = [one["facility_id"] for one in planner.state(desk)["facilities"] if one["movable"]]
    facility = rng.choice(movable)
    moved = with_edits(desk, planner.drafts, [{"move": {"facility": facility, "at": list(at)}}])
    assert dragged(view, at, facility_id=facility)["figures"] == figures(look(moved, planner.drafts))
    kind, vehicles = rng.choice(["ems_station", "village_clinic", "chc"]), rng.randrange(2)
    new = {"open": {"kind": kind, "name": "new", "at": list(at), "vehicles": vehicles}}
    opened = with_edits(desk, planner.drafts, [new])
    assert dragged(view, at, kind=kind, vehicles=vehicles)["figures"] == figures(look(opened, planner.drafts))


def test_who_is_newly_inside_is_marked_point_by_point(planner: Planner) -> None:
    """The packed codes add up to the people gained and lost, and to those inside before."""
    desk = with_edits(planner.begin(), planner.drafts, [{"speeds": {"factor": 0.2}}])
    view = look(desk, planner.drafts, "TB-2")
    told = figures(view)
    packed = np.frombuffer(base64.b64decode(told["covered"]), dtype=np.uint8)
    people = planner.world.study.people["people"].to_numpy()
    codes = np.stack([(packed >> shift) & 3 for shift in (0, 2, 4, 6)], axis=1).ravel()[: len(people)]
    assert told["gained"] == people[codes == 2].sum() == 0
    assert told["lost"] == people[codes == 3].sum() > 0
    before, after = (one.count(view.questions[1]) for one in (view.base, view.draft))
    assert before.people_within == people[(codes == 1) | (codes == 3)].sum()
    assert after.people_within == people[(codes == 1) | (codes == 2)].sum()


def test_jinjiang_says_the_same_quickly_and_in_full(tmp_path: Path) -> None:
    """The embedded study: every reading about people, a station moved and one opened."""
    study = cp.read_study(sample_config("jinjiang"))
    edits = [
        {"move": {"facility": "JJ-F28", "at": [118.56, 24.77]}},
        {"open": {"kind": "ems_station", "at": [118.55, 24.70], "vehicles": 1}},
    ]
    with Planner.of(study, cp.build_network(study), scenarios=tmp_path, compiled=False) as planner:
        view = look(with_edits(planner.begin(), planner.drafts, edits), planner.drafts)
        rules = {one.rule.rule_id for one in planner.world.questions.values()}
        routers = {name: view.draft.router(name) for name in ("ambulance", "drive", "walk", "e_bike")}
        full = cp.assess(view.draft.study, view.draft.network, packs=planner.world.packs, only=rules, routers=routers)
        assert len(planner.world.questions) > 30
        for key, question in planner.world.questions.items():
            quick, slow = view.draft.count(question), full.finding(question.rule.rule_id, question.reading.name)
            assert quick.status == slow.status, key
            if quick.status != "no_data":
                assert (quick.figure, quick.people, quick.people_within) == (
                    slow.figure, slow.people, slow.people_within,
                ), key  # fmt: skip
