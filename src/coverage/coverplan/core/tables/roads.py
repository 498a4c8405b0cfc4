"""The columns of roads: nodes and edges."""

from __future__ import annotations

from coverplan.core import words
from coverplan.core.tables.columns import Column, Table
from coverplan.core.tables.shared import LAT, LON, key_column

ROAD_NODES = Table(
    name="road_nodes",
    zh="道路节点",
    key="node_id",
    geometry="point",
    meaning="Junctions and bends of the road tables.",
    columns=(key_column("node_id", "节点编码", "Identifier, unique in the table."), LON, LAT),
)

ROAD_EDGES = Table(
    name="road_edges",
    zh="道路路段",
    key="edge_id",
    meaning="Road segments between two nodes; straight unless the geometry column holds its course.",
    columns=(
        key_column("edge_id", "路段编码", "Identifier, unique in the table."),
        Column(
            name="from_node",
            type="text",
            zh="起点",
            meaning="Node it starts at.",
            required=True,
            refers_to="road_nodes",
        ),
        Column(
            name="to_node",
            type="text",
            zh="终点",
            meaning="Node it ends at.",
            required=True,
            refers_to="road_nodes",
        ),
        Column(
            name="road_class",
            type="text",
            zh="道路等级",
            meaning="Road class, in OpenStreetMap's terms.",
            required=True,
            allowed=words.ROAD_CLASSES,
            aliases=("highway",),
        ),
        Column(
            name="oneway",
            type="flag",
            zh="单行",
            meaning="Whether cars may use it only from start to end.",
            default=False,
        ),
        Column(
            name="maxspeed_kph",
            type="number",
            zh="限速",
            unit="km/h",
            minimum=1,
            maximum=200,
            meaning="Signed speed limit; empty means the class decides.",
        ),
        Column(
            name="walk",
            type="flag",
            zh="可步行",
            meaning="Whether people may walk on it; empty means the class decides.",
        ),
        Column(
            name="drive",
            type="flag",
            zh="可行车",
            meaning="Whether cars may use it; empty means the class decides.",
        ),
        Column(name="name", type="text", zh="路名", meaning="Name of the road."),
        Column(
            name="geometry",
            type="text",
            zh="几何",
            meaning="Its course as WKT in WGS-84; empty for a straight segment.",
        ),
        Column(
            name="source",
            type="text",
            zh="来源",
            meaning="Where the road comes from; shown as the credit of the roads.",
            aliases=("数据来源",),
        ),
        Column(
            name="quality",
            type="text",
            zh="数据质量",
            allowed=words.QUALITIES,
            meaning="How far the road can be trusted; roads that do not say count as illustrative.",
        ),
    ),
)
