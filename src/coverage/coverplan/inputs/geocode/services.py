"""The map services as geopy knows them: Nominatim and Baidu are geopy's own, AMap and Tianditu are added here.

Each asks as its documentation says and turns the service's refusals into geopy's errors. What an answer means (datum,
precision, score) is told by `providers`.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderRateLimited,
    GeocoderServiceError,
)
from geopy.geocoders import BaiduV3, Nominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

_BAIDU_BYTES = 84
"""Baidu reads no more of an address than this, in UTF-8."""

_AMAP_KEY = frozenset(
    {"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10011", "10012", "10013", "10026"}
)
_AMAP_SLOW_DOWN = frozenset({"10004", "10014", "10019", "10020", "10021"})
_AMAP_USED_UP = frozenset({"10003", "10010", "10029", "10044", "10045", "40000", "40002"})
_AMAP_QUESTION = frozenset({"20000", "20001", "20002", "20011", "20012"})
_AMAP_NOT_FOUND = "30001"

_TIANDITU_NOT_FOUND = frozenset({"101", "404"})
_BAIDU_NOT_FOUND = "无相关结果"
"""Baidu calls this an internal error, with status 1."""
_BAIDU_SLOW_DOWN = frozenset({401})


class AMap(Geocoder):
    """AMap (高德) web service, geocoding v3. Coordinates are GCJ-02."""

    def __init__(self, api_key: str, *, url: str, **settings: Any) -> None:
        super().__init__(scheme=url.partition(":")[0], **settings)
        self._key = api_key
        self._url = f"{url}/v3/geocode/geo"

    def geocode(self, query: str, *, exactly_one: bool = True, city: str = "", timeout: Any = DEFAULT_SENTINEL) -> Any:
        """Ask where an address is; None when the service does not know."""
        params = {"key": self._key, "address": query, "output": "JSON"} | ({"city": city} if city else {})
        return self._call_geocoder(f"{self._url}?{urlencode(params)}", partial(_amap, exactly_one), timeout=timeout)


def _amap(exactly_one: bool, page: Any) -> Any:
    page = _object(page)
    if str(page.get("status")) != "1":
        _refuse_amap(str(page.get("infocode", "")), str(page.get("info", "")))
        return None
    places = page.get("geocodes")
    if not isinstance(places, list):
        raise GeocoderParseError("the answer has no geocodes")
    found = []
    for place in places:
        # AMap writes an empty list where it has no text.
        lon, _, lat = str(_object(place).get("location") or "").partition(",")
        if lat:
            found.append(_location(place.get("formatted_address") or "", lat, lon, place))
    return _one_or_all(found, exactly_one)


def _refuse_amap(code: str, info: str) -> None:
    if code == _AMAP_NOT_FOUND:
        return
    text = f"{info} ({code})"
    if code in _AMAP_KEY:
        raise GeocoderAuthenticationFailure(text)
    if code in _AMAP_SLOW_DOWN:
        raise GeocoderRateLimited(text)
    if code in _AMAP_USED_UP:
        raise GeocoderQuotaExceeded(text)
    if code in _AMAP_QUESTION:
        raise GeocoderQueryError(text)
    raise GeocoderServiceError(text)


class Tianditu(Geocoder):
    """Tianditu (天地图), the national map service. Coordinates are CGCS2000, which is WGS-84 within a metre."""

    def __init__(self, api_key: str, *, url: str, **settings: Any) -> None:
        super().__init__(scheme=url.partition(":")[0], **settings)
        self._key = api_key
        self._url = f"{url}/geocoder"

    def geocode(self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL) -> Any:
        """Ask where an address is; None when the service does not know."""
        params = {"ds": json.dumps({"keyWord": query}, ensure_ascii=False), "tk": self._key}
        return self._call_geocoder(f"{self._url}?{urlencode(params)}", partial(_tianditu, exactly_one), timeout=timeout)

    def _geocoder_exception_handler(self, error: Any) -> None:
        """Read the refusals that Tianditu sends with HTTP 400 and 403."""
        try:
            page = json.loads(getattr(error, "text", None) or "")
        except ValueError:
            return
        if isinstance(page, dict) and "code" in page:
            _refuse_tianditu(page)


def _tianditu(exactly_one: bool, page: Any) -> Any:
    page = _object(page)
    status = str(page.get("status", ""))
    if status in _TIANDITU_NOT_FOUND:
        return None
    if status != "0":
        _refuse_tianditu(page)
    place = page.get("location")
    if not place:
        return None
    place = _object(place)
    return _one_or_all([_location(place.get("keyWord") or "", place.get("lat"), place.get("lon"), place)], exactly_one)


def _refuse_tianditu(page: dict[str, Any]) -> None:
    text = f"{page.get('msg') or page.get('message') or 'refused'} ({page.get('code', page.get('status'))})"
    if any(word in text for word in ("上限", "超限", "配额", "次数", "频")):
        raise GeocoderQuotaExceeded(text)
    if any(word in text.casefold() for word in ("key", "权限", "域名", "ip")) or page.get("code") == 308011:
        raise GeocoderAuthenticationFailure(text)
    raise GeocoderServiceError(text)


class Baidu(BaiduV3):
    """Baidu (百度) geocoding v3 as geopy has it, with a base address, a datum and answers taken with care."""

    def __init__(self, api_key: str, *, url: str, coordtype: str = "bd09ll", **settings: Any) -> None:
        super().__init__(api_key, scheme=url.partition(":")[0], **settings)
        self.api = f"{url}{self.api_path}"
        self._coordtype = coordtype

    def _construct_url(self, url: str, path: str, params: dict[str, str]) -> str:
        address = params["address"].encode()[:_BAIDU_BYTES].decode(errors="ignore")
        return super()._construct_url(url, path, params | {"address": address, "ret_coordtype": self._coordtype})

    def _parse_json(self, page: Any, exactly_one: bool = True) -> Any:
        page = _object(page)
        place = page.get("result")
        if page.get("status") == 1 and _BAIDU_NOT_FOUND in str(page.get("msg") or page.get("message") or ""):
            return None
        if not place:
            self._check_status(page.get("status"))
            return None
        place = _object(place)
        point = _object(place.get("location"))
        return _one_or_all(
            [_location(place.get("level") or "", point.get("lat"), point.get("lng"), place)], exactly_one
        )

    def _check_status(self, status: Any) -> None:
        if not isinstance(status, int):
            raise GeocoderParseError("the answer has no status")
        if status in _BAIDU_SLOW_DOWN:
            raise GeocoderRateLimited(f"too many at once ({status})")
        try:
            super()._check_status(status)
        except GeocoderServiceError as error:
            told = f"{error} ({status})"
            kind = GeocoderAuthenticationFailure if status == 5 else type(error)
        else:
            return
        raise kind(told)


class CalmNominatim(Nominatim):
    """Nominatim as geopy has it, with a base address and answers taken with care."""

    def __init__(self, *, url: str, **settings: Any) -> None:
        scheme, _, domain = url.partition("://")
        super().__init__(domain=domain, scheme=scheme, **settings)

    def _parse_json(self, places: Any, exactly_one: bool) -> Any:
        if not places:
            return None
        if isinstance(places, dict) and places.get("error"):
            raise GeocoderServiceError("Nominatim reports an error")
        if not isinstance(places, list):
            raise GeocoderParseError("the answer is not a list")
        found = [_location(p.get("display_name") or "", p.get("lat"), p.get("lon"), p) for p in map(_object, places)]
        return _one_or_all(found, exactly_one)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise GeocoderParseError("the answer has another form than documented")
    return value


def _location(label: object, lat: object, lon: object, raw: dict[str, Any]) -> Location:
    try:
        point = float(str(lat)), float(str(lon))
    except ValueError:
        point = (float("nan"),) * 2
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise GeocoderParseError("the answer has no usable coordinates")
    return Location(str(label), point, raw)


def _one_or_all(found: list[Location], exactly_one: bool) -> Any:
    if not found:
        return None
    return found[0] if exactly_one else found
