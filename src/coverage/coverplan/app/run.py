"""The planner put up at an address, until somebody stops it."""

from __future__ import annotations

import errno
import gc
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from coverplan.app.guard import LOOPBACK, Gate
from coverplan.app.planner import Planner
from coverplan.app.server import create_app
from coverplan.core.errors import InputError, Problem

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{12,200}")
_WAITING = 128
_GRACE_S = 3


@dataclass(frozen=True, kw_only=True)
class Place:
    """An address that is taken, and who may come there.

    Attributes
    ----------
    taken
        The socket that listens.
    only_here
        Whether nobody but this machine can reach it.
    """

    taken: socket.socket
    gate: Gate
    only_here: bool

    @property
    def port(self) -> int:
        """The port it got."""
        return int(self.taken.getsockname()[1])

    @property
    def address(self) -> str:
        """What to type into a browser; with the token where one is wanted."""
        host = self.gate.host
        shown = socket.gethostname() if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 - only named
        tail = f"?token={self.gate.token}" if self.gate.token is not None else ""
        return f"http://{shown}:{self.port}/{tail}"


def take_place(host: str = "127.0.0.1", port: int = 8765, *, token: str | None = None) -> Place:
    """Take an address, before anything long begins.

    An address that other machines can reach wants a token; one is made unless it is given.

    Raises
    ------
    InputError
        When the port is taken or may not be used, there is no such address, or the token is too weak.
    """
    if token is not None and not _TOKEN.fullmatch(token):
        hint = "at least 12 letters, digits, dots, hyphens or underscores"
        raise InputError([Problem(what="that is no token", column="--token", hint=hint)])
    only_here = _is_here(host)
    if token is None and not only_here:
        token = secrets.token_urlsafe(24)
    name = "127.0.0.1" if host == "localhost" else host
    try:
        family = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][0]
        taken = _listen(family, name, port)
    except OSError as error:
        raise InputError([_why_not(error, host, port)]) from None
    return Place(taken=taken, gate=Gate(host=name, token=token), only_here=only_here)


def _listen(family: int, host: str, port: int) -> socket.socket:
    """Listen at an address. The protocol is named, for only then does asyncio send small answers without waiting.

    (Otherwise a header and its body go out 40 ms apart: Nagle's algorithm waits for the other side's delayed ACK.)
    """
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(_WAITING)
    except OSError:
        taken.close()
        raise
    return taken


def _is_here(host: str) -> bool:
    try:
        return host in LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _why_not(error: OSError, host: str, port: int) -> Problem:
    if isinstance(error, socket.gaierror):
        return Problem(what=f"there is no address '{host}'", column="--host", hint="such as 127.0.0.1 or 0.0.0.0")
    if error.errno == errno.EADDRINUSE:
        hint = f"stop what listens there, or take another: --port {port + 1 if port < 65_535 else port - 1}"
        return Problem(what=f"port {port} is taken by another program", column="--port", hint=hint)
    if error.errno == errno.EACCES:
        return Problem(what=f"port {port} may not be used", column="--port", hint="take one above 1024")
    if error.errno == errno.EADDRNOTAVAIL:
        return Problem(what=f"this machine has no address '{host}'", column="--host", hint="such as 127.0.0.1")
    return Problem(what=f"cannot listen at {host}, port {port}: {error.strerror}", column="--port")


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve(planner: Planner, place: Place, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve a planner until Ctrl-C, or a signal to end; long work is asked to stop, and what it wrote is taken away.

    Parameters
    ----------
    planner, place
        What answers, and where.
    ready
        Called once when the first request may come.
    """
    config = uvicorn.Config(
        create_app(planner, place.gate),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=30,
        ws="none",
        lifespan="off",
    )
    # The study and what was measured on it stays until the end: looking through it for what is no longer needed, as
    # Python does from time to time, would only make somebody wait a quarter of a second.
    gc.collect()
    gc.freeze()
    try:
        _Server(config, ready).run(sockets=[place.taken])
    finally:
        gc.unfreeze()
        place.taken.close()
        planner.close()
