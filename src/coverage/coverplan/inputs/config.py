"""The study's config file: its keys declared once, unknown ones refused with their line, everything wrong at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.inputs.yaml import KeyPath, Lines, load_yaml

_Positive = Annotated[float, Field(gt=0)]
_SECRETS = frozenset({"key", "api_key", "ak", "tk", "token"})
_NEEDED: dict[KeyPath, str] = {
    ("study",): "a short id such as 'jinjiang'; the results are written to out/<study>/",
    ("name",): "what the study is called on maps",
    ("year",): "the base year of the facilities, such as 2020",
    ("tables", "people"): "the file with the demand points, such as 'people.csv'; or people: {raster: worldpop.tif}",
    ("roads",): "where the roads come from, such as {tables: roads} or {pbf: fujian.osm.pbf}",
}


class _Section(BaseModel):
    """A mapping of the config: unknown keys are refused, values are not changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class TableSource(_Section):
    """Where one table stands: a file inside the data folder, or a table of a database; exactly one of the two.

    `sheet` is the sheet of a workbook, `layer` the layer of a GeoPackage. `url_env` names the environment variable
    that holds the address of the database, `table` the table there. `datum` is what positions refer to where the
    records do not say it themselves.
    """

    file: str | None = None
    sheet: str | None = None
    layer: str | None = None
    datum: Literal["wgs84", "gcj02", "bd09"] | None = None
    url: str | None = None
    url_env: str | None = None
    table: str | None = None


def _as_source(value: Any) -> Any:
    """Take a name alone for a file."""
    return {"file": value} if isinstance(value, str | int | float) else value


_Source = Annotated[TableSource, BeforeValidator(_as_source)]


class TablesSection(_Section):
    """Where the study's tables stand."""

    areas: _Source | None = None
    facilities: _Source | None = None
    people: _Source | None = None
    vehicles: _Source | None = None
    aeds: _Source | None = None
    projects: _Source | None = None
    indicators: _Source | None = None
    zones: _Source | None = None

    @property
    def named(self) -> dict[str, TableSource]:
        """The tables that are named."""
        sources = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: source for name, source in sources.items() if source is not None}


class PeopleSection(_Section):
    """Where the demand points come from: one of table, raster and census; files inside the data folder."""

    table: str | None = None
    raster: str | None = None
    values: Literal["people", "people_per_km2"] = "people"
    census: str | None = None
    spread_over: str | None = None
    settlements: str | None = None
    road_weights: dict[str, Annotated[float, Field(ge=0)]] = {}
    cell_m: _Positive | None = None
    groups: str | None = None
    water: str | None = None


class GrowthSection(_Section):
    """To what the people are scaled: a population by name, a factor, or people by area."""

    to: str | None = None
    factor: _Positive | None = None
    areas: dict[str, Annotated[int, Field(ge=0)]] | None = None


class GeocodeSection(_Section):
    """How records without a position are placed; `read_study` uses the lists and never the network.

    `gazetteer` is the study's own list of places and `cache` where answers are remembered, both inside the data folder;
    `county` stands for records that do not name theirs. The rest is for the online provider, which only
    `coverplan geocode` asks; its key comes from the environment.
    """

    gazetteer: str | None = None
    cache: str | None = None
    county: str | None = None
    provider: Literal["nominatim", "tianditu", "amap", "baidu"] | None = None
    url: str | None = None
    key_env: str | None = None
    delay_s: Annotated[float, Field(ge=0)] | None = None
    timeout_s: _Positive | None = None
    tries: Annotated[int, Field(ge=1, le=20)] | None = None
    pause_s: Annotated[float, Field(ge=0)] | None = None
    contact: str | None = None
    datum: str | None = None


class RoadsSection(_Section):
    """Where the roads come from: exactly one of the four.

    Of an extract (`pbf`) only what lies within `margin_km` of the study area is read, unless `clip` is off.
    """

    tables: str | None = None
    pbf: str | None = None
    graphml: str | None = None
    stored: str | None = None
    margin_km: Annotated[float, Field(ge=0)] | None = None
    clip: bool | None = None


_Factor = Annotated[float, Field(gt=0, le=5)]
_Share = Annotated[float, Field(gt=0, le=2)]


class PeriodSection(_Section):
    """What a study changes of a speed profile in one part of the week."""

    factor: _Factor | None = None
    class_factor: dict[str, _Factor] = {}


