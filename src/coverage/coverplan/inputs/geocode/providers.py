"""The online providers: what each answers and what that is worth, asked slowly, patiently and without telling the key.

Keys come from the environment only: `COVERPLAN_AMAP_KEY`, `COVERPLAN_BAIDU_KEY`, `COVERPLAN_TIANDITU_KEY`, or the
variable that the config names. Nominatim needs none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderRateLimited,
    GeopyError,
)

from coverplan import __version__
from coverplan.core.datum import to_wgs84
from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.inputs.geocode.services import AMap, Baidu, CalmNominatim, Tianditu
from coverplan.inputs.geocode.web import STAND_IN, Secret, adapter_for

_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Where a provider says a place is: WGS-84 degrees, precision, a score from 0 to 1, and what it says about it.

    `precision` is rooftop, street, village, town, or empty for anything coarser. `areas` are the codes and names of the
    districts it lies in, as far as the provider tells.
    """

    lon: float
    lat: float
    precision: str
    score: float
    label: str
    areas: tuple[str, ...]


class ProviderError(Exception):
    """A provider that did not answer the question; the text holds neither key nor address.

    `kind` is one of key (refused for good), quota (no more today), question (this one is not accepted), answer (broken)
    and silence (not reached, too slow, or failing, after all tries).
    """

    def __init__(self, provider: str, kind: str, text: str) -> None:
        self.kind = kind
        super().__init__(f"{provider}: {text}")

    @property
    def final(self) -> bool:
        """Whether asking for other places is of no use either."""
        return self.kind in {"key", "quota"}


@dataclass(frozen=True, kw_only=True)
class _Service:
    """What is particular about one service."""

    url: str
    datum: str
    delay_s: float
    key_env: str
    make: Callable[..., Any]
    levels: Mapping[str, str]
    unknown_level: str
    score: Callable[[Mapping[str, Any]], float]
    areas: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda raw: ()


def _levels(**groups: str) -> dict[str, str]:
    return {level: precision for precision, levels in groups.items() for level in levels.split()}


_ROOFTOP_WORDS = (
    "门牌号 门址 单元号 楼层 房间 兴趣点 公交站台、地铁站 公交地铁站点 住宅区 地产小区 商务大厦 政府机构 医疗 教育"
)
_AMAP_LEVELS = _levels(
    rooftop=_ROOFTOP_WORDS, street="道路 道路交叉路口 小巷 热点商圈", village="村庄", town="乡镇 开发区"
)
_AMAP_LEVELS |= dict.fromkeys(("国家", "省", "市", "区县"), "")
_BAIDU_LEVELS = _levels(
    rooftop=_ROOFTOP_WORDS + " 生活服务 休闲娱乐 餐饮 宾馆 购物 金融 旅游景点 汽车服务 火车站 长途汽车站 加油站 飞机场",
    street="道路 交叉路口 商圈 桥 停车场 工业园区 绿地",
    village="村庄",
    town="乡镇",
) | dict.fromkeys(("UNKNOWN", "国家", "省", "城市", "区县"), "")
_TIANDITU_LEVELS = _levels(
    rooftop="门址 门牌号 兴趣点 地名地址 POI poi",
    street="道路 道路交叉路口",
    village="村 村庄 社区",
    town="乡镇 镇 街道",
) | dict.fromkeys(("国家", "省", "市", "区县", "县"), "")
_OSM_LEVELS = _levels(
    rooftop="building house amenity healthcare office shop emergency",
    street="road highway neighbourhood quarter residential",
    village="village hamlet isolated_dwelling locality",
    town="town suburb city_district borough township subdistrict",
) | dict.fromkeys(("country", "state", "province", "city", "county", "municipality", "region"), "")


def _percent(name: str) -> Callable[[Mapping[str, Any]], float]:
    """Read a score that a service gives in per cent; one that it leaves out counts as middling."""

    def read(raw: Mapping[str, Any]) -> float:
        value = raw.get(name)
        return 0.7 if value is None else min(max(float(value) / 100, 0.0), 1.0)

    return read


def _fixed(value: float) -> Callable[[Mapping[str, Any]], float]:
    """Give the score of a service that tells none."""
    return lambda raw: value


def _amap_areas(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(raw[name]) for name in ("adcode", "district") if raw.get(name))


def _osm_areas(raw: Mapping[str, Any]) -> tuple[str, ...]:
    address = raw.get("address")
    names = ("county", "district", "city_district", "city", "municipality", "town", "state_district")
    return tuple(str(address[name]) for name in names if address.get(name)) if isinstance(address, dict) else ()


