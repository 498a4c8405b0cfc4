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
    ("elder_home", "养老机构", "elderly-care home", "social", "养老院|敬老院"),
    ("elder_station", "居家养老服务站", "elderly-care station", "social", "居家社区养老服务站"),
    ("childcare", "托育机构", "childcare institution", "social", "托育服务机构|托幼机构"),
    ("pharmacy", "药店", "pharmacy", "social", "零售药店"),
    ("health_point", "健康服务点", "health service point", "social", "卫生健康服务站点|健康小屋"),
    ("sentinel_point", "监测哨点", "monitoring point", "public_health", "鹰眼监测哨点"),
    ("health_hall", "健康教育科普馆", "health education hall", "public_health", "科普馆"),
    ("command_centre", "公共卫生应急指挥中心", "public-health command centre", "public_health", "应急指挥中心"),
    ("supply_store", "应急物资储备中心", "emergency supplies store", "support", "公共卫生应急储备中心"),
    ("tcm_pharmacy", "中药饮片供应中心", "herbal medicine supply centre", "support", "共享中药房"),
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
    ("county", "县市区", "county", "", "县级市|市辖区"),
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

SERVICES = _words(
    ("fever_clinic", "发热门诊", "fever clinic", "", ""),
    ("fever_room", "发热诊室", "fever consulting room", "", "发热哨点诊室|发热（哨点）诊室"),
    ("observation_room", "留观室", "observation room", "", "观察室"),
    ("respiratory_clinic", "呼吸门诊", "respiratory clinic", "", ""),
    ("enteric_clinic", "肠道门诊", "enteric clinic", "", ""),
    ("ct", "独立CT", "CT of its own", "", "CT"),
    ("nat_lab", "核酸检测实验室", "nucleic-acid laboratory", "", "PCR实验室"),
    ("mobile_pcr", "移动PCR方舱实验室", "mobile PCR cabin", "", ""),
    ("p2_lab", "加强型P2实验室", "enhanced P2 laboratory", "", "P2实验室"),
    ("p3_lab", "P3实验室", "P3 laboratory", "", ""),
    ("icu", "重症病房", "intensive-care ward", "", "重症病区|ICU"),
    ("infectious_department", "感染科", "infectious-disease department", "", ""),
    ("infectious_ward", "传染病区", "infectious-disease ward", "", "传染病救治病区"),
    ("chest_pain_centre", "胸痛中心", "chest-pain centre", "", ""),
    ("stroke_centre", "卒中中心", "stroke centre", "", ""),
    ("trauma_centre", "创伤中心", "trauma centre", "", ""),
    ("respiratory_centre", "呼吸诊疗中心", "respiratory centre", "", "呼吸学科"),
    ("critical_maternal_centre", "危重孕产妇救治中心", "critical maternal centre", "", ""),
    ("critical_newborn_centre", "危重新生儿救治中心", "critical newborn centre", "", ""),
    ("geriatrics", "老年医学科", "geriatrics", "", ""),
    ("rehabilitation", "康复医学科", "rehabilitation", "", "社区康复中心"),
    ("dialysis", "血液透析", "dialysis", "", "血透"),
    ("hospice", "安宁疗护", "hospice care", "", ""),
    ("vaccination", "预防接种门诊", "vaccination clinic", "", ""),
    ("family_beds", "家庭病床", "family beds", "", ""),
    ("weekend_clinic", "周末门诊", "weekend clinic", "", ""),
    ("night_clinic", "夜间门诊", "night clinic", "", "夜间便民门诊"),
    ("insured", "医保定点", "admitted to health insurance", "", ""),
    ("village_doctor", "村医", "village doctor", "", ""),
    ("attending_doctor", "主治医师常年服务", "attending doctor all year round", "", ""),
    ("medical_contract", "签约医疗服务", "contract with a medical institution", "", "签约合作"),
    ("own_clinic", "内设医疗机构", "medical room of its own", "", "卫生室|医务室"),
    ("green_channel", "转诊绿色通道", "fast referral channel", "", ""),
    ("community_hospital", "社区医院", "community hospital", "", ""),
    ("central_township", "乡镇中心卫生院", "central township hospital", "", "中心卫生院"),
    ("general_hospital", "综合医院", "general hospital", "", ""),
    ("level_2_standard", "达到二级医院标准", "at the standard of a level-2 hospital", "", ""),
    ("ems_base", "急救站点", "emergency base", "", ""),
    ("decontamination", "洗消设施", "decontamination facility", "", ""),
    ("chronic_centre", "慢病管理中心", "chronic-disease centre", "", ""),
    ("chronic_point", "慢病管理点", "chronic-disease point", "", ""),
    ("tcm_hall", "精品中医馆", "TCM hall", "", "中医馆"),
    ("tcm_model_site", "中医药先进示范点", "TCM model site", "", ""),
    ("feature_department", "特色科室", "feature department", "", ""),
    ("public_health_building", "公共卫生综合业务用楼", "public-health building", "", ""),
    ("self_service", "自助式健康设备", "self-service health devices", "", ""),
    ("committee", "公共卫生委员会", "public-health committee", "", ""),
)
"""What a facility has or does, beyond its kind; a rule pack may declare further words of its own."""

