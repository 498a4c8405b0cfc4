"""Tables from a spatial database (PostgreSQL with PostGIS). What opens the database is said nowhere."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from coverplan.core.errors import did_you_mean
from coverplan.core.headings import heading_reader
from coverplan.core.tables import Table
from coverplan.inputs.door import Door, Raw
from coverplan.inputs.layers import UNREADABLE, layer_of

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

_SCHEMES = frozenset({"postgresql", "postgres", "postgis"})
_OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=120000"
_SHAPES = frozenset({"geometry", "geography"})
_COLUMNS = """
    SELECT column_name, udt_name FROM information_schema.columns
    WHERE table_schema = :schema AND table_name = :name ORDER BY ordinal_position
"""
_TABLES = """
    SELECT table_schema || '.' || table_name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
_CAUSES = (
    ("password authentication failed", "the database refuses the user or the password"),
    ("no password supplied", "the database wants a password and the address has none"),
    ("does not exist", "there is no such database or user"),
    ("refused", "nothing answers at the address"),
    ("timeout", "the database does not answer in time"),
    ("resolve", "there is no computer of that name"),
    ("translate host", "there is no computer of that name"),
)
"""What a driver says, and what is said here: its own words may hold parts of the address."""


@dataclass(frozen=True, kw_only=True)
class DatabaseTable:
    """A table of a database, and where the address of the database is to be had.

    Attributes
    ----------
    table
        The table or view, with its schema: `health.facilities`.
    url_env
        The environment variable that holds the address, `postgresql://user:password@host/name`.
    url
        The address itself, without a password (which the user's `.pgpass` may hold).
    """

    table: str
    url_env: str | None = None
    url: str | None = None


def read_database(source: DatabaseTable, table: Table, door: Door) -> Raw | None:
    """Read a table of a database as text cells; one geometry column gives the positions or shapes.

    The session is read-only, waits ten seconds for an answer and two minutes for the rows. Rows come in the order of
    the table's key, so that they have the same number every time.

    Returns
    -------
    Raw or None
        None when there is nothing to read; the door knows why. The address is in no message.
    """
    try:
        import sqlalchemy  # noqa: PLC0415 - an extra, and slow to load
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as above
    except ImportError:
        return door.refuse("reading a database needs more than the basic installation", 'pip install "coverplan[db]"')
    url = _url(source, door)
    if url is None:
        return None
    wait = {"connect_timeout": 10, "application_name": "coverplan", "options": _OPTIONS}
    engine = sqlalchemy.create_engine(url, connect_args=wait, hide_parameters=True, poolclass=sqlalchemy.NullPool)
    try:
        frame = _read(engine, source.table, table, door)
    except (ImportError, *UNREADABLE, SQLAlchemyError) as error:
        # The words of the driver are not passed on: they may hold the address.
        return door.refuse(_cause(error), "look at the address, the network, and the rights of the user")
    return None if frame is None else layer_of(frame, table, door)


def content_hash(raw: Raw) -> str:
    """Return the SHA-256 of the rows as they were read, for the record of a run."""
    rows = pd.DataFrame(raw.frame).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(rows.encode()).hexdigest()


def _url(source: DatabaseTable, door: Door) -> URL | None:
    """Find the address; what is wrong is said without it."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - an extra, and slow to load
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as above

    text = source.url if source.url_env is None else os.environ.get(source.url_env)
    if not text:
        hint = f"set {source.url_env} to postgresql://user:password@host/name before you start"
        return door.refuse(f"the environment variable {source.url_env} is not set", hint)
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        return door.refuse("the address of the database is not one", "it looks like postgresql://user@host:5432/name")
    if url.drivername.split("+")[0] not in _SCHEMES:
        return door.refuse("the database is not PostgreSQL", "it looks like postgresql://user@host:5432/name")
    if source.url is not None and url.password:
        hint = "put the whole address into an environment variable and name that: url_env: COVERPLAN_DB"
        return door.refuse("a password stands in the config", hint)
    return url.set(drivername="postgresql+psycopg")


def _read(engine: Engine, name: str, table: Table, door: Door) -> pd.DataFrame | None:
    import sqlalchemy  # noqa: PLC0415 - an extra, and slow to load

    schema, _, plain = name.rpartition(".")
    schema = schema or "public"
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text(_COLUMNS), {"schema": schema, "name": plain})
        columns = {str(column): str(kind) for column, kind in found}
        if not columns:
            known = [str(row[0]) for row in connection.execute(sqlalchemy.text(_TABLES))]
            hint = did_you_mean(f"{schema}.{plain}", known) or "look at the spelling, and at the rights of the user"
            return door.refuse(f"the database shows no table '{name}'", hint)
        shapes = [column for column, kind in columns.items() if kind in _SHAPES]
        if len(shapes) > 1:
            return door.refuse(f"the table has several geometries: {', '.join(shapes)}", "make a view with one of them")
        quote = engine.dialect.identifier_preparer.quote
        read = heading_reader(table)
        key = next((column for column in columns if read(column) == table.key), None)
        order = f" ORDER BY {quote(key)}" if key else ""
        # Only names that the database itself gave, quoted by its driver, go into the query.
        query = sqlalchemy.text(f"SELECT * FROM {quote(schema)}.{quote(plain)}{order}")  # noqa: S608 - see above
        if shapes and table.geometry != "none":
            return gpd.read_postgis(query, connection, geom_col=shapes[0])  # pyright: ignore[reportCallIssue, reportArgumentType] - the stubs know text only
        frame = pd.read_sql(query, connection)
        return frame.drop(columns=shapes)


def _cause(error: BaseException) -> str:
    original: Any = getattr(error, "orig", None) or error
    if getattr(original, "sqlstate", None) == "42501":
        return "the user may not read the table"
    if getattr(original, "sqlstate", None) == "57014":
        return "the table did not come within two minutes"
    text = str(original).casefold()
    return next((said for word, said in _CAUSES if word in text), "the database cannot be read")
