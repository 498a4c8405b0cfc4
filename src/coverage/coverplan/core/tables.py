"""Every table's columns, declared once: validation, import aliases and the data dictionary all come from here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from coverplan.core import words
from coverplan.core.words import Word

ColumnType = Literal["text", "integer", "number", "flag"]
Geometry = Literal["none", "point", "area"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: what it is called, what may stand in it, what it means.

    `minimum` and `maximum` are allowed themselves. `allowed` maps each allowed value to its words; aliases and Chinese
    labels of a value are understood on reading. `refers_to` names the table whose key the value must be in. A cell of a
    column with `many` holds several values, separated by semicolons; `cells_of` takes it apart. One with `week` holds
    opening hours, as `core.hours` reads them.
    """

    name: str
    type: ColumnType
    zh: str
    meaning: str
    unit: str = ""
    required: bool = False
    allowed: dict[str, Word] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    aliases: tuple[str, ...] = ()
    default: str | float | bool | None = None
    refers_to: str | None = None
    many: bool = False
    week: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in order, its key, and whether its rows are points, areas or neither.

    A point table comes with `lon` and `lat` columns (WGS-84 degrees unless `datum` says otherwise) or with point
    geometry; once read, the position is the geometry, in the study's projected CRS. A table without a key of its own
    (`key` empty) is told apart by what its rows refer to.
    """

    name: str
    zh: str
    meaning: str
    key: str
    columns: tuple[Column, ...]
    geometry: Geometry = "none"

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


def cells_of(cell: object) -> tuple[str, ...]:
    """Take a cell that holds several values apart; semicolons and the Chinese enumeration comma separate them.

    Examples
    --------
    >>> cells_of("ct; fever_clinic；icu"), cells_of(None)
    (('ct', 'fever_clinic', 'icu'), ())
    """
    if not isinstance(cell, str):
        return ()
    parts = cell.replace("；", ";").replace("、", ";").split(";")
    return tuple(part.strip() for part in parts if part.strip())


def _key(name: str, zh: str, meaning: str, *aliases: str) -> Column:
    return Column(name=name, type="text", zh=zh, meaning=meaning, required=True, aliases=("id", "编码", *aliases))


_NAME = Column(
    name="name",
    type="text",
    zh="名称",
    meaning="Chinese name, as people write it.",
    required=True,
    aliases=("name_zh", "机构名称", "项目名称"),
)
_NAME_EN = Column(name="name_en", type="text", zh="英文名称", meaning="English name.", aliases=("english",))
_LON = Column(
    name="lon",
    type="number",
    zh="经度",
    unit="degree",
    minimum=-180,
    maximum=180,
    required=True,
    meaning="Longitude in the datum of the record.",
    aliases=("longitude", "lng", "x", "东经"),
)
_LAT = Column(
    name="lat",
    type="number",
    zh="纬度",
    unit="degree",
    minimum=-90,
    maximum=90,
    required=True,
    meaning="Latitude in the datum of the record.",
    aliases=("latitude", "y", "北纬"),
)
_PLACED_LON, _PLACED_LAT = (
    replace(column, required=False, meaning=f"{column.meaning} Empty when the record is placed by its name.")
    for column in (_LON, _LAT)
)
_ADDRESS = Column(
    name="address",
    type="text",
    zh="地址",
    meaning="Postal address; helps to place a record that brings no position.",
    aliases=("详细地址", "地点", "位置描述"),
)
_POSITION_QUALITY = Column(
    name="position_quality",
    type="text",
    zh="位置质量",
    allowed=words.QUALITIES,
    meaning="How far the position can be trusted, when that differs from the record itself.",
)
_DATUM = Column(
    name="datum",
    type="text",
    zh="坐标系",
    allowed=words.DATUMS,
    default="wgs84",
    meaning="What the coordinates refer to; AMap and Tencent give gcj02, Baidu gives bd09.",
    aliases=("坐标基准",),
)
_SOURCE = Column(
    name="source",
    type="text",
    zh="来源",
    meaning="Where the record comes from: document, clause, date.",
    required=True,
    aliases=("数据来源",),
)
_QUALITY = Column(
    name="quality",
    type="text",
    zh="数据质量",
    allowed=words.QUALITIES,
    required=True,
    meaning="How far the record can be trusted; what rests on illustrative records is illustrative.",
)
_AREA = Column(
    name="area_id",
    type="text",
    zh="所属镇街",
    meaning="The area (town or street) it lies in.",
    aliases=("town", "乡镇", "镇街", "镇（街道）"),
    refers_to="areas",
)
HOURS = Column(
    name="hours",
    type="text",
    zh="开放时间",
    week=True,
    meaning="When it is open: mon-fri 08:00-17:30; sat 09:00-12:00, 周一至周五 8:00-17:30, 24/7. Empty: always.",
    aliases=("营业时间", "开诊时间", "opening_hours"),
)
"""The column of opening hours."""


def _count(name: str, zh: str, meaning: str, unit: str, *aliases: str, required: bool = False) -> Column:
    return Column(
        name=name,
        type="integer",
        zh=zh,
        meaning=meaning,
        unit=unit,
        minimum=0,
        required=required,
        aliases=aliases,
    )


def _year(name: str, zh: str, meaning: str, *aliases: str) -> Column:
    return Column(
        name=name,
        type="integer",
        zh=zh,
        meaning=meaning,
        unit="year",
        minimum=1900,
        maximum=2100,
        aliases=aliases,
    )


_GROUPS = (
    _count("people_65_plus", "65岁及以上人口", "Of these, aged 65 and over.", "person", "65岁以上人口", "老年人口"),
    _count("people_under_3", "3岁以下人口", "Of these, younger than 3.", "person", "3岁以下婴幼儿", "婴幼儿人口"),
    _count("women_15_49", "15-49岁女性", "Of these, women aged 15 to 49.", "person", "育龄妇女", "15至49岁女性"),
)
PEOPLE_GROUPS = tuple(column.name for column in _GROUPS)
"""The groups of people that are told apart. Nobody is in two of them, so together they are at most everybody."""


FACILITIES = Table(
    name="facilities",
    zh="设施",
    key="facility_id",
    geometry="point",
    meaning="Every place that serves people: hospitals, health centres, clinics, ambulance stations, reserve sites.",
    columns=(
        _key("facility_id", "设施编码", "Identifier, unique in the table.", "机构编码"),
        _NAME,
        _NAME_EN,
        Column(
            name="kind",
            type="text",
            zh="类别",
            allowed=words.KINDS,
            required=True,
            meaning="What the facility is.",
            aliases=("type", "类型", "机构类别"),
        ),
        Column(
            name="tier",
            type="text",
            zh="层级",
            allowed=words.TIERS,
            aliases=("level", "等级", "级别"),
            meaning="Level of the care it offers to anyone who comes; empty when it receives no patients.",
        ),
        _AREA,
        _ADDRESS,
        _PLACED_LON,
        _PLACED_LAT,
        _DATUM,
        _POSITION_QUALITY,
        _count("beds", "床位数", "Beds in use.", "bed", "床位"),
        Column(
            name="owner",
            type="text",
            zh="性质",
            allowed=words.OWNERS,
            meaning="Public or private.",
            aliases=("ownership", "办医性质"),
        ),
        Column(name="community", type="text", zh="医共体", meaning="The medical community it belongs to."),
        Column(
            name="role",
            type="text",
            zh="医共体角色",
            allowed=words.ROLES,
            meaning="Its role in that community.",
        ),
        Column(
            name="services",
            type="text",
            zh="开设服务",
            many=True,
            aliases=("服务项目", "科室与设备"),
            meaning=(
                "What it has beyond its kind (fever_clinic, ct, icu; 发热门诊), separated by semicolons; `!ct` says "
                "that it was looked for and is not there."
            ),
        ),
        HOURS,
        Column(
            name="standard",
            type="text",
            zh="服务能力标准",
            allowed=words.STANDARD_LEVELS,
            meaning="Which national standard of service a primary institution reaches.",
        ),
        Column(
            name="parents",
            type="text",
            zh="上级机构",
            many=True,
            aliases=("上级医院", "帮扶医院"),
            meaning="Facilities it refers to or is helped by: identifiers or names, separated by semicolons.",
        ),
        Column(
            name="serves",
            type="text",
            zh="服务镇街",
            many=True,
            aliases=("服务范围", "负责镇街"),
            meaning="Areas it is responsible for, wherever it stands: identifiers or names, separated by semicolons.",
        ),
        Column(
            name="place_id",
            type="text",
            zh="所在村社",
            meaning="The village or community it stands in or belongs to, as in `people`.",
        ),
        _count("service_people", "服务人口", "People registered with it.", "person", "服务人口数"),
        _count("nursing_beds", "护理床位数", "Of its beds, nursing beds.", "bed", "护理床位"),
        _count("rooms", "房间数", "Rooms of an isolation site.", "room", "隔离房间数"),
        _count("places", "托位数", "Childcare places.", "place", "托位"),
        _count("daily_tests", "日检测能力", "Tests a day, in tubes.", "tube", "检测能力"),
        Column(
            name="readiness",
            type="text",
            zh="启用条件",
            allowed=words.READINESS,
            meaning="How soon a reserve site can be used.",
        ),
        Column(
            name="status",
            type="text",
            zh="状态",
            allowed=words.STATUSES,
            default="existing",
            meaning="Existing in the study's base year, or planned.",
        ),
        _year("open_year", "启用年", "First year in which it serves; empty for one that always did."),
        _year("close_year", "停用年", "First year in which it no longer serves; empty when it stays."),
        _SOURCE,
        _QUALITY,
    ),
)

VEHICLES = Table(
    name="vehicles",
    zh="救护车",
    key="vehicle_id",
    meaning="The ambulance fleet, one row per vehicle.",
    columns=(
        _key("vehicle_id", "车辆编码", "Identifier, unique in the table.", "车牌号"),
        Column(
            name="facility_id",
            type="text",
            zh="驻点",
            required=True,
            refers_to="facilities",
            meaning="The facility it stands at.",
            aliases=("base", "急救站点"),
        ),
        Column(
            name="negative_pressure",
            type="flag",
            zh="负压",
            required=True,
            meaning="Whether it is a negative-pressure ambulance.",
            aliases=("是否负压",),
        ),
        Column(
            name="duty",
            type="text",
            zh="用途",
            allowed=words.DUTIES,
            default="emergency",
            meaning="What it is used for; only emergency vehicles count for the emergency standards.",
        ),
        _SOURCE,
        _QUALITY,
    ),
)

AEDS = Table(
    name="aeds",
    zh="自动体外除颤仪",
    key="aed_id",
    geometry="point",
    meaning="AED places: one row per place, with the number of devices there.",
    columns=(
        _key("aed_id", "AED编码", "Identifier, unique in the table."),
        _NAME,
        _NAME_EN,
        _count("devices", "台数", "Devices at this place.", "device", "数量", "设备数", required=True),
        Column(
            name="place_kind",
            type="text",
            zh="场所类型",
            allowed=words.PUBLIC_PLACES,
            meaning="Kind of public place.",
            aliases=("场所类别",),
        ),
        HOURS,
        _AREA,
        _ADDRESS,
        _PLACED_LON,
        _PLACED_LAT,
        _DATUM,
        _SOURCE,
        _QUALITY,
    ),
)

AREAS = Table(
    name="areas",
    zh="镇街",
    key="area_id",
    geometry="area",
    meaning="Towns and streets: the areas by which results are told. They tile the study area.",
    columns=(
        _key("area_id", "区划代码", "Identifier, unique in the table; the official code where there is one."),
        _NAME,
        _NAME_EN,
        Column(
            name="kind",
            type="text",
            zh="类别",
            allowed=words.AREA_KINDS,
            required=True,
            meaning="Town, street or zone.",
        ),
        _SOURCE,
        _QUALITY,
    ),
)

PEOPLE = Table(
    name="people",
    zh="人口",
    key="point_id",
    geometry="point",
    meaning="Demand points: where people live. Several points may make one place (a village or community).",
    columns=(
        _key("point_id", "点编码", "Identifier, unique in the table."),
        _count("people", "人口", "Residents at this point.", "person", "常住人口", "人口数", required=True),
        *_GROUPS,
        Column(
            name="place_id",
            type="text",
            zh="村社代码",
            meaning="The village or community the point belongs to.",
        ),
        Column(
            name="place",
            type="text",
            zh="村社",
            meaning="Name of that village or community.",
            aliases=("village", "村（社区）", "村居"),
        ),
        Column(
            name="place_kind",
            type="text",
            zh="村社类别",
            allowed=words.PLACE_KINDS,
            meaning="Administrative village or community.",
        ),
        _AREA,
        _LON,
        _LAT,
        _DATUM,
        _SOURCE,
        _QUALITY,
    ),
)

PROJECTS = Table(
    name="projects",
    zh="项目",
    key="project_id",
    geometry="point",
    meaning=(
        "Building projects of the plan, with years, beds and cost. One without a position stands where the first of "
        "its facilities does."
    ),
    columns=(
        _key("project_id", "序号", "Number of the project in its document.", "seq"),
        _NAME,
        _NAME_EN,
        Column(
            name="facility_ids",
            type="text",
            zh="涉及设施",
            many=True,
            refers_to="facilities",
            meaning="Facilities it concerns, keys or names, separated by semicolons.",
        ),
        _AREA,
        _ADDRESS,
        *(
            replace(column, meaning=column.meaning.replace("placed by its name", "placed by its facility or its name"))
            for column in (_PLACED_LON, _PLACED_LAT)
        ),
        _DATUM,
        _POSITION_QUALITY,
        Column(
            name="cost_100m_cny",
            type="number",
            zh="投资（亿元）",
            unit="100 million CNY",
            minimum=0,
            meaning="Investment.",
            aliases=("investment_100m_cny", "总投资"),
        ),
        _year("start_year", "开工年", "First year of work.", "开始年份"),
        _year("end_year", "完工年", "Year of completion.", "结束年份"),
        _count("added_beds", "新增床位", "Beds it adds.", "bed"),
        _count("total_beds", "总床位", "Beds when it is finished.", "bed"),
        Column(name="note", type="text", zh="备注", meaning="What the document leaves open."),
        _SOURCE,
        _QUALITY,
    ),
)

CENSUS = Table(
    name="census",
    zh="人口统计表",
    key="",
    meaning=(
        "How many people live in each town or village, to be spread over settlements, buildings or roads. A row says "
        "which town (`area_id`, or its name) or which village (`place_id`, or its name); the two never overlap."
    ),
    columns=(
        _AREA,
        Column(name="place_id", type="text", zh="村社代码", meaning="The village or community, as in `settlements`."),
        Column(
            name="name",
            type="text",
            zh="名称",
            meaning="Name of the town or village; needed where there is no code.",
            aliases=("place", "村社", "地区"),
        ),
        _count("people", "人口", "Residents of the town or village.", "person", "常住人口", "人口数", required=True),
        *_GROUPS,
        _SOURCE,
        _QUALITY,
    ),
)

SETTLEMENTS = Table(
    name="settlements",
    zh="居民点",
    key="place_id",
    geometry="point",
    meaning="Where the villages and communities are over which a census is spread.",
    columns=(
        _key("place_id", "村社代码", "Identifier, unique in the table."),
        Column(
            name="place",
            type="text",
            zh="村社",
            meaning="Name of the village or community.",
            aliases=("name", "village", "村（社区）", "村居", "名称"),
        ),
        _AREA,
        Column(
            name="weight",
            type="number",
            zh="权重",
            meaning="Its part of its town: households, voters, an older census. Empty counts as 1.",
            minimum=0,
            aliases=("户数", "households"),
        ),
        _LON,
        _LAT,
        _DATUM,
        _SOURCE,
        _QUALITY,
    ),
)


def _share(name: str, zh: str, meaning: str) -> Column:
    return Column(name=name, type="number", zh=zh, meaning=meaning, unit="share", minimum=0, maximum=1)


GROUP_SHARES = Table(
    name="group_shares",
    zh="人群比例",
    key="area_id",
    meaning="Which share of the people of each area belongs to a group, where points and census do not say.",
    columns=(
        replace(_AREA, required=True),
        _share("share_65_plus", "65岁及以上比例", "Share aged 65 and over."),
        _share("share_under_3", "3岁以下比例", "Share younger than 3."),
        _share("share_women_15_49", "15-49岁女性比例", "Share of women aged 15 to 49."),
        _SOURCE,
        _QUALITY,
    ),
)

ROAD_NODES = Table(
    name="road_nodes",
    zh="道路节点",
    key="node_id",
    geometry="point",
    meaning="Junctions and bends of the road tables.",
    columns=(_key("node_id", "节点编码", "Identifier, unique in the table."), _LON, _LAT),
)

ROAD_EDGES = Table(
    name="road_edges",
    zh="道路路段",
    key="edge_id",
    meaning="Road segments between two nodes; straight unless the geometry column holds its course.",
    columns=(
        _key("edge_id", "路段编码", "Identifier, unique in the table."),
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

INDICATORS = Table(
    name="indicators",
    zh="统计指标",
    key="",
    meaning=(
        "Figures of the county's registers and statistics that no other table holds: staff, beds in total, rates. One "
        "row for each figure and year, of the whole county, of an area or of one facility."
    ),
    columns=(
        Column(
            name="indicator_id",
            type="text",
            zh="指标代码",
            required=True,
            meaning="Which figure: one of the words below, or one that a rule pack declares.",
            aliases=("indicator", "指标"),
        ),
        Column(name="name", type="text", zh="名称", meaning="What it is called.", aliases=("指标名称",)),
        Column(name="value", type="number", zh="数值", required=True, meaning="The figure; rates in per cent."),
        Column(name="unit", type="text", zh="单位", meaning="What it counts, for the reader."),
        _year("year", "年份", "Year it is of; empty for the study's base year."),
        _AREA,
        Column(
            name="facility_id",
            type="text",
            zh="机构编码",
            refers_to="facilities",
            meaning="The facility it is of; empty for an area or the whole county.",
        ),
        _SOURCE,
        _QUALITY,
    ),
)

ZONES = Table(
    name="zones",
    zh="片区",
    key="zone_id",
    geometry="area",
    meaning="Named parts of the county other than towns and streets: service areas, parks, estates, parcels.",
    columns=(
        _key("zone_id", "片区编码", "Identifier, unique in the table."),
        _NAME,
        _NAME_EN,
        Column(
            name="kind",
            type="text",
            zh="类别",
            allowed=words.ZONE_KINDS,
            required=True,
            meaning="What the zone is.",
        ),
        Column(
            name="facility_id",
            type="text",
            zh="所属机构",
            refers_to="facilities",
            meaning="The facility whose service area it is.",
        ),
        _SOURCE,
        _QUALITY,
    ),
)

INPUT_TABLES = {
    table.name: table
    for table in (
        *(AREAS, FACILITIES, VEHICLES, AEDS, PEOPLE, PROJECTS, INDICATORS, ZONES),
        *(CENSUS, SETTLEMENTS, GROUP_SHARES),
        *(ROAD_NODES, ROAD_EDGES),
    )
}
"""The tables that users bring, by name."""
