"""Where the tables of a study stand: files, sheets of workbooks, layers of GeoPackages, tables of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from coverplan.core.errors import ProblemList, did_you_mean
from coverplan.core.tables import INPUT_TABLES
from coverplan.inputs.config import TableSource
from coverplan.inputs.database import DatabaseTable, content_hash, read_database
from coverplan.inputs.door import Door
from coverplan.inputs.records import Records, checked_records, read_records, unread

_PLACES = ("file", "url", "url_env")


class Refuse(Protocol):
    """Notes a problem at a key of the config."""

    def __call__(self, what: str, *key: str | int, hint: str | None = None) -> None:
        """Note it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where one table stands, looked at and found.

    Attributes
    ----------
    path
        The file; None for a database.
    called
        How messages call it.
    """

    name: str
    section: TableSource
    path: Path | None
    called: str


def find_sources(
    named: Mapping[str, TableSource], data: Path, refuse: Refuse, *, keys: Mapping[str, tuple[str, ...]]
) -> dict[str, Source]:
    """Look whether every table stands where the config says; what does not is refused and left out.

    Parameters
    ----------
    named
        What the config says, by table.
    data
        The folder in which files are looked for.
    refuse
        Takes what is wrong.
    keys
        The key of each table in the config, where it is another one than `tables.<name>`.
    """
    found = {}
    for name, section in named.items():
        key = keys.get(name, ("tables", name))
        source = _find(name, section, data, refuse, key)
        if source is not None:
            found[name] = source
    return found


def _find(name: str, section: TableSource, data: Path, refuse: Refuse, key: tuple[str, ...]) -> Source | None:
    given = [place for place in _PLACES if getattr(section, place) is not None]
    if len(given) != 1:
        refuse("it does not say where the table stands", *key, hint=f"give one of: {', '.join(_PLACES)}")
        return None
    if section.file is None:
        if section.table is None:
            refuse("it does not say which table of the database", *key, hint="such as table: health.facilities")
            return None
        return Source(name=name, section=section, path=None, called=section.table)
    path = data / section.file
    if not path.is_file():
        siblings = [sibling.name for sibling in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, siblings)
        refuse(f"there is no file '{section.file}' in {data.name}", *key, hint=hint if "mean" in (hint or "") else None)
        return None
    called = section.file if section.layer is None else f"{section.file} ({section.layer})"
    return Source(name=name, section=section, path=path, called=called)


def read_source(source: Source, *, crs: str, problems: ProblemList, notes: ProblemList) -> Records:
    """Read one table from where it stands, held against its declaration, positions in `crs`."""
    section, table = source.section, INPUT_TABLES[source.name]
    if source.path is not None:
        return read_records(
            source.path,
            table,
            crs=crs,
            problems=problems,
            file=source.called,
            notes=notes,
            sheet=section.sheet,
            layer=section.layer,
            datum=section.datum,
        )
    door = Door(path=Path(source.called), file=source.called, problems=problems, notes=notes)
    place = DatabaseTable(table=str(section.table), url=section.url, url_env=section.url_env)
    raw = read_database(place, table, door)
    if raw is None:
        return unread(table, crs=crs, file=source.called)
    records = checked_records(raw, table, door, crs=crs, datum=section.datum)
    return replace(records, content=content_hash(raw))