_SERVICES = {
    "nominatim": _Service(
        url="https://nominatim.openstreetmap.org",
        datum="wgs84",
        delay_s=1.1,
        key_env="",
        make=CalmNominatim,
        levels=_OSM_LEVELS,
        unknown_level="street",
        score=_fixed(0.8),
        areas=_osm_areas,
    ),
    "tianditu": _Service(
        url="https://api.tianditu.gov.cn",
        datum="wgs84",
        delay_s=0.4,
        key_env="COVERPLAN_TIANDITU_KEY",
        make=Tianditu,
        levels=_TIANDITU_LEVELS,
        unknown_level="street",
        score=_percent("score"),
    ),
    "amap": _Service(
        url="https://restapi.amap.com",
        datum="gcj02",
        delay_s=0.4,
        key_env="COVERPLAN_AMAP_KEY",
        make=AMap,
        levels=_AMAP_LEVELS,
        unknown_level="",
        score=_fixed(0.9),
        areas=_amap_areas,
    ),
    "baidu": _Service(
        url="https://api.map.baidu.com",
        datum="bd09",
        delay_s=0.4,
        key_env="COVERPLAN_BAIDU_KEY",
        make=Baidu,
        levels=_BAIDU_LEVELS,
        unknown_level="street",
        score=_percent("comprehension"),
    ),
}
PROVIDERS = tuple(_SERVICES)
"""The services that can be asked."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An online service, ready to be asked; make one with `make_provider`.

    Attributes
    ----------
    name
        One of `PROVIDERS`.
    delay_s
        Least time between two questions, in seconds.
    timeout_s
        Most time for one whole answer, in seconds.
    tries
        How often a question is put when the service is silent or asks to slow down; the pause doubles each time.
    """

    name: str
    delay_s: float
    timeout_s: float
    datum: str
    tries: int
    pause_s: float
    key: Secret
    geocoder: Any = field(repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    _last: list[float] = field(default_factory=list, repr=False)

    def ask(self, question: str) -> tuple[Answer, ...]:
        """Ask where something is.

        Parameters
        ----------
        question
            Name and address as one line, from the large to the small: 福建省泉州市晋江市英墩华侨医院.

        Returns
        -------
        tuple of Answer
            Best first; empty when the service knows nothing of that name.

        Raises
        ------
        ProviderError
            When there is no answer, with the reason.
        """
        kind, text = "silence", "was not asked"
        for attempt in range(1, self.tries + 1):
            self._keep_pace()
            wait = 0.0
            try:
                return self._put(question)
            except GeocoderRateLimited as error:
                kind, text, wait = "pace", str(error), float(error.retry_after or 0.0)
            except GeopyError as error:
                kind, text = _kind_of(error), str(error)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                # A form of answer that nobody documented; its text may hold anything, so only its type is told.
                kind, text = "answer", f"the answer cannot be read ({type(error).__name__})"
            if kind not in {"pace", "silence"} or attempt == self.tries:
                break
            self.sleep(min(max(self.pause_s * 2 ** (attempt - 1), wait), _LONGEST_WAIT_S))
        # Raised out here, so that no error of the services hangs on it.
        raise ProviderError(self.name, "quota" if kind == "pace" else kind, self.key.strike(text))

    def _keep_pace(self) -> None:
        if self._last:
            self.sleep(max(0.0, self._last[0] + self.delay_s - self.clock()))
        self._last[:] = [self.clock()]

    def _put(self, question: str) -> tuple[Answer, ...]:
        extra = {"addressdetails": True, "country_codes": "cn", "limit": 5} if self.name == "nominatim" else {}
        found = self.geocoder.geocode(question, exactly_one=False, **extra) or []
        return tuple(self._answer(place) for place in found)

    def _answer(self, place: Any) -> Answer:
        """Say what one place of an answer is worth."""
        raw: Mapping[str, Any] = place.raw
        service = _SERVICES[self.name]
        level = str(raw.get("addresstype") or raw.get("level") or raw.get("type") or "")
        lon, lat = to_wgs84(place.longitude, place.latitude, self.datum)
        return Answer(
            lon=round(float(lon), 6),
            lat=round(float(lat), 6),
            precision=service.levels.get(level, service.unknown_level),
            score=service.score(raw),
            label=self.key.strike(str(place.address or "")) if self.name in {"amap", "nominatim"} else "",
            areas=service.areas(raw),
        )


def _kind_of(error: GeopyError) -> str:
    kinds = (
        ((GeocoderAuthenticationFailure, GeocoderInsufficientPrivileges), "key"),
        ((GeocoderQuotaExceeded,), "quota"),
        ((GeocoderQueryError,), "question"),
        ((GeocoderParseError,), "answer"),
    )
    return next((kind for types, kind in kinds if isinstance(error, types)), "silence")


_SETTINGS = ("provider", "url", "key_env", "delay_s", "timeout_s", "tries", "pause_s", "contact", "datum")


def provider_from_config(settings: Mapping[str, Any], *, file: str = "") -> Provider | None:
    """Make the provider that the `geocoding` part of a study's config asks for; None when it names none.

    Keys: provider, url, key_env (name of an environment variable), delay_s, timeout_s, tries, pause_s, contact, datum.

    Raises
    ------
    InputError
        With every unknown key; a key that is written into the config is refused without being repeated.
    """
    problems = ProblemList()
    for name in settings:
        if name in {"key", "api_key", "ak", "tk", "token"}:
            hint = "put it into an environment variable and name that as key_env"
            problems.add("keys do not belong into a config", file=file or None, column=str(name), hint=hint)
        elif name not in _SETTINGS:
            problems.add(
                f"'{name}' is not a setting of geocoding", file=file or None, hint=did_you_mean(str(name), _SETTINGS)
            )
    problems.raise_if_any()
    values = dict(settings)
    name = values.pop("provider", None)
    return None if name in {None, "none", ""} else make_provider(str(name), **values)


def make_provider(
    name: str,
    *,
    url: str | None = None,
    key_env: str | None = None,
    delay_s: float | None = None,
    timeout_s: float = 15.0,
    tries: int = 3,
    pause_s: float = 1.0,
    contact: str = "",
    datum: str | None = None,
) -> Provider:
    """Make a provider ready to be asked.

    Parameters
    ----------
    name
        One of nominatim, tianditu, amap, baidu.
    url
        Base address, when it is not the public one: an own Nominatim, a gateway of the intranet.
    key_env
        Environment variable that holds the key, when it is not the usual one.
    delay_s
        Least time between two questions, seconds; by default what the service asks of its free users.
    timeout_s, tries, pause_s
        Most time for an answer; how often to try; the first pause between tries (it doubles). Seconds.
    contact
        An address at which the operator of a service can reach you; goes into the user agent.
    datum
        Only for Baidu: gcj02 instead of bd09.

    Raises
    ------
    InputError
        When the provider is not known, its key is not in the environment, or a setting makes no sense.
    """
    problems = ProblemList()
    service = _SERVICES.get(name)
    if service is None:
        problems.add(f"'{name}' is not a provider", column="provider", hint=did_you_mean(name, PROVIDERS))
        problems.raise_if_any()
        raise AssertionError
    base = (url or service.url).rstrip("/")
    delay = service.delay_s if delay_s is None else float(delay_s)
    variable = key_env or service.key_env
    key = Secret(os.environ.get(variable, "").strip() if variable else "")
    if service.key_env and not key:
        hint = f"set the environment variable {variable}"
        problems.add(f"{name} needs a key, and there is none", column="key_env", hint=hint)
    if urlsplit(base).scheme not in {"http", "https"} or not urlsplit(base).netloc:
        problems.add("the address of the provider must begin with http:// or https://", column="url")
    if urlsplit(base).query or urlsplit(base).username:
        problems.add("the address of the provider must not carry a key or a password", column="url")
    if urlsplit(base).hostname == "nominatim.openstreetmap.org" and delay < 1:
        problems.add("the public Nominatim allows one question per second", column="delay_s", hint="1 or more")
    if not (timeout_s > 0 and tries >= 1 and pause_s >= 0 and delay >= 0):
        problems.add(
            "timeout_s must be above 0, tries at least 1, delay_s and pause_s not negative", column="timeout_s"
        )
    if datum not in {None, service.datum} and not (name == "baidu" and datum == "gcj02"):
        problems.add(f"{name} answers in {service.datum}", column="datum")
    problems.raise_if_any()
    about = f"; {contact}" if contact else ""
    settings: dict[str, Any] = {
        "url": base,
        "timeout": float(timeout_s),
        "user_agent": f"coverplan/{__version__} (health facility planning{about})",
        "adapter_factory": adapter_for(key),
    }
    if name == "baidu" and datum == "gcj02":
        settings["coordtype"] = "gcj02ll"
    geocoder = service.make(**settings) if name == "nominatim" else service.make(STAND_IN, **settings)
    return Provider(
        name=name,
        datum=datum or service.datum,
        delay_s=delay,
        timeout_s=float(timeout_s),
        tries=int(tries),
        pause_s=float(pause_s),
        key=key,
        geocoder=geocoder,
    )
