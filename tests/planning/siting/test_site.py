"""Siting on the toy county: locked and free sites, candidates, moves, infeasible wishes, the command."""

from pathlib import Path

import numpy as np
import pytest

import coverplan as cp
from coverplan.cli.entry import start
from coverplan.core.datum import from_wgs84
from coverplan.core.errors import InputError
from coverplan.core.model import Study
from coverplan.planning.siting.form import read_siting
from coverplan.planning.siting.infeasible import NoPlanError
from coverplan.planning.siting.several import alternatives, curve
from coverplan.planning.siting.site import site
from coverplan.roads.network import Network


@pytest.fixture(scope="module")
def toy() -> tuple[Study, Network]:
    """The toy county and its roads."""
    study = cp.read_study(cp.sample_config())
    return study, cp.build_network(study)


def test_a_locked_station_stays_and_a_new_one_gains(toy: tuple[Study, Network]) -> None:
    """With existing stations locked nobody loses; what is gained is what the areas add up to."""
    told = site(*toy, model="mclp", limit="5 min", new=1, existing={"kinds": ["ems"]}, candidates={"kinds": ["care"]})
    assert told.plan.status == "optimal"
    assert set(told.candidates.loc[told.candidates["existing"], "candidate_id"]) <= set(told.sites["candidate_id"])
    assert told.areas["lost"].sum() == 0
    assert told.after - told.before == told.areas["newly"].sum() > 0
    assert len(told.given_up) == 0


def test_coverage_is_what_the_travel_engine_says(toy: tuple[Study, Network]) -> None:
    """People covered after the plan are those whom travel_times finds within the limit of its sites."""
    study, network = toy
    told = site(study, network, model="mclp", limit="4 min", p=2, candidates={"kinds": ["care"]}, clock="call")
    chosen = study.facilities[study.facilities["facility_id"].isin(told.sites["candidate_id"])].reset_index(drop=True)
    times = cp.travel_times(study, network, facilities=chosen, profile="ambulance", toward="demand")
    inside = times["time_s"].to_numpy() + study.clock.delay_s <= 240
    assert told.after == told.plan.objective == study.people["people"].to_numpy()[inside].sum()


def test_fewest_moves_moves_nothing_when_nothing_has_to_move(toy: tuple[Study, Network]) -> None:
    """A share that today's stations reach costs no move; a larger one costs as many as the objective says."""
    study, network = toy
    common = {"existing": {"kinds": ["ems"], "use": "free"}, "candidates": {"kinds": ["care"]}, "limit": "5 min"}
    now = site(study, network, model="mclp", new=0, **common)
    share = 100 * now.before / now.people - 1e-6
    told = site(study, network, model="lscp-share", share_pct=share, fewest="moves", new=0, **common)
    assert told.plan.objective == 0
    assert told.after >= told.before - 1


def test_an_impossible_wish_says_who_and_what_would_work(toy: tuple[Study, Network]) -> None:
    """Whom no candidate reaches is counted and placed, and a limit that works is named."""
    with pytest.raises(NoPlanError, match=r"covered by no candidate: .* people, in .*a limit of .* min would reach"):
        site(*toy, model="lscp", limit="1 min", candidates={"kinds": ["ems"]})


def test_a_number_too_small_names_the_smallest_that_works(toy: tuple[Study, Network]) -> None:
    """Everybody covered by one site more than allowed: the smallest number is said."""
    few = site(*toy, model="lscp", limit="5 min", candidates={"kinds": ["care"]}, leave_out_unreached=True)
    least = len(few.plan.sites)
    if least > 1:
        with pytest.raises(NoPlanError, match=rf"takes at least {least} site"):
            site(
                *toy, model="lscp", limit="5 min", p=least - 1, candidates={"kinds": ["care"]}, leave_out_unreached=True
            )


def test_candidates_along_roads_keep_their_distance(toy: tuple[Study, Network]) -> None:
    """Junctions in an area stand in it, and no two of them nearer than the spacing."""
    study, network = toy
    area = str(study.areas["name"].iloc[0])
    told = site(
        study, network, model="p-median", p=1, candidates={"areas": [area], "spacing_m": 800}, leave_out_unreached=True
    )
    points = told.candidates.geometry
    assert points.within(study.areas.geometry.iloc[0]).all()
    away = np.array([points.distance(point).to_numpy() for point in points])
    assert away[~np.eye(len(away), dtype=bool)].min(initial=800) >= 800
    assert told.plan.status == "optimal"


def test_alternatives_differ_and_the_curve_rises() -> None:
    """Further plans differ as asked, the best first; more sites never cover fewer."""
    from coverplan.planning.siting.problems import mclp
    from coverplan.planning.siting.solve import solve

    rng = np.random.default_rng(4)
    problem = mclp(rng.random((60, 12)) < 0.2, rng.integers(1, 9, 60), p=3)
    best = solve(problem)
    others = alternatives(problem, best, count=4, differ=2, within=0.5)
    plans = [best, *others]
    assert len(others) == 4
    assert all(len(set(a.sites) - set(b.sites)) >= 2 for i, a in enumerate(plans) for b in plans[:i])
    assert [plan.objective for plan in plans] == sorted((plan.objective for plan in plans), reverse=True)
    told = curve(problem, numbers=(1, 2, 3, 4, 5))
    assert (np.diff(told.objective) >= 0).all()
    assert told.objective[2] == best.objective


