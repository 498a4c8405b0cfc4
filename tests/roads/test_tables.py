"""Road tables: read as declared, and every mistake told at once."""

from pathlib import Path

import numpy as np
import pytest

from coverplan.core.errors import InputError
from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.tables import read_road_tables

CLASSES = list(ROAD_CLASSES)
NODES = """node_id,lon,lat
1,118.500,24.700
2,118.501,24.700
3,118.502,24.700
"""


def _folder(tmp_path: Path, edges: str, nodes: str = NODES, encoding: str = "utf-8") -> Path:
    (tmp_path / "nodes.csv").write_text(nodes, encoding=encoding)
    (tmp_path / "edges.csv").write_text(edges, encoding=encoding)
    return tmp_path


def _problems(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_road_tables(folder)
    return [str(problem) for problem in caught.value.problems]


def test_what_the_tables_say_and_what_the_class_decides(tmp_path: Path) -> None:
    """Flags win over the class, one-way binds cars only, an empty limit is none."""
    edges = """edge_id,from_node,to_node,road_class,oneway,maxspeed_kph,walk,drive,name
a,1,2,primary,yes,60,,,泉安路
b,2,3,motorway,,,,,
c,3,1,footway,,,,是,
d,1,3,residential,,,no,no,
"""
    network = read_road_tables(_folder(tmp_path, edges))
    assert [CLASSES[code] for code in network.edge_class] == ["primary", "motorway", "footway", "residential"]
    assert network.drive_forward.tolist() == [True, True, True, False]
    assert network.drive_backward.tolist() == [False, True, True, False]
    assert network.walk_forward.tolist() == network.walk_backward.tolist() == [True, False, True, False]
    np.testing.assert_equal(network.kph_forward, [60, np.nan, np.nan, np.nan])
    assert network.edge_name.tolist() == ["泉安路", "", "", ""]
    assert network.node_id.tolist() == [1, 2, 3]
    assert network.edge_length_dm[:2].tolist() == [1012, 1012]
    assert (network.crs, network.quality) == ("EPSG:32650", "illustrative")


def test_chinese_headings_and_national_encoding(tmp_path: Path) -> None:
    """A table saved by a Chinese office program is read like any other."""
    nodes = "节点编码,经度,纬度\nn1,118.5,24.7\nn2,118.501,24.7\n"
    edges = "路段编码,起点,终点,道路等级,单行,限速（km/h）,数据质量\ne1,n1,n2,主干路,是,４０,实测\n"
    network = read_road_tables(_folder(tmp_path, edges, nodes, encoding="gb18030"))
    assert CLASSES[network.edge_class[0]] == "primary"
    assert network.drive_backward.tolist() == [False]
    assert network.kph_forward.tolist() == [40]
    assert network.node_id.tolist() == [0, 1]
    assert network.quality == "measured"


def test_a_drawn_course_is_longer_than_the_straight_road(tmp_path: Path) -> None:
    """A course in WKT is kept and measured; it begins and ends exactly at its nodes."""
    edges = """edge_id,from_node,to_node,road_class,geometry
a,1,2,primary,"LINESTRING (118.50001 24.7, 118.5005 24.701, 118.501 24.7)"
b,1,2,primary,
c,1,1,service,"LINESTRING (118.5 24.7, 118.5 24.701, 118.501 24.701, 118.5 24.7)"
"""
    network = read_road_tables(_folder(tmp_path, edges))
    assert np.diff(network.shape_start).tolist() == [3, 2, 4]
    assert network.edge_length_dm[0] > 2 * network.edge_length_dm[1]
    np.testing.assert_allclose(network.shape_x_m[[0, 2]], network.x_m[[0, 1]], atol=1e-6)
    assert network.edge_from[2] == network.edge_to[2]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Both tables are read to the end; each mistake has its file, row, column and a hint."""
    nodes = "node_id,lon,lat\n1,118.5,24.7\n2,east,24.7\n2,118.502,24.7\n4,24.7,118.5\n"
    edges = """edge_id,from_node,to_node,road_class,maxspeed_kph,oneway,geometry
a,1,9,primary,,,
a,1,2,residental,,maybe,
c,1,1,primary,fast,,
d,1,3,primary,900,,POINT (1 2)
"""
    assert _problems(_folder(tmp_path, edges, nodes)) == [
        "nodes.csv, row 3, column lon: 'east' is not a number",
        "nodes.csv, row 5, column lat: 118.5 is above 90 (are longitude and latitude swapped?)",
        "nodes.csv, row 4, column node_id: '2' stands in row 3 already (every node_id may stand once)",
        "edges.csv, row 3, column road_class: 'residental' is not a known road_class (did you mean 'residential'?)",
        "edges.csv, row 3, column oneway: 'maybe' is neither yes nor no (write yes or no (是 or 否))",
        "edges.csv, row 4, column maxspeed_kph: 'fast' is not a number",
        "edges.csv, row 5, column maxspeed_kph: 900 is above 200",
        "edges.csv, row 3, column edge_id: 'a' stands in row 2 already (every edge_id may stand once)",
        "edges.csv, row 5, column geometry: 'POINT (1 2)' is not a line "
        "(write LINESTRING (lon lat, lon lat, ...), or leave the cell empty for a straight road)",
        "edges.csv, row 2, column to_node: '9' is not in road_nodes (one of: 1, 2, 4)",
        "edges.csv, row 5, column to_node: '3' is not in road_nodes (one of: 1, 2, 4)",
        "edges.csv, row 4, column to_node: starts and ends at node '1' "
        "(draw its course in geometry, or leave the road out)",
    ]


def test_courses_that_miss_their_nodes(tmp_path: Path) -> None:
    """A course that lies elsewhere, or runs the wrong way round, is told; a few metres do not matter."""
    edges = """edge_id,from_node,to_node,road_class,geometry
a,1,2,primary,"LINESTRING (118.501 24.7, 118.500 24.7)"
b,1,2,primary,"LINESTRING (118.500 24.7, 118.600 24.7)"
c,1,2,primary,"LINESTRING (118.501 24.7, 118.600 24.7)"
d,1,2,primary,"LINESTRING (118.50002 24.7, 118.50099 24.70003)"
"""
    assert _problems(_folder(tmp_path, edges)) == [
        "edges.csv, row 2, column geometry: the course does not begin and end at the nodes of the road "
        "(it runs from to_node to from_node: turn it round)",
        "edges.csv, row 3, column geometry: the course does not begin and end at the nodes of the road "
        "(it must join its two nodes)",
        "edges.csv, row 4, column geometry: the course does not begin and end at the nodes of the road "
        "(it must join its two nodes)",
    ]


def test_missing_files_and_columns(tmp_path: Path) -> None:
    """A missing file and a missing column in the other are told together."""
    (tmp_path / "edges.csv").write_text("edge_id,from_node,to,road_class\na,1,2,primary\n", encoding="utf-8")
    problems = _problems(tmp_path)
    assert len(problems) == 2
    assert "nodes.csv: no such file" in problems[0]
    assert problems[1].startswith("edges.csv, column to_node: the column is missing")


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("edge_id,from_node,to_node,road_class\n", "edges.csv: holds no road"),
        ("edge_id,from_node,to_node,road_class\na,1,2,steps\n", "holds no road that cars may use"),
        ("", "edges.csv: cannot be read as CSV"),
        ("edge_id,from_node\na,1\nb,1,2,3,4\n", "edges.csv: cannot be read as CSV"),
    ],
)
def test_nothing_to_drive_on(tmp_path: Path, edges: str, expected: str) -> None:
    """An empty network, one without a road for cars, and a file that is no table are problems."""
    assert any(expected in problem for problem in _problems(_folder(tmp_path, edges)))


def test_a_file_in_no_known_encoding(tmp_path: Path) -> None:
    """Bytes that are no text are told, not guessed."""
    folder = _folder(tmp_path, "edge_id\n")
    (folder / "nodes.csv").write_bytes(b"node_id,lon,lat\n\xff\xff,1,2\n")
    assert any("nodes.csv: is neither UTF-8 nor GB 18030" in problem for problem in _problems(folder))


def test_blank_rows_do_not_shift_the_count(tmp_path: Path) -> None:
    """Rows are counted as the user's program shows them, blank ones included."""
    edges = "edge_id,from_node,to_node,road_class\n\n,,,\na,1,2,primery\n"
    assert _problems(_folder(tmp_path, edges))[0].startswith("edges.csv, row 4, column road_class")