STANDARD_LEVELS = _words(
    ("none", "未达标准", "below the basic standard", "", ""),
    ("basic", "国家基本标准", "national basic standard", "", "基本标准"),
    ("recommended", "国家推荐标准", "national recommended standard", "", "推荐标准"),
)

READINESS = _words(
    ("in_use", "常态化使用", "in use", "", ""),
    ("at_once", "第一时间启用", "at once", "", ""),
    ("convertible", "短时间改造", "after a short conversion", "", ""),
)

PLACE_KINDS = _words(
    ("village", "行政村", "administrative village", "", "村|村委会"),
    ("community", "社区", "community", "", "居委会"),
)

ZONE_KINDS = _words(
    ("service_area", "服务区域", "service area", "", "急救分中心服务区域"),
    ("district", "片区", "part of the county", "", ""),
    ("park", "产业园", "park", "", ""),
    ("estate", "住宅小区", "housing estate", "", "小区"),
    ("fringe", "城乡结合部", "urban fringe", "", ""),
    ("grid_cell", "网格", "grid cell", "", ""),
    ("parcel", "地块", "parcel of land", "", "医疗用地"),
    ("village", "村界", "village boundary", "", ""),
    ("water", "水域", "water", "", "河流|湖泊|水库|海域"),
)

INDICATORS = _words(
    ("beds", "医疗机构床位数", "beds of all medical institutions", "bed", "床位数"),
    ("hospital_beds", "医院床位数", "hospital beds", "bed", ""),
    ("private_beds", "社会办医床位数", "beds of private institutions", "bed", ""),
    ("tcm_beds", "中医类医院床位数", "beds of TCM hospitals", "bed", ""),
    ("elder_care_beds", "医养结合床位数", "beds for elderly care with medical service", "bed", ""),
    ("staff", "卫生技术人员数", "health staff", "person", "卫技人员数"),
    ("established_staff", "在编卫技人员数", "established health staff", "person", ""),
    ("physicians", "执业（助理）医师数", "physicians", "person", "执业医师数"),
    ("nurses", "注册护士数", "registered nurses", "person", "执业护士数"),
    ("cdc_staff", "疾控人员数", "CDC staff", "person", ""),
    ("ph_staff", "公共卫生人员数", "public-health staff", "person", "公卫科人员数"),
    ("ph_physicians", "公共卫生医师数", "public-health physicians", "person", ""),
    ("gps", "全科医生数", "general practitioners", "person", ""),
    ("gps_primary", "乡村两级全科医师数", "general practitioners in townships and villages", "person", ""),
    ("tcm_physicians", "中医类别执业（助理）医师数", "TCM physicians", "person", ""),
    ("village_doctors", "村医数", "village doctors", "person", ""),
    ("first_aiders", "救护员数", "trained first-aiders", "person", ""),
    ("childcare_places", "3岁以下婴幼儿托位数", "childcare places for children under 3", "place", "托位数"),
    ("nat_capacity", "核酸日检测能力（管）", "nucleic-acid tests a day, in tubes", "tube", ""),
    ("isolation_rooms", "集中医学观察房间数", "isolation rooms", "room", ""),
)
"""Figures of the county's statistics; `group` is the unit. A rule pack may declare further ones of its own."""

