"""The columns of what a study may say about speed: profiles, parts of the week, and trips that were observed."""

from __future__ import annotations

from coverplan.core import words
from coverplan.core.tables.columns import Column, Table


def _period(meaning: str, *, required: bool = False) -> Column:
    return Column(name="period", type="text", zh="时段", meaning=meaning, required=required, aliases=("时间段",))


def _profile(meaning: str, *, required: bool = False) -> Column:
    return Column(name="profile", type="text", zh="出行方式", meaning=meaning, required=required, aliases=("方式",))


def _number(name: str, zh: str, unit: str, maximum: float, meaning: str, *aliases: str, minimum: float = 0) -> Column:
    return Column(
        name=name, type="number", zh=zh, unit=unit, minimum=minimum, maximum=maximum, meaning=meaning, aliases=aliases
    )


SPEEDS = Table(
    name="speeds",
    zh="速度",
    key="",
    meaning=(
        "Speed profiles, laid over those that come with coverplan. A row is about a whole profile (period and road "
        "class empty), one road class, one period, or one class in one period; empty cells change nothing."
    ),
    columns=(
        _profile("Which profile: drive, ambulance, ambulance_siren, walk, e_bike, or one of your own.", required=True),
        _period("Part of the week, as in the table of periods; empty: the whole day."),
        Column(
            name="road_class",
            type="text",
            zh="道路等级",
            allowed=words.ROAD_CLASSES,
            meaning="Road class, in OpenStreetMap's terms; empty: every class.",
            aliases=("highway",),
        ),
        Column(
            name="mode",
            type="text",
            zh="交通方式",
            allowed=words.MODES,
            meaning="Which part of the network it uses; a profile of your own needs one. In the profile's own row.",
        ),
        _number(
            "kph", "速度", "km/h", 200, "Running speed for the whole day; 0 closes the class.", "speed_kph", "车速"
        ),
        _number("factor", "速度系数", "", 5, "Multiplies the speed.", "系数", minimum=0.05),
        _number(
            *("junction_s", "路口延误", "s", 600, "Lost where the class ends at a junction with its like or better."),
            "delay_s",
        ),
        _number(
            "maxspeed_share",
            "限速比例",
            "",
            2,
            "Running speed as a share of a signed limit: in the profile's own row, or that of a class.",
            minimum=0.05,
        ),
        _number("offroad_kph", "离路速度", "km/h", 100, "From the door to the road. In the profile's own row."),
        _number("max_offroad_m", "最大离路距离", "m", 100_000, "Longest such leg. In the profile's own row."),
        Column(
            name="quality",
            type="text",
            zh="数据质量",
            allowed=words.QUALITIES,
            meaning="How far the speeds can be trusted. In the profile's own row.",
        ),
        Column(
            name="reason",
            type="text",
            zh="依据",
            meaning="Why, and from where; that of the profile's own row is the source of its speeds.",
            aliases=("备注", "source"),
        ),
    ),
)

PERIODS = Table(
    name="periods",
    zh="时段",
    key="period",
    meaning="Parts of the week with speeds of their own. They do not overlap; outside them the day's speeds hold.",
    columns=(
        _period("Its name, such as morning_peak.", required=True),
        Column(name="name", type="text", zh="名称", meaning="What it is called in Chinese.", aliases=("时段名称",)),
        Column(
            name="days",
            type="text",
            zh="日期",
            meaning="mon-fri, sat;sun or daily; also 周一至周五, 工作日, 周末, 每天.",
            default="daily",
            aliases=("星期",),
        ),
        Column(
            name="hours",
            type="text",
            zh="时间",
            meaning="From and to, such as 07:00-09:00; several separated by semicolons; 22:00-06:00 passes midnight.",
            required=True,
            aliases=("钟点",),
        ),
    ),
)


def _place(name: str, zh: str, limit: float, meaning: str, *aliases: str) -> Column:
    return Column(
        name=name,
        type="number",
        zh=zh,
        unit="degree",
        minimum=-limit,
        maximum=limit,
        required=True,
        meaning=meaning,
        aliases=aliases,
    )


TRIPS = Table(
    name="trips",
    zh="实测行程",
    key="trip_id",
    meaning="Trips that were timed: dispatch records, GPS tracks, or a map service's answers.",
    columns=(
        Column(name="trip_id", type="text", zh="行程编号", meaning="Empty: numbered.", aliases=("id", "编号", "序号")),
        _place("from_lon", "起点经度", 180, "Where it began.", "origin_lon", "出发经度"),
        _place("from_lat", "起点纬度", 90, "Where it began.", "origin_lat", "出发纬度"),
        _place("to_lon", "终点经度", 180, "Where it ended.", "destination_lon", "目的地经度", "到达经度"),
        _place("to_lat", "终点纬度", 90, "Where it ended.", "destination_lat", "目的地纬度", "到达纬度"),
        Column(
            name="minutes",
            type="number",
            zh="用时",
            unit="min",
            minimum=0.1,
            maximum=1440,
            required=True,
            meaning="From wheels rolling to standing still: no call handling, no turnout.",
            aliases=("行驶时间", "行程时间", "时间", "分钟", "duration_min"),
        ),
        Column(
            name="departure",
            type="text",
            zh="出发时间",
            meaning="2024-03-05 07:40, or 07:40 (a working day). Empty: the whole day's speeds.",
            aliases=("departure_time", "发车时间", "出车时间"),
        ),
        _profile("Who travelled; empty: whichever profile is fitted."),
        Column(
            name="weight",
            type="number",
            zh="权重",
            minimum=0,
            maximum=1_000_000,
            default=1.0,
            meaning="How much it counts; 0 leaves it out.",
        ),
        Column(
            name="datum",
            type="text",
            zh="坐标系",
            allowed=words.DATUMS,
            default="wgs84",
            meaning="What all four coordinates refer to; AMap and Tencent give gcj02, Baidu gives bd09.",
            aliases=("坐标基准",),
        ),
    ),
)

SPEED_TABLES = {table.name: table for table in (SPEEDS, PERIODS, TRIPS)}
"""The tables about speed, by name."""
