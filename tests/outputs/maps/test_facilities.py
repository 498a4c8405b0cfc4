"""Every facility is on the map once, in the layer of its kind and tier, under a symbol of its own."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from coverplan.core.units import unproject
from coverplan.core.words import KINDS
from coverplan.outputs.maps.facilities import facility_layers
from coverplan.standards.findings import Assessment

DEGREE = 1e-5


def test_facilities_stand_where_the_table_has_them(judged: Assessment) -> None:
    """Every facility and AED place is in one layer, at its place, under its own name."""
    study = judged.study
    told = {row["lines"][0]["zh"]: row["at"] for layer in facility_layers(study) for row in layer["rows"]}
    for table in (study.facilities, study.aeds):
        lon, lat = unproject(table.geometry.x, table.geometry.y, study.crs)
        for name, x, y in zip(table["name"], lon, lat, strict=True):
            assert np.allclose(told[name], [y, x], atol=DEGREE)


def test_what_does_not_serve_is_planned(judged: Assessment) -> None:
    """A facility that opens after the base year stands in the layer that says it is not counted."""
    late = judged.study.facilities.assign(open_year=pd.array([2030, *[pd.NA] * 5], dtype="Int64"), status="existing")
    layers = {layer["id"]: layer["rows"] for layer in facility_layers(replace(judged.study, facilities=late))}
    assert [row["lines"][0]["zh"] for row in layers["planned"]] == [judged.study.facilities["name"][0]]


def test_what_closed_is_gone(judged: Assessment) -> None:
    """A facility that closed before the base year is on no layer, least of all among the planned ones."""
    gone = judged.study.facilities.assign(close_year=pd.array([2019, *[pd.NA] * 5], dtype="Int64"))
    layers = facility_layers(replace(judged.study, facilities=gone))
    assert "planned" not in {layer["id"] for layer in layers}
    assert sum(layer["total"] for layer in layers) == len(gone) - 1 + len(judged.study.aeds)


def test_a_province_does_not_drown_the_page(judged: Assessment) -> None:
    """However many facilities there are, a layer stays within what a browser bears, and says how many there are."""
    many = pd.concat([judged.study.facilities] * 400, ignore_index=True)
    layers = facility_layers(replace(judged.study, facilities=many))
    totals = {layer["id"]: layer["total"] for layer in layers}
    assert totals["township_hospital"] == 400
    assert sum(len(layer["rows"]) for layer in layers) <= 1400
    assert all(layer["rows"] for layer in layers)


def test_a_base_at_a_hospital_does_not_hide_it(judged: Assessment) -> None:
    """The emergency centre in the county hospital stands beside its symbol; the station by itself does not."""
    ems = [layer for layer in facility_layers(judged.study) if layer["group"] == "ems"]
    assert {row["lines"][0]["zh"]: row["beside"] for layer in ems for row in layer["rows"]} == {
        "急救中心": True,
        "东岸急救站": False,
    }


def test_each_kind_has_a_layer_and_a_symbol(judged: Assessment) -> None:
    """Facilities of one kind stand together; no two layers that are shown at the start share a symbol."""
    study = judged.study
    layers = facility_layers(study)
    serving = study.facilities[study.facilities["status"] != "planned"]
    expected = set(serving["kind"]) - {"hospital"}
    assert expected <= {layer["id"] for layer in layers}
    shown = [layer["symbol"] for layer in layers if layer["show"]]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize(
    ("tier", "layer", "filled"), [("tertiary", "hospital-tertiary", True), ("secondary", "hospital-secondary", False)]
)
def test_hospitals_are_told_apart_by_tier(judged: Assessment, tier: str, layer: str, filled: bool) -> None:
    """A hospital stands in the layer of its tier; only a tertiary one has a filled symbol."""
    tiers = judged.study.facilities.assign(tier=tier)
    found = next(one for one in facility_layers(replace(judged.study, facilities=tiers)) if one["id"] == layer)
    assert found["group"] == "hospital"
    assert found["symbol"].endswith("|filled") == filled


def test_every_kind_has_a_symbol(judged: Assessment) -> None:
    """Whatever kind a table may hold, there is a layer for it, with a shape that the page can draw."""
    first = judged.study.facilities.iloc[[0] * len(KINDS)].reset_index(drop=True)
    every = first.assign(
        kind=list(KINDS), facility_id=[f"K{i}" for i in range(len(KINDS))], status="existing", tier=pd.NA
    )
    layers = facility_layers(replace(judged.study, facilities=every.set_crs(judged.study.crs)))
    assert {"K" for layer in layers if layer["id"] in KINDS} == {"K"}
    assert sum(layer["total"] for layer in layers) == len(KINDS) + len(judged.study.aeds)
    shapes = {layer["symbol"].split("|")[0] for layer in layers}
    assert shapes <= {"square", "circle", "small", "hexagon", "diamond", "dot"}