def test_mistakes_in_a_problem_come_with_their_lines(tmp_path: Path) -> None:
    """Unknown keys, wrong values and missing numbers are all told at once, each with line and hint."""
    path = tmp_path / "problem.yaml"
    path.write_text("model: mclpp\nlimits: 5 km\nexisting: {kind: [ems]}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_siting(path)
    assert sorted(problem.row or 0 for problem in caught.value.problems) == [1, 2, 3]
    assert "did you mean 'limit'" in str(caught.value)


@pytest.mark.parametrize("path", sorted(Path("configs/siting").resolve().glob("*.yaml")), ids=lambda p: p.stem)
def test_ready_problems_are_well_formed(path: Path) -> None:
    """Every problem that comes with coverplan can be read, names its source, and its study is there."""
    asked = read_siting(path)
    assert asked.source
    assert asked.study is not None
    assert (path.parent / asked.study).exists()


def test_the_command_shows_sites_and_writes_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names sites, says that the plan is proved, and writes tables and a map layer."""
    problem = tmp_path / "problem.yaml"
    problem.write_text(
        f"study: {cp.sample_config().as_posix()}\nmodel: mclp\nlimit: 5 min\nnew: 1\n"
        "existing: {kinds: [ems]}\ncandidates: {kinds: [care]}\nalternatives: {count: 2, within_pct: 90}\n",
        encoding="utf-8",
    )
    assert start(["site", str(problem), "--to", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "proved best" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"sites.csv", "areas.csv", "alternatives.csv", "sites.geojson"}


def test_with_room_for_some_only_those_are_counted(toy: tuple[Study, Network]) -> None:
    """Two sites of 3,000 serve 6,000 of the 12,700 within their limits; the areas and the sites add up to that."""
    told = site(*toy, model="capacitated-mclp", limit="10 min", p=2, split=True,
                candidates={"kinds": ["care"], "capacity": 3000})  # fmt: skip
    assert told.plan.objective == told.after == told.mean_after == pytest.approx(6000)
    assert told.sites["people"].tolist() == pytest.approx([3000, 3000])
    assert told.areas["after"].sum() == told.areas["newly"].sum() == pytest.approx(6000)


def test_existing_sites_serve_what_they_have_room_for(toy: tuple[Study, Network]) -> None:
    """Before the plan, the two stations serve 1,000 each, and a third one adds its own 1,000."""
    told = site(*toy, model="capacitated-mclp", limit="10 min", new=1, split=True, existing={"kinds": ["ems"]},
                candidates={"kinds": ["care"], "capacity": 1000})  # fmt: skip
    assert (told.before, told.after) == pytest.approx((2000, 3000))


@pytest.mark.parametrize(("unit", "model"), [("min", "lscp"), ("km", "lscp"), ("min", "bacop1")])
def test_the_smallest_limit_works_and_a_smaller_one_does_not(toy: tuple[Study, Network], unit: str, model: str) -> None:
    """The limit that is named is held against the model itself, for as many sites as may stand."""
    asked = {"model": model, "p": 2, "candidates": {"kinds": ["care"]}, "leave_out_unreached": True,
             "demand": {"areas": ["西岸镇", "南岭镇"]}}  # fmt: skip
    with pytest.raises(NoPlanError, match=rf"a limit of .* {unit} would do for everybody") as caught:
        site(*toy, limit=f"{9 if unit == 'min' else 4.8} {unit}", **{**asked, "leave_out_unreached": False, "p": 1})
    smallest = next(reason.smallest for reason in caught.value.reasons if "would do" in reason.text)
    assert smallest is not None
    works = smallest / (60 if unit == "min" else 1000)
    one = {**asked, "leave_out_unreached": False, "p": 1}
    assert site(*toy, limit=f"{works + 0.001} {unit}", **one).plan.objective is not None
    with pytest.raises(NoPlanError):
        site(*toy, limit=f"{works - 0.01} {unit}", **one)


def test_no_limit_mends_rules_that_contradict_each_other(toy: tuple[Study, Network]) -> None:
    """Two locked stations and one site in all: nothing is said of minutes."""
    with pytest.raises(NoPlanError) as caught:
        site(*toy, model="mclp", limit="10 min", p=1, existing={"kinds": ["ems"]}, candidates={"kinds": ["care"]})
    assert str(caught.value) == "2 sites are required, and only 1 may be chosen"


def test_who_has_no_road_is_told_apart(toy: tuple[Study, Network]) -> None:
    """The island has no road to any candidate: no limit reaches it, and the way out is named."""
    for asked in ({"model": "p-median"}, {"model": "lscp", "limit": "60 min"}):
        with pytest.raises(NoPlanError, match=r"300 people have no road .*leave_out_unreached") as caught:
            site(*toy, p=2, candidates={"kinds": ["care"]}, **asked)
        assert "a limit of" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"foo": 1}, "unknown key 'foo'"),
        ({"candidates": {"kinds": ["caree"]}}, "did you mean 'care'"),
        ({"profile": "rocket", "demand": {"areas": ["无镇"]}}, "'rocket' is not a speed profile"),
        ({"profile": "rocket", "demand": {"areas": ["无镇"]}}, "there is no area '无镇'"),
        ({"demand": {"groups": {"people": 0}}}, "nobody counts"),
        ({"candidates": {}, "existing": {"kinds": ["ems"]}}, "no candidate stands beside the existing ones"),
        ({"existing": {"kinds": ["ems"], "move": 1}}, "'keep' and 'move' are for sites that may be given up"),
        (
            {"candidates": {"kinds": ["care"], "required": ["F1"], "forbidden": ["F1"]}},
            "required and forbidden at once",
        ),
        ({"model": "detour", "trips": {"from_kinds": ["tcm_hospital"], "to_kinds": ["ems"]}}, "no tcm_hospital serves"),
        ({"existing": {"kinds": ["care"]}, "candidates": {"kinds": ["ems"]}, "curve_to": 3}, "the curve ends at 3"),
        ({"limit": "3 min", "clock": "call"}, "3 min pass before the wheels turn"),
        (
            {"model": "detour", "trips": {"from_kinds": ["hospital"], "to_kinds": ["ems"], "hubs": ["ems_subcentre"]}},
            "no ems_subcentre serves in 2020",
        ),
    ],
)
def test_wrong_keys_of_a_script_are_said_in_words(toy: tuple[Study, Network], keys: dict, said: str) -> None:
    """A script hears what a file would hear, not what a library says."""
    asked = {"model": "mclp", "limit": "5 min", "new": 1, "candidates": {"kinds": ["care"]}, **keys}
    with pytest.raises(InputError) as caught:
        site(*toy, **asked)
    assert said in str(caught.value)


def test_a_list_of_candidates_says_its_datum(toy: tuple[Study, Network], tmp_path: Path) -> None:
    """A place from AMap stands where it is, half a kilometre from what its numbers would say in WGS-84."""
    (lon,), (lat,) = from_wgs84([118.5626], [24.6763], "gcj02")
    rows = f"候选编号,名称,经度,纬度,坐标系\na,甲,{lon:.6f},{lat:.6f},gcj02\n"
    (tmp_path / "list.csv").write_text(rows, encoding="utf-8")
    told = site(*toy, model="mclp", limit="3 min", p=1, candidates={"file": "list.csv"}, folder=tmp_path)
    assert (told.sites["lon"][0], told.sites["lat"][0]) == pytest.approx((118.5626, 24.6763), abs=1e-5)
    assert told.after == 6400


def test_a_list_with_places_elsewhere_is_refused(toy: tuple[Study, Network], tmp_path: Path) -> None:
    """Swapped degrees, a place in another county, a price below 0: each with its row, all at once."""
    rows = "候选编号,经度,纬度,费用\na,24.6763,118.5626,\nb,119.9,24.7,\nc,118.56,24.68,-1\n"
    (tmp_path / "list.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        site(*toy, model="mclp", limit="3 min", p=1, candidates={"file": "list.csv"}, folder=tmp_path)
    assert sorted(problem.row or 0 for problem in caught.value.problems) == [2, 3, 4]


def test_what_goes_unused_is_noted(toy: tuple[Study, Network], tmp_path: Path) -> None:
    """A place without a road is named; sites and money that bring nothing are left, and that is said."""
    (tmp_path / "list.csv").write_text("候选编号,名称,经度,纬度,费用\na,岭上,118.51,24.63,3\n", encoding="utf-8")
    told = site(*toy, model="mclp", limit="5 min", p=9, candidates={"file": "list.csv", "kinds": ["chc"]}, budget=5,
                folder=tmp_path)  # fmt: skip
    assert told.notes[0] == "too far from any road to reach anybody: 岭上"
    assert told.notes[1].startswith("1 of the 9 sites that are allowed")
    assert told.notes[2] == "1 of the budget of 5 is spent"


def test_no_other_good_plan_is_said(toy: tuple[Study, Network]) -> None:
    """Two sites cannot differ from two others in nine."""
    told = site(*toy, model="mclp", limit="5 min", p=2, candidates={"kinds": ["care"]}, alternatives={"differ": 9})
    assert told.notes == ("no other plan is within 5 % of this one and differs in 9 sites",)


def test_the_command_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What only the study can tell is wrong still comes with its line; no time is no time limit."""
    config = cp.sample_config().as_posix()
    text = f"study: {config}\nmodel: mclp\nlimit: 5 min\nnew: 1\ncandidates: {{kinds: [care], required: [F99]}}\n"
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    assert start(["site", str(tmp_path / "p.yaml")]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "p.yaml line 5" in said
    assert "there is no candidate 'F99'" in said
    assert start(["site", str(tmp_path / "p.yaml"), "--seconds", "0"]) == 2
