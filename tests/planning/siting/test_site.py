"""Siting on the toy county: locked and free sites, candidates, moves, infeasible wishes, the command."""

from pathlib import Path

import numpy as np
import pytest

import coverplan as cp
from coverplan.cli.entry import start
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
