"""The columns of the county itself: towns and zones, projects of the plan, figures of its registers."""

from __future__ import annotations

from dataclasses import replace

from coverplan.core import words
from coverplan.core.tables.columns import Column, Table
from coverplan.core.tables.shared import (
    ADDRESS,
    AREA,
    DATUM,
    NAME,
    NAME_EN,
    PLACED_LAT,
    PLACED_LON,
    POSITION_QUALITY,
    QUALITY,
    SOURCE,
    count_column,
    key_column,
    year_column,
)

AREAS = Table(
    name="areas",
    zh="镇街",
    key="area_id",
    geometry="area",
    meaning="Towns and streets: the areas by which results are told. They tile the study area.",
    columns=(
        key_column("area_id", "区划代码", "Identifier, unique in the table; the official code where there is one."),
        NAME,
        NAME_EN,
        Column(
            name="kind",
            type="text",
            zh="类别",
            allowed=words.AREA_KINDS,
            required=True,
            meaning="Town, street or zone.",
        ),
        SOURCE,
        QUALITY,
    ),
)

ZONES = Table(
    name="zones",
    zh="片区",
    key="zone_id",
    geometry="area",
    meaning="Named parts of the county other than towns and streets: service areas, parks, estates, parcels.",
    columns=(
        key_column("zone_id", "片区编码", "Identifier, unique in the table."),
        NAME,
        NAME_EN,
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
        SOURCE,
        QUALITY,
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
        key_column("project_id", "序号", "Number of the project in its document.", "seq"),
        NAME,
        NAME_EN,
        Column(
            name="facility_ids",
            type="text",
            zh="涉及设施",
            many=True,
            refers_to="facilities",
            meaning="Facilities it concerns, keys or names, separated by semicolons.",
        ),
        AREA,
        ADDRESS,
        *(
            replace(column, meaning=column.meaning.replace("placed by its name", "placed by its facility or its name"))
            for column in (PLACED_LON, PLACED_LAT)
        ),
        DATUM,
        POSITION_QUALITY,
        Column(
            name="cost_100m_cny",
            type="number",
            zh="投资（亿元）",
            unit="100 million CNY",
            minimum=0,
            meaning="Investment.",
            aliases=("investment_100m_cny", "总投资"),
        ),
        year_column("start_year", "开工年", "First year of work.", "开始年份"),
        year_column("end_year", "完工年", "Year of completion.", "结束年份"),
        count_column("added_beds", "新增床位", "Beds it adds.", "bed"),
        count_column("total_beds", "总床位", "Beds when it is finished.", "bed"),
        Column(name="note", type="text", zh="备注", meaning="What the document leaves open."),
        SOURCE,
        QUALITY,
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
        year_column("year", "年份", "Year it is of; empty for the study's base year."),
        AREA,
        Column(
            name="facility_id",
            type="text",
            zh="机构编码",
            refers_to="facilities",
            meaning="The facility it is of; empty for an area or the whole county.",
        ),
        SOURCE,
        QUALITY,
    ),
)
