"""How QGIS draws the layers: styles in its own form, kept in the GeoPackage, so that nothing has to be set up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from coverplan.core.words import KINDS
from coverplan.outputs.gis.layers import ResultLayer
from coverplan.outputs.phrases import status

_STATUS_COLOURS = {"met": "#7fb77e", "not_met": "#d9705f", "measured": "#f0d48a", "no_data": "#d9d9d9"}
_GROUP_COLOURS = {
    "ems": "#c8102e", "care": "#1f5fa8", "public_health": "#5b8c5a", "support": "#8a6d3b", "reserve": "#7a5195",
    "social": "#d98c2b", "site": "#888888",
}  # fmt: skip
_GROUPS = {
    "ems": "急救站点 ambulance bases", "care": "医疗机构 care", "public_health": "公共卫生 public health",
    "support": "保障 support", "reserve": "储备 reserve", "social": "社会服务 social", "site": "用地 sites",
}  # fmt: skip
_WIDE_ROADS = {"motorway": 1.0, "trunk": 0.9, "primary": 0.7, "secondary": 0.5, "tertiary": 0.35}


@dataclass(frozen=True, kw_only=True)
class Style:
    """A style of a layer, as QGIS keeps it."""

    name: str
    qml: str
    is_default: bool


def styles(layer: ResultLayer) -> tuple[Style, ...]:
    """Return the styles of a layer; towns and people have one for every rule, the first of which is the default."""
    if layer.name in {"areas", "people"} and layer.verdict_columns:
        draw = _town_style if layer.name == "areas" else _people_style
        return tuple(
            Style(name=f"{title['zh']} {title['en']}", qml=draw(column), is_default=i == 0)
            for i, (column, title) in enumerate(layer.verdict_columns)
        )
    one = {
        "areas": _plain_areas,
        "gaps": _gap_style,
        "facilities": _facility_style,
        "aeds": _aed_style,
        "roads": _road_style,
        "service_areas": _service_style,
    }.get(layer.name)
    return () if one is None else (Style(name=layer.title["en"], qml=one(), is_default=True),)


@dataclass(frozen=True, kw_only=True)
class _Class:
    """A class of a legend: the rule that finds its features, what it is called, and its symbol layer."""

    rule: str
    label: str
    symbol: str


def _town_style(column: str) -> str:
    told = {name: status(name) for name in _STATUS_COLOURS}
    classes = [
        _Class(rule=f"\"{column}\" = '{name}'", label=f"{told[name]['zh']} {told[name]['en']}", symbol=_fill(colour))
        for name, colour in _STATUS_COLOURS.items()
    ]
    return _qml("fill", classes, label_field="name")


def _people_style(column: str) -> str:
    size = 'scale_linear(sqrt("people"), 0, 100, 0.6, 3)'
    return _qml(
        "marker",
        [
            _Class(rule=f'"{column}"', label="限内 within", symbol=_dot("#4d9078", sized=size, edge="#ffffff")),
            _Class(rule=f'NOT "{column}"', label="限外 outside", symbol=_dot("#c8102e", sized=size, edge="#ffffff")),
        ],
    )


def _plain_areas() -> str:
    return _qml("fill", [_Class(rule="", label="镇街 towns", symbol=_fill("#eef3ee"))], label_field="name")


def _gap_style() -> str:
    size = 'scale_linear(sqrt(coalesce("people", 1)), 0, 80, 1.6, 7)'
    labels = {
        "too_far": ("距离过远 too far", "#d9705f"), "not_connected": ("道路不连通 not connected", "#7a5195"),
        "off_network": ("远离道路网 off the road network", "#4b4b4b"),
    }  # fmt: skip
    classes = [
        _Class(rule=f"\"cause\" = '{name}'", label=label, symbol=_dot(colour, sized=size))
        for name, (label, colour) in labels.items()
    ]
    return _qml("marker", [*classes, _Class(rule="ELSE", label="其他 other", symbol=_dot("#d98c2b", sized=size))])


def _facility_style() -> str:
    classes = []
    for group, label in _GROUPS.items():
        kinds = ", ".join(f"'{kind}'" for kind, word in KINDS.items() if word.group == group)
        shape = "triangle" if group == "ems" else "square" if group == "care" else "circle"
        symbol = _dot(
            _GROUP_COLOURS[group], size="2.6" if group in {"ems", "care"} else "1.8", shape=shape, edge="#ffffff"
        )
        classes.append(_Class(rule=f'"kind" IN ({kinds})', label=label, symbol=symbol))
    return _qml("marker", classes)


def _aed_style() -> str:
    return _qml("marker", [_Class(rule="", label="AED", symbol=_dot("#2e8b57", shape="diamond", edge="#ffffff"))])


def _road_style() -> str:
    classes = [
        _Class(rule=f"\"road_class\" IN ('{name}', '{name}_link')", label=name, symbol=_line(width))
        for name, width in _WIDE_ROADS.items()
    ]
    return _qml("line", [*classes, _Class(rule="ELSE", label="其他 other", symbol=_line(0.15))])


def _service_style() -> str:
    return _qml(
        "fill", [_Class(rule="", label="服务范围 service area", symbol=_fill("#4d9078", opacity=70, edge="#4d9078"))]
    )


def _rgb(colour: str, opacity: int = 255) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{opacity}"


def _options(values: dict[str, str]) -> str:
    listed = "".join(f'<Option type="QString" name={quoteattr(k)} value={quoteattr(v)}/>' for k, v in values.items())
    return f'<Option type="Map">{listed}</Option>'


def _layer(kind: str, values: dict[str, str], *, sized: str = "") -> str:
    driven = ""
    if sized:
        driven = (
            '<data_defined_properties><Option type="Map"><Option type="QString" name="name" value=""/>'
            '<Option type="Map" name="properties"><Option type="Map" name="size">'
            '<Option type="bool" name="active" value="true"/>'
            f'<Option type="QString" name="expression" value={quoteattr(sized)}/>'
            '<Option type="int" name="type" value="3"/></Option></Option>'
            '<Option type="QString" name="type" value="collection"/></Option></data_defined_properties>'
        )
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0">{_options(values)}{driven}</layer>'


def _fill(colour: str, *, opacity: int = 200, edge: str = "#777777") -> str:
    return _layer(
        "SimpleFill",
        {"color": _rgb(colour, opacity), "outline_color": _rgb(edge), "outline_width": "0.2", "style": "solid"},
    )


def _dot(colour: str, *, size: str = "2", shape: str = "circle", edge: str = "#333333", sized: str = "") -> str:
    looks = {
        "name": shape,
        "color": _rgb(colour, 220),
        "outline_color": _rgb(edge),
        "outline_width": "0.1",
        "size": size,
    }
    return _layer("SimpleMarker", looks, sized=sized)


def _line(width: float) -> str:
    return _layer("SimpleLine", {"line_color": _rgb("#8c8c8c"), "line_width": f"{width}", "capstyle": "round"})


def _qml(kind: str, classes: Sequence[_Class], *, label_field: str = "") -> str:
    """Write a rule-based style; with a field, features are labelled with it."""
    rules = "".join(
        f'<rule key="{{{i}}}" symbol="{i}" label={quoteattr(one.label)}'
        + (f" filter={quoteattr(one.rule)}" if one.rule else "")
        + "/>"
        for i, one in enumerate(classes)
    )
    symbols = "".join(
        f'<symbol type="{kind}" name="{i}" alpha="1" clip_to_extent="1" force_rhr="0">{one.symbol}</symbol>'
        for i, one in enumerate(classes)
    )
    labels = "".join(_labels(label_field)) if label_field else ""
    enabled = "1" if label_field else "0"
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="{enabled}">'
        f'<renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0"><rules key="{{root}}">{rules}</rules>'
        f"<symbols>{symbols}</symbols></renderer-v2>{labels}</qgis>"
    )


def _labels(field: str) -> Iterable[str]:
    yield '<labeling type="simple"><settings calloutType="simple">'
    yield f'<text-style fieldName="{field}" isExpression="0" fontSize="9" fontFamily="Microsoft YaHei"'
    yield ' textColor="60,60,60,255" fontSizeUnit="Point"><text-buffer bufferDraw="1" bufferSize="0.8"'
    yield ' bufferColor="255,255,255,200"/></text-style><placement placement="1"/></settings></labeling>'
