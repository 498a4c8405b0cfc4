"""What a server answered, looked at before OSMnx sees it: in time, whole, and what it should be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from coverplan.core.errors import Cancelled
from coverplan.core.progress import Progress

_BUSY = (429, 503, 504)
_CHUNK = 65_536
_MOST_BYTES = 2_000_000_000
OTHERWISE = "or download an extract once and read it with: coverplan roads --pbf"


class Trouble(Exception):  # noqa: N818 - becomes an InputError before it leaves the downloads
    """An answer that cannot be used; `wait_s` is set when the server asks to come back later."""

    def __init__(self, what: str, *, hint: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.what, self.hint, self.wait_s = what, hint, wait_s


@dataclass(kw_only=True)
class Watch:
    """Looks at every answer before OSMnx does: in time, whole, and what it should be.

    After every good answer the time begins anew, because a large place takes several.
    """

    timeout_s: float
    progress: Progress
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.timeout_s

    def __call__(self, response: Any, *_: Any, **__: Any) -> Any:
        """Read an answer to its end and hand it on, or raise `Trouble`."""
        if not response.is_redirect:
            try:
                body = self._whole(response, host_in(response.url))
            finally:
                response.close()
            # OSMnx reads the answer again from here.
            response.raw = _Body(body)
            self.deadline = time.monotonic() + self.timeout_s
        return response

    def _whole(self, response: Any, host: str) -> bytes:
        if response.status_code in _BUSY:
            wait = str(response.headers.get("Retry-After", ""))
            what = f"{host} is busy (HTTP {response.status_code})"
            raise Trouble(what, hint=f"try again later, {OTHERWISE}", wait_s=float(wait) if wait.isdigit() else -1.0)
        if response.status_code != 200:
            what = f"{host} refused (HTTP {response.status_code})"
            raise Trouble(what, hint=f"is the address of the server right? {OTHERWISE[3:]}")
        errors = import_module("urllib3.exceptions")
        try:
            body = self._read(response, host)
        except errors.TimeoutError:
            raise _late(host, self.timeout_s) from None
        except errors.HTTPError as error:
            raise Trouble(f"the answer of {host} broke off", hint=f"try again, {OTHERWISE}") from error
        self._check(body, host)
        return body

    def _read(self, response: Any, host: str) -> bytes:
        """Read piece by piece, so that a server that drips cannot hold us beyond the time limit."""
        parts: list[bytes] = []
        size = 0
        promised = str(response.headers.get("Content-Length", ""))
        total = int(promised) if promised.isdigit() and "Content-Encoding" not in response.headers else 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            self.progress.advance(size, max(total, size))
            if self.progress.cancelled():
                raise Cancelled("the download was stopped")
            if time.monotonic() > self.deadline:
                raise _late(host, self.timeout_s)
            if size > _MOST_BYTES:
                raise Trouble(f"the answer of {host} is far too long", hint="choose a smaller place")
        if size < total:
            raise Trouble(f"the answer of {host} broke off", hint=f"try again, {OTHERWISE}")
        return b"".join(parts)

    def _check(self, body: bytes, host: str) -> None:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            what = f"{host} did not answer with data"
            raise Trouble(what, hint=f"is a login page in between? {OTHERWISE[3:]}") from None
        if not isinstance(data, dict):
            return
        if "remark" in data:
            what = f"{host} gave up: {' '.join(str(data['remark']).split())[:160]}"
            raise Trouble(what, hint=f"choose a smaller place, {OTHERWISE}")
        if not _is_complete(data.get("elements")):
            raise Trouble(f"the answer of {host} is not complete", hint=f"try again, {OTHERWISE}")


class _Body:
    """An answer that has been read, for whoever reads it next."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, size: int | None = None) -> bytes:
        """Return the next piece."""
        end = len(self._data) if size is None else self._at + size
        part, self._at = self._data[self._at : end], end
        return part

    def close(self) -> None:
        """Do nothing: there is no connection to close."""


@contextmanager
def plain_words() -> Iterator[None]:
    """Say what went wrong on the way to a server."""
    requests = import_module("requests")
    try:
        yield
    except requests.exceptions.Timeout as error:
        raise Trouble(f"{_host_of(error)} did not answer in time", hint=f"try again later, {OTHERWISE}") from error
    except requests.exceptions.ConnectionError as error:
        what = f"{_host_of(error)} cannot be reached"
        raise Trouble(what, hint=f"is this computer online? {OTHERWISE[3:]}") from error
    except (requests.exceptions.RequestException, OSError) as error:
        what = f"the connection to {_host_of(error)} broke"
        raise Trouble(what, hint=f"try again, {OTHERWISE}") from error


def _late(host: str, timeout_s: float) -> Trouble:
    return Trouble(f"{host} did not answer in full within {timeout_s:g} s", hint=f"try again later, {OTHERWISE}")


def host_in(url: str) -> str:
    """Return the server's name in an address, without what a password may stand in."""
    return urlsplit(url).netloc.rpartition("@")[2] or "the server"


def _host_of(error: Exception) -> str:
    return host_in(str(getattr(getattr(error, "request", None), "url", "") or ""))


def _is_complete(elements: Any) -> bool:
    """Say whether an answer holds nodes and ways as Overpass writes them."""
    if not isinstance(elements, list) or not all(isinstance(one, dict) for one in elements):
        return False
    try:
        nodes = {one["id"] for one in elements if one["type"] == "node" and _is_place(one["lon"], one["lat"])}
        return all(
            isinstance(one["id"], int) and nodes.issuperset(one["nodes"]) for one in elements if one["type"] == "way"
        )
    except (KeyError, TypeError):
        return False


def _is_place(lon: Any, lat: Any) -> bool:
    return isinstance(lon, int | float) and isinstance(lat, int | float) and abs(lon) <= 180 and abs(lat) <= 90