class ProfileSection(_Section):
    """What a study changes of a speed profile; a road class set to nothing is closed."""

    kph: dict[str, Annotated[float, Field(gt=0, le=200)] | None] = {}
    class_factor: dict[str, _Factor] = {}
    junction_s: dict[str, Annotated[float, Field(ge=0, le=600)]] = {}
    turn_s: dict[Literal["straight", "left", "right", "u_turn"], Annotated[float, Field(ge=0, le=600)]] = {}
    obeys_turns: bool | None = None
    periods: dict[str, PeriodSection] = {}
    maxspeed_share: _Share | None = None
    class_maxspeed_share: dict[str, _Share] = {}
    factor: _Factor | None = None
    offroad_kph: Annotated[float, Field(gt=0, le=100)] | None = None
    max_offroad_m: Annotated[float, Field(ge=0)] | None = None


class ProfilesSection(_Section):
    """Speed profiles: tables of their own, relative to the config, and what is changed of one after that."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ProfileSection] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride] - the way to say what further keys hold

    file: str | None = None
    periods: str | None = None

    @property
    def changes(self) -> dict[str, ProfileSection]:
        """What is changed, by profile."""
        return self.__pydantic_extra__ or {}


class ClockSection(_Section):
    """What passes before the wheels roll."""

    call_handling_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    turnout_s: Annotated[float, Field(ge=0, le=3600)] = 120.0


class PopulationSection(_Section):
    """A population that a rule may divide by."""

    people: _Positive
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    source: str = ""


class ChecksSection(_Section):
    """How strict the reader is; `outside_m` is how far outside its area a position may lie."""

    outside_m: Annotated[float, Field(ge=0)] = 500.0


class StudyConfig(_Section):
    """The whole config file."""

    study: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)] | None = None
    name: str | None = None
    name_en: str | None = None
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    data: str = "."
    crs: str = "auto"
    tables: TablesSection = TablesSection()
    people: PeopleSection | None = None
    growth: GrowthSection | None = None
    geocode: GeocodeSection | None = None
    roads: RoadsSection | None = None
    profiles: ProfilesSection = ProfilesSection()
    clock: ClockSection = ClockSection()
    populations: dict[str, PopulationSection] = {}
    default_population: str | None = None
    standards: list[str] = []
    options: dict[str, str] = {}
    checks: ChecksSection = ChecksSection()
    # Proposals, or files that hold them; `scenarios.read` holds them against the study once that is read.
    scenarios: list[Any] = []


def read_config(path: Path, problems: ProblemList) -> tuple[StudyConfig, Lines]:
    """Read a config file; what is wrong goes to `problems`, and what is right comes back all the same.

    So that the tables of a study can be checked along with a config that has a mistake elsewhere, a value that is
    refused is left out.

    Parameters
    ----------
    path
        A YAML file in UTF-8 (with or without byte-order mark) or GB18030.
    problems
        Takes syntax errors, unknown keys, missing keys and wrong values, each with its line.

    Returns
    -------
    config : StudyConfig
    lines : Lines
        For the line of any key.
    """
    lines = load_yaml(path, problems)
    data = lines.data
    if not isinstance(data, dict):
        if not problems:
            problems.add("the file holds no settings", file=lines.file, hint="start with: study: my-county")
        return StudyConfig(), lines
    refused: set[KeyPath] = set()
    data = _filled_in(data)
    config = _validated(data, lines, problems, refused)
    for key, hint in _NEEDED.items():
        # Whoever makes the demand points from something else needs no table of them.
        ways = [key, ("people",)] if key == ("tables", "people") else [key]
        is_there = any(_lookup(data, way) is not None for way in ways)
        if not is_there and not any(_explains(path, way) for path in refused for way in ways):
            problems.add("the key is missing", file=lines.file, row=lines.line(*key), column=_dotted(key), hint=hint)
    return config, lines


def _filled_in(data: Any) -> Any:
    """Leave out keys without a value, which mean the default; a road class without a speed is closed and stays."""
    if not isinstance(data, dict):
        return data
    return {k: v if k == "kph" else _filled_in(v) for k, v in data.items() if v is not None}


def _explains(refused: KeyPath, missing: KeyPath) -> bool:
    """Say whether a key that was refused is why another is missing: it holds it, or is its misspelling."""
    depth = len(refused)
    if refused == missing[:depth]:
        return True
    if refused[:-1] != missing[: depth - 1] or depth > len(missing):
        return False
    return "mean" in (did_you_mean(str(refused[-1]), [str(missing[depth - 1])]) or "")


def _validated(data: dict[str, Any], lines: Lines, problems: ProblemList, refused: set[KeyPath]) -> StudyConfig:
    """Validate, note what is refused, and validate the rest."""
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as errors:
        found = [(_key_path(data, error["loc"]), error) for error in errors.errors()]
    for key, error in found:
        if key not in refused:
            _note(key, error, data, lines, problems)
            refused.add(key)
    rest = data
    for key, error in found:
        # An entry that lacks something it needs goes as a whole; any other value goes alone.
        rest = _without(rest, key[:-1] if error["type"] == "missing" else key)
    return _validated(rest, lines, problems, refused)


def _key_path(data: Any, loc: tuple[str | int, ...]) -> KeyPath:
    """Follow a location as far as it names keys: the validator adds the name of a check of its own to some."""
    for i in range(len(loc)):
        if not _holds(_lookup(data, loc[:i]), loc[i]):
            # A key that is missing is the last step of its location.
            return loc[: i + 1] if isinstance(_lookup(data, loc[:i]), dict) else loc[:i]
    return loc


def _holds(data: Any, step: str | int) -> bool:
    return step in data if isinstance(data, dict) else isinstance(data, list) and isinstance(step, int)


def _note(key: KeyPath, error: Any, data: Any, lines: Lines, problems: ProblemList) -> None:
    column, row = _dotted(key), lines.line(*key)
    if error["type"] == "extra_forbidden":
        hint = did_you_mean(str(key[-1]), _known_keys(key))
        if key[0] == "geocode" and str(key[-1]) in _SECRETS:
            hint = "keys do not belong into a config: put it into the environment and name the variable: key_env"
        problems.add(f"unknown key '{key[-1]}'", file=lines.file, row=row, column=_dotted(key[:-1]) or None, hint=hint)
        return
    if error["type"] == "missing":
        problems.add("the key is missing", file=lines.file, row=row, column=column)
        return
    what, hint = _said_plainly(error, _lookup(data, key))
    problems.add(what, file=lines.file, row=row, column=column, hint=hint)


def _said_plainly(error: Any, value: Any) -> tuple[str, str | None]:
    shown = "this" if isinstance(value, dict | list) else "an empty value" if value is None else f"'{value}'"
    if error["type"] == "string_pattern_mismatch":
        return f"{shown} cannot name a folder", "use small letters, digits and hyphens, such as 'jinjiang-2020'"
    if error["type"] == "model_type":
        return f"{shown} should hold keys of its own", f"one of: {', '.join(_keys_of(error))}"
    text = str(error["msg"]).replace("Input should", "should").replace("a valid string", "text").replace("valid ", "")
    hint = None
    if error["type"] in {"float_parsing", "int_parsing"}:
        text = f"should be a {'whole ' if 'int' in error['type'] else ''}number"
        digits = str(value).replace(",", "").replace("，", "")
        hint = f"write {digits}" if digits != str(value) and digits.isdecimal() else None
    return f"{shown} {text}", hint


def _keys_of(error: Any) -> list[str]:
    name = error.get("ctx", {}).get("class_name", "")
    section = next((cls for cls in _Section.__subclasses__() if cls.__name__ == name), StudyConfig)
    return list(section.model_fields)


def _known_keys(key: KeyPath) -> list[str]:
    """Name the keys that may stand beside this one."""
    sections: dict[str, type[_Section]] = {
        "tables": TablesSection,
        "people": PeopleSection,
        "growth": GrowthSection,
        "geocode": GeocodeSection,
        "roads": RoadsSection,
        "profiles": ProfileSection,
        "clock": ClockSection,
        "populations": PopulationSection,
        "checks": ChecksSection,
    }
    if key[0] == "tables" and len(key) > 2:
        return list(TableSource.model_fields)
    section = sections.get(str(key[0]), StudyConfig) if len(key) > 1 else StudyConfig
    return list(section.model_fields)


def _lookup(data: Any, key: KeyPath) -> Any:
    for step in key:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
        else:
            return None
    return data


def _without(data: Any, key: KeyPath) -> Any:
    """Return a copy without one key; in a list the place goes."""
    if not key:
        return {}
    step, rest = key[0], key[1:]
    if isinstance(data, dict) and step in data:
        kept = {k: v for k, v in data.items() if k != step}
        return {**kept, step: _without(data[step], rest)} if rest else kept
    if isinstance(data, list) and isinstance(step, int):
        # Positions must stay what they are for the next one to be taken out, so the place is emptied.
        new = _without(data[step], rest) if rest else ""
        return [*data[:step], new, *data[step + 1 :]]
    return data


def _dotted(key: KeyPath) -> str:
    return ".".join(str(step) for step in key)
