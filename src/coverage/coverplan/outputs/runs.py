"""Everything of a run in one folder, with the record that lets anyone see what it was made from."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverplan
from coverplan.core.atomic import whole_folder
from coverplan.core.errors import InputError, Problem
from coverplan.core.model import SpeedProfile
from coverplan.core.progress import SILENT, Progress
from coverplan.core.tables import INPUT_TABLES
from coverplan.outputs.maps.assessment import Language, write_map
from coverplan.outputs.tables import number, write_json, write_tables

if TYPE_CHECKING:
    import pandas as pd

    from coverplan.core.model import Study
    from coverplan.roads.network import Network
    from coverplan.standards.findings import Assessment

RECORD_FORMAT = 1
"""Version of the shape of `run.json`."""

_LIBRARIES = ("folium", "geopandas", "numba", "numpy", "osmium", "pandas", "pyproj", "scipy", "shapely")
_ELSEWHERE = "name another folder"
_TABLES = ("areas", "facilities", "people", "vehicles", "aeds", "projects", "indicators", "zones")


def write_run(
    assessment: Assessment,
    folder: str | Path,
    *,
    started: datetime | None = None,
    lang: Language = "zh",
    options: Mapping[str, Any] | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write a run: `map.html`, `gaps.csv`, `summary.csv`, `verdicts.json` and its record `run.json`.

    Everything is written into a folder beside `folder` that takes its place at the very end: after a crash, or when
    the work is stopped, what stood there before is still whole. Two runs of the same inputs write the same files, the
    `time` of the record and the date on the map apart.

    Parameters
    ----------
    assessment
        What to write, from `coverplan.assess`.
    folder
        Where to; a folder that is there is replaced with all it holds.
    started
        When the work began, with its time zone; now when not given.
    lang
        The language that comes first on the map.
    options
        What else the run was asked for, to be kept in the record.
    progress
        Told what is being written.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        When `folder` is a file, or a folder that holds files but is no run: it is not replaced.
    """
    began = (started or datetime.now(tz=UTC)).astimezone()
    folder = Path(folder)
    _refuse_strange(folder)
    with whole_folder(folder) as beside:
        progress.message("writing tables")
        write_tables(assessment, beside)
        progress.message("writing the map")
        write_map(assessment, beside / "map.html", lang=lang, made_on=began.date(), progress=progress)
        record = run_record(assessment, options={"lang": lang, **(options or {})})
        record["files"] = {path.name: _file(path) for path in sorted(beside.iterdir())}
        record["time"] = _time(began)
        write_json(record, beside / "run.json")
    return folder


def _refuse_strange(folder: Path) -> None:
    """Keep from replacing what is no run: a slip of the hand must not cost somebody their documents."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "run.json").is_file():
        raise InputError(
            [Problem(what=f"{folder} holds files but no run.json, so it is not replaced", hint=_ELSEWHERE)]
        )
    if folder.exists() and not folder.is_dir():
        raise InputError([Problem(what=f"{folder} is a file, and a run is a folder", hint=_ELSEWHERE)])


def run_record(assessment: Assessment, *, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run was made from: versions, input hashes, settings, network, qualities, and what came out."""
    study, network = assessment.study, assessment.network
    return {
        "format": RECORD_FORMAT,
        "study": {"id": study.study_id, "name": study.name, "name_en": study.name_en, "year": study.year},
        "made_with": {
            "coverplan": coverplan.__version__,
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "libraries": {name: said for name in _LIBRARIES if (said := _version(name))},
        },
        "config": study.config.name if study.config else None,
        "inputs_sha256": dict(study.inputs),
        "settings": _settings(study),
        "options": dict(options),
        "network": _network(network),
        "quality": {"assessment": assessment.quality, **_qualities(study, network)},
        "rows": {name: 0 if (table := getattr(study, name)) is None else len(table) for name in _TABLES},
        "verdicts": {verdict.rule.rule_id: verdict.status for verdict in assessment.verdicts},
    }


def _settings(study: Study) -> dict[str, Any]:
    return {
        "crs": study.crs,
        "options": dict(study.options),
        "clock": {"call_handling_s": study.clock.call_handling_s, "turnout_s": study.clock.turnout_s},
        "profiles": {name: _profile(profile) for name, profile in study.profiles.items()},
        "populations": {
            name: {"people": number(one.people), "year": one.year, "source": one.source}
            for name, one in study.populations.items()
        },
        "default_population": study.default_population,
        "standards": [path.name for path in study.standards],
    }


def _profile(profile: SpeedProfile) -> dict[str, Any]:
    return {name: value for name, value in _plain(profile).items() if name != "name"}


def _plain(value: Any) -> Any:
    """Turn frozen records and the mappings in them into what JSON knows."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _network(network: Network) -> dict[str, Any]:
    return {
        "source": network.source,
        "date": network.date,
        "attribution": network.attribution,
        "quality": network.quality,
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "length_km": round(float(network.edge_length_dm.sum(dtype="int64")) / 10_000, 1),
    }


def _qualities(study: Study, network: Network) -> dict[str, Any]:
    named = {name: getattr(study, name) for name in _TABLES if "quality" in INPUT_TABLES[name].names}
    tables = {name: _counted(table) for name, table in named.items() if table is not None}
    return {**tables, "roads": network.quality}


def _counted(table: pd.DataFrame) -> dict[str, int]:
    return {str(name): int(count) for name, count in table["quality"].value_counts().sort_index().items()}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _file(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _time(began: datetime) -> dict[str, Any]:
    ended = datetime.now(tz=began.tzinfo)
    return {
        "started": began.isoformat(timespec="seconds"),
        "finished": ended.isoformat(timespec="seconds"),
        "seconds": round((ended - began).total_seconds(), 1),
    }
