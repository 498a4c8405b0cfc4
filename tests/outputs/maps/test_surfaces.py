"""The coloured surface and the verdict speak of the same facilities, direction and clock."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from coverplan.core.units import unproject
from coverplan.outputs.maps.raster import UNREACHED, to_mercator
from coverplan.outputs.maps.surfaces import cell_size, delay_s, draw, plan_surfaces
from coverplan.standards.findings import Assessment
from coverplan.standards.params import Limit, ResponseParams
from toy import Toy

CELL_M = 60.0
# A point and the middle of its cell may lie half a cell's diagonal apart, walked at 1.2 m/s and rounded up to 30 s.
CLOSE_S = CELL_M / 1.2 + 31


def _codes_at(data: dict[str, Any], lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Read the packed codes as the page does."""
    runs = np.frombuffer(base64.b64decode(data["grid"]), dtype=np.uint8).reshape(-1, 2)
    codes = np.repeat(runs[:, 1], runs[:, 0]).reshape(data["ny"], data["nx"])
    x, y = to_mercator(lon, lat)
    row = np.floor((data["north"] - y) / data["pixel"]).astype(int)
    column = np.floor((x - data["west"]) / data["pixel"]).astype(int)
    return codes[row, column]


def _compare(assessment: Assessment, surface_id: str, key: str) -> None:
    """Hold the surface at every demand point against the value that the verdict rests on."""
    plan = next(plan for plan in plan_surfaces(assessment) if plan.surface_id == surface_id)
    data = draw(assessment, plan, cell_m=CELL_M).data
    people = assessment.study.people.geometry
    codes = _codes_at(data, *unproject(people.x, people.y, assessment.study.crs))
    told = assessment.points[key]["value"].to_numpy() * 60
    assert (codes[np.isinf(told)] == UNREACHED).all()
    reached = np.isfinite(told)
    assert reached.sum() > 5
    assert np.abs(codes[reached] * 30.0 - told[reached]).max() <= CLOSE_S


def test_the_response_surface_agrees_with_the_verdict(judged: Assessment) -> None:
    """At every village the emergency surface shows the response time of the rule, clock and all; the island none."""
    _compare(judged, "response", "TB-2/p90")


def test_the_care_surface_agrees_with_the_verdict(judged: Assessment) -> None:
    """At every village the other surface shows the drive to care that the circle's rule counts."""
    _compare(judged, "care", "TB-1/drive")


def test_a_station_without_ambulance_does_not_shine(judge: Callable[[Callable[[Toy], object]], Assessment]) -> None:
    """When the east station's vehicle is moved away, the surface loses the station as the verdict does."""
    assessment = judge(
        lambda toy: toy.rows("vehicles.csv", lambda rows: [row.update(facility_id="F5") for row in rows])
    )
    _compare(assessment, "response", "TB-2/p90")


def test_each_surface_knows_its_rules(judged: Assessment) -> None:
    """The rules that a surface answers are named with it, and its limit is theirs."""
    plans = {plan.surface_id: plan for plan in plan_surfaces(judged)}
    assert plans["response"].rule_ids == ("TB-2",)
    assert plans["response"].limits_s == (14 * 60,)
    assert plans["care"].rule_ids == ("TB-1",)


def test_without_rules_the_usual_surfaces_are_drawn(judged: Assessment) -> None:
    """A study without such rules still gets both surfaces, and no limit is marked on them."""
    plans = plan_surfaces(replace(judged, verdicts=()))
    assert [plan.surface_id for plan in plans] == ["response", "care"]
    assert not any(plan.by_rule for plan in plans)
    assert not any(band["limit"] for band in draw(judged, plans[0]).data["bands"])


@pytest.mark.parametrize(("clock", "seconds"), [("call", 180.0), ("dispatch", 120.0), ("wheels", 0.0)])
def test_the_clock_starts_where_the_rule_says(judged: Assessment, clock: Any, seconds: float) -> None:
    """From the call everything counts, from dispatch the turnout, from the wheels nothing but the drive."""
    params = ResponseParams(limit=Limit(value=15, unit="min"), clock=clock)
    assert delay_s(judged.study, params) == seconds


def test_cells_suit_the_size_of_the_area(judged: Assessment) -> None:
    """A county gets cells of tens to hundreds of metres; a huge area no more cells than a page bears."""
    assert 50 <= cell_size(judged.study) <= 100
    huge = judged.study.areas.set_geometry(judged.study.areas.geometry.scale(100, 100, origin=(0, 0)))
    assert cell_size(replace(judged.study, areas=huge)) == 1000
