"""The columns of people: demand points, and what they can be made from."""

from __future__ import annotations

from dataclasses import replace

from coverplan.core import words
from coverplan.core.tables.columns import Column, Table
from coverplan.core.tables.shared import AREA, DATUM, LAT, LON, QUALITY, SOURCE, count_column, key_column

_GROUPS = (
    count_column(
        "people_65_plus", "65岁及以上人口", "Of these, aged 65 and over.", "person", "65岁以上人口", "老年人口"
    ),
    count_column("people_under_3", "3岁以下人口", "Of these, younger than 3.", "person", "3岁以下婴幼儿", "婴幼儿人口"),
    count_column("women_15_49", "15-49岁女性", "Of these, women aged 15 to 49.", "person", "育龄妇女", "15至49岁女性"),
)
PEOPLE_GROUPS = tuple(column.name for column in _GROUPS)
"""The groups of people that are told apart. Nobody is in two of them, so together they are at most everybody."""


PEOPLE = Table(
    name="people",
    zh="人口",
    key="point_id",
    geometry="point",
    meaning="Demand points: where people live. Several points may make one place (a village or community).",
    columns=(
        key_column("point_id", "点编码", "Identifier, unique in the table."),
        count_column("people", "人口", "Residents at this point.", "person", "常住人口", "人口数", required=True),
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
        AREA,
        LON,
        LAT,
        DATUM,
        SOURCE,
        QUALITY,
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
        AREA,
        Column(name="place_id", type="text", zh="村社代码", meaning="The village or community, as in `settlements`."),
        Column(
            name="name",
            type="text",
            zh="名称",
            meaning="Name of the town or village; needed where there is no code.",
            aliases=("place", "村社", "地区"),
        ),
        count_column(
            "people", "人口", "Residents of the town or village.", "person", "常住人口", "人口数", required=True
        ),
        *_GROUPS,
        SOURCE,
        QUALITY,
    ),
)

SETTLEMENTS = Table(
    name="settlements",
    zh="居民点",
    key="place_id",
    geometry="point",
    meaning="Where the villages and communities are over which a census is spread.",
    columns=(
        key_column("place_id", "村社代码", "Identifier, unique in the table."),
        Column(
            name="place",
            type="text",
            zh="村社",
            meaning="Name of the village or community.",
            aliases=("name", "village", "村（社区）", "村居", "名称"),
        ),
        AREA,
        Column(
            name="weight",
            type="number",
            zh="权重",
            meaning="Its part of its town: households, voters, an older census. Empty counts as 1.",
            minimum=0,
            aliases=("户数", "households"),
        ),
        LON,
        LAT,
        DATUM,
        SOURCE,
        QUALITY,
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
        replace(AREA, required=True),
        _share("share_65_plus", "65岁及以上比例", "Share aged 65 and over."),
        _share("share_under_3", "3岁以下比例", "Share younger than 3."),
        _share("share_women_15_49", "15-49岁女性比例", "Share of women aged 15 to 49."),
        SOURCE,
        QUALITY,
    ),
)
