"""The embedded gazetteer and a study's own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from coverplan.core.datum import from_wgs84
from coverplan.core.errors import InputError
from coverplan.inputs.geocode import embedded_gazetteer, gazetteer, gazetteer_folder, read_gazetteer


def test_every_code_is_unique_and_stands_below_its_town() -> None:
    """Village codes begin with the code of a town of the list, town codes with that of a county."""
    places = embedded_gazetteer().places
    codes = places["code"][places["code"] != ""]
    assert codes.is_unique
    known = set(codes)
    assert {code[:9] for code in codes if len(code) == 12} <= known
    assert {code[:6] for code in codes if len(code) >= 9} <= known


def test_jinjiang_has_its_nineteen_towns_and_their_villages() -> None:
    """6 streets, 13 towns, and about 400 villages and communities, as the plan counts them."""
    places = embedded_gazetteer().places
    jinjiang = places[places["county"] == "350582"]
    counts = jinjiang["kind"].value_counts()
    assert (counts["street"], counts["town"]) == (6, 13)
    assert 395 <= counts["village"] + counts["community"] <= 410


def test_every_town_of_jinjiang_has_a_point_that_says_where_it_comes_from() -> None:
    """All 19 have a point; what GeoNames does not have is marked illustrative."""
    places = embedded_gazetteer().places
    towns = places[(places["county"] == "350582") & places["kind"].isin(["street", "town"])]
    assert towns["lon"].notna().all()
    recollected = towns["quality"] == "illustrative"
    assert towns["source"][~recollected].str.startswith("GeoNames ").all()
    assert (towns["source"][recollected] == "recollected").all()
    assert recollected.sum() == 8


def test_points_lie_where_their_codes_say() -> None:
    """Every point lies in the region, and towns of one county do not lie far from each other."""
    places = embedded_gazetteer().places
    points = places[places["lon"].notna()]
    assert points["lon"].between(116.3, 119.2).all()
    assert points["lat"].between(24.3, 27.2).all()
    for _, county in points[points["county"] != ""].groupby("county"):
        assert np.ptp(county["lon"]) < 1.2
        assert np.ptp(county["lat"]) < 1.2


@pytest.mark.shared
def test_town_points_lie_in_the_box_of_their_town(shared: Path) -> None:
    """Held against boxes of towns that we do not ship: each point lies in its town's box, the recollected ones too."""
    boxes = pd.read_csv(shared / "data" / "china" / "sizhi_town_bbox_quanzhou_core.csv", dtype={"nbs_code": str})
    both = embedded_gazetteer().places.merge(boxes.dropna(subset="west"), left_on="code", right_on="nbs_code")
    both = both[both["lon"].notna()]
    assert len(both) > 30
    inside = shapely.contains_xy(
        shapely.box(both["west"], both["south"], both["east"], both["north"]), both["lon"], both["lat"]
    )
    assert both["name"][~inside].to_list() == []


def test_the_gazetteer_is_small() -> None:
    """It travels in the wheel: under 1.5 MB."""
    assert sum(file.stat().st_size for file in gazetteer_folder().iterdir() if file.is_file()) < 1_500_000


@pytest.mark.parametrize("county", ["350582", "晋江", "晋江市", "福建省泉州市晋江市", "350582103"])
def test_a_county_is_known_by_code_and_name(county: str) -> None:
    """Code, full, short and long name lead to the same county."""
    assert embedded_gazetteer().county_code(county) == "350582"


def _write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_an_own_gazetteer_is_read_as_its_user_saved_it(tmp_path: Path, encoding: str) -> None:
    """Chinese headings and each usual encoding are understood."""
    path = _write(
        tmp_path / "own.csv", "名称,别名,经度,纬度,区县\n晋江市医院,市医院|老市医,118.59,24.78,晋江市\n", encoding
    )
    row = read_gazetteer(path).rows[0]
    assert (row["name"], row["aliases"], row["lon"], row["county"]) == ("晋江市医院", "市医院|老市医", 118.59, "晋江市")
    assert row["kind"] == "institution"


def test_an_own_gazetteer_may_come_in_another_datum(tmp_path: Path) -> None:
    """Points in GCJ-02 and BD-09 come out in WGS-84."""
    gcj, bd = from_wgs84(118.55, 24.78, "gcj02"), from_wgs84(118.55, 24.78, "bd09")
    rows = [f"a,{gcj[0]},{gcj[1]},高德", f"b,{bd[0]},{bd[1]},bd09", "c,118.55,24.78,"]
    path = _write(tmp_path / "own.csv", "name,lon,lat,datum\n" + "\n".join(rows) + "\n")
    places = read_gazetteer(path).places
    np.testing.assert_allclose(places["lon"], 118.55, atol=1e-8)
    np.testing.assert_allclose(places["lat"], 24.78, atol=1e-8)


def test_everything_wrong_in_an_own_gazetteer_is_said_at_once(tmp_path: Path) -> None:
    """Each unusable cell is a problem with its row and column."""
    rows = [",118,24,,,", "a,x,24,,,", "b,118,124,,,", "c,118,24,mars,,", "d,118,24,,hut,", "e,118,24,,,good"]
    text = "name,lon,lat,datum,kind,quality\n" + "\n".join(rows) + "\n"
    with pytest.raises(InputError) as caught:
        read_gazetteer(_write(tmp_path / "own.csv", text))
    found = {(problem.row, problem.column) for problem in caught.value.problems}
    assert found == {(2, "name"), (3, "lon"), (4, "lat"), (5, "datum"), (6, "kind"), (7, "quality")}


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00\x81\x20", b"name,lon\na,1\n", b'name,lon,lat\n"a,1,2\n'])
def test_a_file_that_is_no_gazetteer_is_refused_in_words(tmp_path: Path, text: bytes) -> None:
    """Empty, binary, incomplete and broken files end in a problem that names the file."""
    path = tmp_path / "own.csv"
    path.write_bytes(text)
    with pytest.raises(InputError, match=r"own\.csv"):
        read_gazetteer(path)


def test_a_missing_file_is_named() -> None:
    """A gazetteer that does not exist is a problem, not a traceback."""
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file"):
        read_gazetteer("nowhere.csv")


def test_a_packed_gazetteer_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed from a wheel it stands beside the package; in a checkout it is `data/gazetteer`."""
    package = tmp_path / "src" / "coverage" / "coverplan"
    monkeypatch.setattr(gazetteer, "__file__", str(package / "inputs" / "geocode" / "gazetteer.py"))
    assert gazetteer_folder() == tmp_path / "data" / "gazetteer"
    (package / "_bundle" / "data" / "gazetteer").mkdir(parents=True)
    assert gazetteer_folder() == package / "_bundle" / "data" / "gazetteer"


@pytest.mark.shared
def test_the_gazetteer_is_what_its_script_makes(shared: Path, root: Path, tmp_path: Path) -> None:
    """Built again from the reference data it is the same, byte for byte."""
    script = tmp_path / "build.py"
    script.write_bytes((root / "data" / "gazetteer" / "build.py").read_bytes())
    subprocess.run([sys.executable, str(script), str(shared)], check=True, capture_output=True)
    for name in ("places.csv", "institutions.csv"):
        assert (tmp_path / name).read_bytes() == (root / "data" / "gazetteer" / name).read_bytes(), name
