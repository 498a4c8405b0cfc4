"""Roads from two tables, nodes.csv and edges.csv, as declared in `core.tables`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from coverplan.core.checks import check_references, check_table
from coverplan.core.errors import ProblemList
from coverplan.core.tables import ROAD_EDGES, ROAD_NODES, Table
from coverplan.core.units import project
from coverplan.core.words import worst_quality
from coverplan.roads.courses import (
    check_for_cars,
    class_codes,
    crs_for,
    drawn_or_straight,
    geodesic_m,
    whole_dm,
    whole_ids,
)
from coverplan.roads.network import Network
from coverplan.roads.tags import open_by_default

_NODES, _EDGES = "nodes.csv", "edges.csv"
_FIRST_ROW = 2
_END_TOLERANCE_DEGREES = 5e-5
"""How far a drawn course may begin from its node: about five metres."""


def read_road_tables(folder: str | Path, crs: str | None = None) -> Network:
    """Read roads from a folder with `nodes.csv` and `edges.csv` (columns: `coverplan columns road_nodes road_edges`).

    Where `drive` and `walk` are empty the road class decides; `oneway` binds cars only. Lengths are geodesic along the
    drawn course, or straight where none is drawn. Tables that do not say their `quality` count as illustrative.

    Parameters
    ----------
    folder
        The folder with the two files, in UTF-8 or GB 18030.
    crs
        Projected CRS in metres of the network; the UTM zone of the nodes' middle when None.

    Returns
    -------
    Network
        `node_id` are the identifiers of the table where all are whole numbers, else 0..n-1 in its order.

    Raises
    ------
    InputError
        With every problem of both files at once: missing columns and cells, unknown classes, identifiers that stand
        twice, nodes that are not there, courses that do not fit their nodes, no road for cars.
    """
    folder = Path(folder)
    problems = ProblemList()
    nodes = _read(folder / _NODES, ROAD_NODES, problems)
    edges = _read(folder / _EDGES, ROAD_EDGES, problems)
    drawn = _courses(edges, problems)
    if nodes is not None and edges is not None:
        _check_ends(nodes, edges, drawn, problems)
    problems.raise_if_any()
    if nodes is None or edges is None:
        raise AssertionError("a table that could not be read is a problem")
    return check_for_cars(_build(nodes, edges, drawn, folder, crs), folder / _EDGES)


def _read(path: Path, table: Table, problems: ProblemList) -> pd.DataFrame | None:
    if not path.is_file():
        hint = f"a folder of road tables holds {_NODES} and {_EDGES}"
        problems.add("no such file", file=str(path), hint=hint)
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = pd.read_csv(
                path, dtype="str", keep_default_na=False, encoding=encoding, index_col=False, skip_blank_lines=False
            )
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            problems.add(f"cannot be read as CSV: {error}", file=path.name)
            return None
        return check_table(text, table, file=path.name, problems=problems, first_row=_FIRST_ROW)
    problems.add("is neither UTF-8 nor GB 18030 text", file=path.name, hint="save it as CSV in UTF-8")
    return None


def _courses(edges: pd.DataFrame | None, problems: ProblemList) -> np.ndarray:
    """Return the drawn lines in degrees, None for straight edges; what is no line is noted."""
    if edges is None:
        return np.zeros(0, dtype=object)
    text = edges["geometry"]
    drawn = shapely.from_wkt(text.astype(object).where(text.notna(), None).to_numpy(), on_invalid="ignore")
    is_line = (shapely.get_type_id(drawn) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(drawn)
    for index in edges.index[text.notna() & ~is_line]:
        hint = "write LINESTRING (lon lat, lon lat, ...), or leave the cell empty for a straight road"
        what = f"'{str(text[index])[:40]}' is not a line"
        problems.add(what, file=_EDGES, row=_FIRST_ROW + int(index), column="geometry", hint=hint)
    return np.asarray(np.where(is_line, drawn, None))


def _check_ends(nodes: pd.DataFrame, edges: pd.DataFrame, drawn: np.ndarray, problems: ProblemList) -> None:
    """Note nodes that are not there, roads that go nowhere, and courses that do not join their nodes."""
    known = nodes["node_id"].dropna().unique()
    for name in ("from_node", "to_node"):
        check_references(edges[name], ROAD_EDGES.column(name), known, file=_EDGES, problems=problems)
    is_drawn = ~shapely.is_missing(drawn)
    for index in edges.index[(edges["from_node"] == edges["to_node"]) & ~is_drawn]:
        what = f"starts and ends at node '{edges.loc[index, 'to_node']}'"
        hint = "draw its course in geometry, or leave the road out"
        problems.add(what, file=_EDGES, row=_FIRST_ROW + int(index), column="to_node", hint=hint)
    place = nodes.dropna().drop_duplicates("node_id").set_index("node_id")[["lon", "lat"]]
    begin, end = (place.reindex(edges.loc[is_drawn, name]).to_numpy() for name in ("from_node", "to_node"))
    first, last = (shapely.get_coordinates(shapely.get_point(drawn[is_drawn], at)) for at in (0, -1))
    turned = _meets(first, end) & _meets(last, begin)
    bad = ~(_meets(first, begin) & _meets(last, end))
    for index, is_turned in zip(edges.index[is_drawn][bad], turned[bad], strict=True):
        what = "the course does not begin and end at the nodes of the road"
        hint = "it runs from to_node to from_node: turn it round" if is_turned else "it must join its two nodes"
        problems.add(what, file=_EDGES, row=_FIRST_ROW + int(index), column="geometry", hint=hint)


def _meets(vertex: np.ndarray, node: np.ndarray) -> np.ndarray:
    # A node without a known position is a problem of its own, so it fits anything here.
    return np.all(~(np.abs(vertex - node) > _END_TOLERANCE_DEGREES), axis=1)


def _who(edges: pd.DataFrame, column: str, position: int) -> np.ndarray:
    """Return who may use each edge: what the table says, else what its class says."""
    by_class = np.array([open_by_default(name)[position] for name in edges["road_class"]], dtype=bool)
    said = edges[column]
    return np.where(said.isna().to_numpy(), by_class, said.fillna(value=False).to_numpy(dtype=bool))


def _build(nodes: pd.DataFrame, edges: pd.DataFrame, drawn: np.ndarray, folder: Path, crs: str | None) -> Network:
    lon, lat = nodes["lon"].to_numpy(dtype=float), nodes["lat"].to_numpy(dtype=float)
    crs = crs_for(lon, lat, crs)
    position = pd.Series(np.arange(len(nodes), dtype=np.int32), index=nodes["node_id"])
    edge_from, edge_to = (position.reindex(edges[name]).to_numpy(dtype=np.int32) for name in ("from_node", "to_node"))
    courses = drawn_or_straight(drawn, lon, lat, edge_from, edge_to)
    shape_x_m, shape_y_m = project(courses.x, courses.y, crs)
    x_m, y_m = project(lon, lat, crs)
    drive, walk = _who(edges, "drive", 0), _who(edges, "walk", 1)
    kph = edges["maxspeed_kph"].to_numpy(dtype=float)
    return Network(
        crs=crs,
        node_id=whole_ids(nodes["node_id"].tolist()),
        x_m=x_m,
        y_m=y_m,
        edge_from=edge_from,
        edge_to=edge_to,
        edge_length_dm=whole_dm(geodesic_m(courses)),
        edge_class=class_codes(edges["road_class"].tolist()),
        drive_forward=drive,
        drive_backward=drive & ~edges["oneway"].to_numpy(dtype=bool),
        walk_forward=walk,
        walk_backward=walk,
        kph_forward=kph,
        kph_backward=kph,
        speed_factor=np.ones(len(edges)),
        edge_name=edges["name"].fillna("").to_numpy(dtype=object),
        shape_start=courses.start,
        shape_x_m=shape_x_m,
        shape_y_m=shape_y_m,
        source=f"road tables in {folder.name}",
        date="",
        attribution="; ".join(edges["source"].dropna().unique()[:3]),
        quality=worst_quality(edges["quality"].fillna("illustrative")) if len(edges) else "illustrative",
    )
