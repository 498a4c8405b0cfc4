"""Columns that several tables have."""

from __future__ import annotations

from dataclasses import replace

from coverplan.core import words
from coverplan.core.tables.columns import Column


def key_column(name: str, zh: str, meaning: str, *aliases: str) -> Column:
    """Declare the column by which the rows of a table are told apart."""
    return Column(name=name, type="text", zh=zh, meaning=meaning, required=True, aliases=("id", "编码", *aliases))


NAME = Column(
    name="name",
    type="text",
    zh="名称",
    meaning="Chinese name, as people write it.",
    required=True,
    aliases=("name_zh", "机构名称", "项目名称"),
)
NAME_EN = Column(name="name_en", type="text", zh="英文名称", meaning="English name.", aliases=("english",))
LON = Column(
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
LAT = Column(
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
PLACED_LON, PLACED_LAT = (
    replace(column, required=False, meaning=f"{column.meaning} Empty when the record is placed by its name.")
    for column in (LON, LAT)
)
ADDRESS = Column(
    name="address",
    type="text",
    zh="地址",
    meaning="Postal address; helps to place a record that brings no position.",
    aliases=("详细地址", "地点", "位置描述"),
)
POSITION_QUALITY = Column(
    name="position_quality",
    type="text",
    zh="位置质量",
    allowed=words.QUALITIES,
    meaning="How far the position can be trusted, when that differs from the record itself.",
)
DATUM = Column(
    name="datum",
    type="text",
    zh="坐标系",
    allowed=words.DATUMS,
    default="wgs84",
    meaning="What the coordinates refer to; AMap and Tencent give gcj02, Baidu gives bd09.",
    aliases=("坐标基准",),
)
SOURCE = Column(
    name="source",
    type="text",
    zh="来源",
    meaning="Where the record comes from: document, clause, date.",
    required=True,
    aliases=("数据来源",),
)
QUALITY = Column(
    name="quality",
    type="text",
    zh="数据质量",
    allowed=words.QUALITIES,
    required=True,
    meaning="How far the record can be trusted; what rests on illustrative records is illustrative.",
)
AREA = Column(
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


def count_column(name: str, zh: str, meaning: str, unit: str, *aliases: str, required: bool = False) -> Column:
    """Declare a column of whole numbers of people or things, none below zero."""
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


def year_column(name: str, zh: str, meaning: str, *aliases: str) -> Column:
    """Declare a column of calendar years."""
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
