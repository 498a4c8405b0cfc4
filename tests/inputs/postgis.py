"""A private PostgreSQL with PostGIS for the tests: started in a folder of its own, stopped and removed afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cret-Pa55"  # noqa: S105 - of a server that lives for one test run on 127.0.0.1
SETTINGS = "-c fsync=off -c listen_addresses=127.0.0.1 -c max_connections=20 -c shared_buffers=32MB"


@dataclass(frozen=True)
class Server:
    """Where the server listens."""

    port: int

    def url(self, *, user: str = "planner", password: str | None = PASSWORD, database: str = "health") -> str:
        """The address, as a user would write it."""
        login = user if password is None else f"{user}:{password}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, where PostGIS is installed too."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    folders = [path.parent for path in versions]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    for folder in folders:
        shared = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
        if (Path(shared.stdout.strip()) / "extension" / "postgis.control").is_file():
            return folder
    return None


def account() -> str | None:
    """Somebody who is not root, whom the server refuses; None when we are somebody else already."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Start a server, make a database with PostGIS and a user with a password, and stop it at the end."""
    home = Path(tempfile.mkdtemp(prefix="coverplan-pg-"))
    user = account()
    if user is not None:
        shutil.chown(home, user)

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=home,
            user=user,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        run(folder / "initdb", "-D", home / "data", "-U", "owner", "-E", "UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync")  # fmt: skip
        options = f"{SETTINGS} -c port={port} -c unix_socket_directories={home}"
        run(folder / "pg_ctl", "-D", home / "data", "-l", home / "log", "-o", options, "-w", "-t", "60", "start")
        try:
            said = f"CREATE ROLE planner LOGIN PASSWORD '{PASSWORD}'"
            psql = (folder / "psql", "-h", home, "-p", str(port), "-U", "owner", "-v", "ON_ERROR_STOP=1", "-q", "-c")
            run(*psql, said, "postgres")
            run(*psql, "CREATE DATABASE health OWNER planner", "postgres")
            run(*psql, "CREATE EXTENSION postgis", "health")
            yield Server(port=port)
        finally:
            run(folder / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