SYSTEMS = _words(
    ("circle", "15分钟医疗卫生服务圈", "15-minute medical circle", "", ""),
    ("emergency", "院前急救网络", "emergency network", "", ""),
    ("vehicles", "救护车", "ambulances", "", ""),
    ("aeds", "自动体外除颤仪", "AEDs", "", ""),
    ("decontamination", "洗消中心", "decontamination", "", ""),
    ("epidemic", "方舱、隔离与检测", "makeshift hospital, isolation and testing", "", ""),
    ("fever", "发热门诊与哨点", "fever clinics and sentinel rooms", "", ""),
    ("communities", "医共体与转诊", "medical communities and referral", "", ""),
    ("subcentres", "片区医疗次中心", "medical sub-centres", "", ""),
    ("critical_care", "急危重症救治", "critical care", "", ""),
    ("primary", "基层医疗卫生", "primary care", "", ""),
    ("resources", "床位与人员", "beds and staff", "", ""),
    ("childcare", "托育", "childcare", "", ""),
    ("elderly", "医养结合", "elderly care", "", ""),
    ("groups", "重点人群", "vulnerable groups", "", ""),
    ("public_health", "公共卫生", "public health", "", ""),
    ("tcm", "中医药", "traditional medicine", "", ""),
    ("projects", "重点项目", "key projects", "", ""),
    ("other", "其他", "other", "", ""),
)
"""The systems of the plans, by which results are told together."""

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
    ("too_many", "数量超出", "too many", "", ""),
    ("none_here", "区内没有", "none here", "", ""),
    ("lacks", "未具备条件", "does not have what is asked for", "", ""),
    ("outside", "不在指定范围", "not where it should be", "", ""),
    ("other_hub", "非最近归属", "assigned to another than the nearest", "", ""),
    ("off_target", "指标未达到", "figure off its target", "", ""),
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
    ("person", "人", "person", "", ""),
    ("place", "个", "place", "", ""),
    ("room", "间", "room", "", ""),
    ("tube", "管", "tube", "", ""),
    ("sample", "份", "sample", "", ""),
    ("laboratory", "个", "laboratory", "", ""),
    ("project", "个", "project", "", ""),
    ("unit", "个", "unit", "", ""),
    ("village", "个", "village", "", ""),
    ("area", "个", "area", "", ""),
    ("zone", "个", "zone", "", ""),
    ("100m_cny", "亿元", "hundred million yuan", "", ""),
    ("percent", "%", "%", "", ""),
    ("points", "个百分点", "percentage point", "", ""),
    ("times", "倍", "times", "", ""),
    ("per_1000", "每千人", "per 1,000 people", "", ""),
    ("per_10000", "每万人", "per 10,000 people", "", ""),
    ("share_people", "人口比例", "share of people", "", ""),
    ("share_vehicles", "车辆比例", "share of vehicles", "", ""),
    ("share_devices", "设备比例", "share of devices", "", ""),
    ("share_facilities", "设施比例", "share of facilities", "", ""),
    ("share_beds", "床位比例", "share of beds", "", ""),
    ("share_persons", "人员比例", "share of persons", "", ""),
    ("share_places", "村社比例", "share of villages and communities", "", ""),
    ("share_area", "面积比例", "share of the area", "", ""),
    ("share_units", "比例", "share", "", ""),
    ("share_rooms", "房间比例", "share of rooms", "", ""),
    ("share_projects", "项目比例", "share of projects", "", ""),
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
