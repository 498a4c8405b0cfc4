"""The words of the field, in English and Chinese, said once: facility kinds, tiers, road classes, table values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Word:
    """A value that may stand in a table, with what it is called on a map and what users write for it."""

    value: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    group: str = ""


def _words(*rows: tuple[str, str, str, str, str]) -> dict[str, Word]:
    return {
        value: Word(value=value, zh=zh, en=en, group=group, aliases=tuple(filter(None, aliases.split("|"))))
        for value, zh, en, group, aliases in rows
    }


KINDS = _words(
    ("hospital", "医院", "hospital", "care", "综合医院|公立医院"),
    ("tcm_hospital", "中医医院", "TCM hospital", "care", "中医院"),
    ("specialty_hospital", "专科医院", "specialty hospital", "care", ""),
    ("mental_hospital", "精神专科医院", "mental hospital", "care", "精神卫生中心"),
    ("dental_hospital", "口腔医院", "dental hospital", "care", ""),
    ("infectious_hospital", "传染病医院", "infectious-disease hospital", "care", "公共卫生临床中心"),
    ("mch", "妇幼保健院", "maternal and child health hospital", "care", ""),
    ("township_hospital", "乡镇卫生院", "township hospital", "care", "卫生院|中心卫生院"),
    ("chc", "社区卫生服务中心", "community health centre", "care", ""),
    ("clinic", "门诊部", "clinic", "care", "社区卫生服务站|诊所"),
    ("village_clinic", "村卫生所", "village clinic", "care", "卫生所|村卫生室|一体化卫生所"),
    ("ems_centre", "急救中心", "emergency centre", "ems", "120急救中心|急救指挥中心"),
    ("ems_subcentre", "急救分中心", "emergency sub-centre", "ems", ""),
    ("ems_station", "急救站", "ambulance station", "ems", "急救点|120急救站"),
    ("decon_centre", "洗消中心", "decontamination centre", "support", ""),
    ("makeshift_hospital", "方舱医院", "makeshift hospital", "reserve", "方舱"),
    ("isolation_site", "集中医学观察场所", "isolation site", "reserve", "隔离点"),
    ("cdc", "疾病预防控制中心", "centre for disease control", "public_health", "疾控中心"),
    ("health_inspection", "卫生监督所", "health inspection", "public_health", ""),
    ("nat_lab", "核酸检测基地", "nucleic-acid testing base", "public_health", ""),
    ("blood_station", "血站", "blood station", "support", ""),
    ("dialysis_centre", "血液透析中心", "dialysis centre", "support", ""),
    ("sterile_supply", "消毒供应中心", "sterile supply centre", "support", ""),
    ("support_centre", "后勤保障中心", "support centre", "support", "消毒洗涤中心|中药制剂中心"),
    ("site", "用地", "site without a service of its own", "site", "旧址|产业园"),
)

TIERS = _words(
    ("village", "村级", "village", "", "一体化卫生所"),
    ("primary", "基层", "primary", "", "基层医疗卫生机构|一级"),
    ("secondary", "二级", "secondary", "", "二级甲等|二级乙等|二甲|二乙"),
    ("tertiary", "三级", "tertiary", "", "三级甲等|三级乙等|三甲|三乙"),
)

QUALITIES = _words(
    ("official", "官方", "official", "", ""),
    ("measured", "实测", "measured", "", ""),
    ("estimated", "估算", "estimated", "", ""),
    ("illustrative", "示意", "illustrative", "", "模拟|虚拟"),
)

STATUSES = _words(
    ("existing", "现有", "existing", "", "在用|运行"),
    ("planned", "规划", "planned", "", "在建|拟建|新建"),
)

DATUMS = _words(
    ("wgs84", "WGS-84", "WGS-84", "", "WGS84|WGS-84|EPSG:4326|CGCS2000"),
    ("gcj02", "GCJ-02（火星坐标）", "GCJ-02", "", "GCJ02|GCJ-02|火星坐标|高德|腾讯"),
    ("bd09", "BD-09（百度坐标）", "BD-09", "", "BD09|BD-09|百度"),
)

OWNERS = _words(
    ("public", "公立", "public", "", "公办|公立医院"),
    ("private", "民营", "private", "", "社会办|私立"),
)

ROLES = _words(
    ("lead", "牵头医院", "lead hospital", "", "医共体牵头医院"),
    ("subcentre", "片区医疗次中心", "medical sub-centre", "", "次中心"),
    ("member", "成员单位", "member", "", ""),
)

AREA_KINDS = _words(
    ("town", "镇", "town", "", "乡|建制镇"),
    ("street", "街道", "street", "", "街道办事处"),
    ("zone", "开发区", "zone", "", ""),
)

DUTIES = _words(
    ("emergency", "急救", "emergency", "", "院前急救"),
    ("transfer", "非急救转运", "transfer", "", "转运"),
    ("reserve", "备用", "reserve", "", ""),
)

PUBLIC_PLACES = _words(
    ("station", "交通枢纽", "passenger station", "", "车站|客运站"),
    ("school", "学校", "school", "", ""),
    ("market", "商场超市", "market", "", "超市|商场"),
    ("sports", "体育场馆", "sports venue", "", ""),
    ("culture", "文化场馆", "cultural venue", "", "景区"),
    ("government", "政务场所", "government office", "", "行政服务中心"),
    ("medical", "医疗机构", "medical site", "", ""),
    ("other", "其他公共场所", "other public place", "", ""),
)

ROAD_CLASSES = _words(
    ("motorway", "高速公路", "motorway", "", ""),
    ("motorway_link", "高速匝道", "motorway link", "", ""),
    ("trunk", "快速路", "trunk", "", ""),
    ("trunk_link", "快速路匝道", "trunk link", "", ""),
    ("primary", "主干路", "primary", "", ""),
    ("primary_link", "主干路匝道", "primary link", "", ""),
    ("secondary", "次干路", "secondary", "", ""),
    ("secondary_link", "次干路匝道", "secondary link", "", ""),
    ("tertiary", "支路", "tertiary", "", ""),
    ("tertiary_link", "支路匝道", "tertiary link", "", ""),
    ("unclassified", "乡村道路", "unclassified", "", ""),
    ("residential", "居住区道路", "residential", "", ""),
    ("living_street", "生活街道", "living street", "", ""),
    ("service", "内部道路", "service", "", ""),
    ("track", "机耕路", "track", "", ""),
    ("pedestrian", "步行街", "pedestrian", "", ""),
    ("footway", "人行道", "footway", "", ""),
    ("path", "小径", "path", "", ""),
    ("steps", "台阶", "steps", "", ""),
    ("cycleway", "自行车道", "cycleway", "", ""),
)
"""Road classes in the order of their codes in a network: `list(ROAD_CLASSES)[network.edge_class[i]]`."""

PROFILES = _words(
    ("drive", "驾车", "driving", "", ""),
    ("ambulance", "急救车", "ambulance", "", ""),
    ("ambulance_siren", "急救车（鸣笛）", "ambulance with siren", "", ""),
    ("walk", "步行", "walking", "", ""),
    ("e_bike", "电动自行车", "e-bike", "", ""),
)

MODES = _words(
    ("drive", "驾车", "driving", "", "机动车|car"),
    ("walk", "步行", "walking", "", "foot"),
    ("cycle", "骑行", "cycling", "", "非机动车|bicycle|bike"),
)
"""Which part of the road network a speed profile uses."""

STRENGTHS = _words(
    ("must", "约束", "must", "", ""),
    ("strive", "力争", "strive", "", ""),
    ("encourage", "鼓励", "encourage", "", ""),
)

VERDICTS = _words(
    ("met", "达标", "met", "", ""),
    ("not_met", "未达标", "not met", "", ""),
    ("measured", "已测算（原文未设限值）", "measured, the text sets no limit", "", ""),
    ("no_data", "无数据", "no data", "", ""),
)

CAUSES = _words(
    ("too_far", "距离过远", "too far", "", ""),
    ("not_connected", "道路不连通", "not connected", "", ""),
    ("off_network", "远离道路网", "off the road network", "", ""),
    ("none_of_kind", "无此类设施", "none of that kind", "", ""),
    ("too_few", "数量不足", "too few", "", ""),
)
"""Why a place or an area stands in the gap list."""

UNITS = _words(
    ("min", "分钟", "min", "", ""),
    ("km", "公里", "km", "", ""),
    ("people", "人", "people", "", ""),
    ("vehicle", "辆", "vehicle", "", ""),
    ("device", "台", "device", "", ""),
    ("facility", "个", "facility", "", ""),
    ("bed", "张", "bed", "", ""),
    ("share_people", "人口比例", "share of people", "", ""),
    ("share_vehicles", "车辆比例", "share of vehicles", "", ""),
    ("share_devices", "设备比例", "share of devices", "", ""),
    ("share_facilities", "设施比例", "share of facilities", "", ""),
    ("share_beds", "床位比例", "share of beds", "", ""),
)
"""What figures are counted in, and the Chinese measure words for counts."""


def worst_quality(qualities: Iterable[str]) -> str:
    """Return the weakest quality of several: what rests on one illustrative record is illustrative.

    Examples
    --------
    >>> worst_quality(["official", "illustrative", "measured"])
    'illustrative'
    >>> worst_quality([])
    'official'
    """
    order = list(QUALITIES)
    return max(qualities, key=order.index, default=order[0])
