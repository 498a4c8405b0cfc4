"""Base maps from the internet, as the page offers them; none is asked for anything until a reader switches it on."""

from __future__ import annotations

from coverplan.outputs.maps.layers import Data
from coverplan.outputs.phrases import both

TILES: tuple[Data, ...] = (
    {
        "id": "osm",
        "title": both("OpenStreetMap", "OpenStreetMap"),
        "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "hosts": "",
        "datum": "wgs84",
        "credit": "© OpenStreetMap contributors, ODbL",
        "max_zoom": 19,
        "key": False,
    },
    {
        "id": "tianditu",
        "title": both("天地图（需密钥）", "Tianditu (needs a key)"),
        "url": "https://t{s}.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec"
        "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}",
        "names": "https://t{s}.tianditu.gov.cn/cva_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=cva"
        "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}",
        "hosts": "01234567",
        "datum": "wgs84",
        "credit": "天地图 Tianditu",
        "max_zoom": 18,
        "key": True,
    },
    {
        "id": "amap",
        "title": both("高德地图（GCJ-02，已纠偏）", "AMap (GCJ-02, shifted into place)"),
        "url": "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",
        "hosts": "1234",
        "datum": "gcj02",
        "credit": "高德地图 AMap",
        "max_zoom": 18,
        "key": False,
    },
)
"""The base maps: address, servers, and the datum their pictures are drawn in. AMap's are shifted by the page, so that
they lie under the study's WGS-84 data."""
