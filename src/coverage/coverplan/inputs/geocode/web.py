"""Asking a geocoding service: one polite door to the network that never lets a key out.

geopy writes the addresses it asks for to its log and into its errors, so it is given a stand-in; the key takes its
place only here, in the moment of sending, and is struck out of whatever comes back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import HTTPException
from ssl import SSLContext
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, quote_plus
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeocoderServiceError, GeocoderTimedOut, GeocoderUnavailable

STAND_IN = "COVERPLAN-KEY"
"""What geopy holds in place of the key."""
_STRUCK = "***"
_MOST_BYTES = 2_000_000
_CHUNK = 16_384


class Secret:
    """A key that does not show itself: its text forms are stars, and only `web` reads it.

    Examples
    --------
    >>> key = Secret("abc123")
    >>> f"{key} {key!r}", key.strike("ak=abc123 is not valid")
    ('*** Secret(***)', 'ak=*** is not valid')
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __str__(self) -> str:
        return _STRUCK

    def __repr__(self) -> str:
        return f"Secret({_STRUCK})"

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, ("",)

    def put_into(self, url: str) -> str:
        """Return the address with the key in the place of its stand-in."""
        return url.replace(STAND_IN, quote(self.__value, safe=""))

    def strike(self, text: str) -> str:
        """Return a text without the key, in each way it may be written there."""
        value = self.__value
        if not value:
            return text
        forms = {value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1]}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, _STRUCK)
        return text


class QuietAdapter(BaseSyncAdapter):
    """Carries geopy's requests: puts the key in, limits time and size of the whole answer, strikes the key out.

    geopy makes it through a factory, `adapter_for(key)`. Proxies and certificates are those of the system.
    """

    def __init__(self, *, proxies: dict[str, str] | None, ssl_context: SSLContext | None, key: Secret) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        handlers = [HTTPSHandler(context=ssl_context), *([] if proxies is None else [ProxyHandler(proxies)])]
        self._open = build_opener(*handlers).open
        self._key = key

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """Ask for JSON and return it parsed."""
        text = self.get_text(url, timeout=timeout, headers=headers)
        try:
            return json.loads(text)
        except ValueError:
            pass
        raise GeocoderParseError(f"the answer is not JSON: {_short(text)}")

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """Ask for text. Whatever goes wrong is told by an error that carries neither key nor address."""
        limit = time.monotonic() + timeout
        trouble: Exception
        try:
            with self._send(url, timeout=timeout, headers=headers) as page:
                return self._key.strike(_read(page, limit))
        except HTTPError as error:
            told = {name.lower(): value for name, value in (error.headers or {}).items()}
            body = self._key.strike(_read_quietly(error, limit))
            error.close()
            trouble = AdapterHTTPError(f"HTTP {error.code}", status_code=error.code, headers=told, text=body)
        except TimeoutError:
            trouble = GeocoderTimedOut("no answer in time")
        except URLError as error:
            late = isinstance(error.reason, TimeoutError)
            trouble = GeocoderTimedOut("no answer in time") if late else GeocoderUnavailable("cannot be reached")
        except (OSError, HTTPException):
            trouble = GeocoderUnavailable("the connection broke")
        except (UnicodeDecodeError, LookupError):
            trouble = GeocoderParseError("the answer is not text")
        # Raised out here, so that no error that knows the address hangs on this one.
        raise trouble

    def _send(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        """Send the request; the address with the key lives in this frame only."""
        return self._open(Request(self._key.put_into(url), headers=headers), timeout=timeout)  # noqa: S310 - http(s) only


def adapter_for(key: Secret) -> Callable[..., QuietAdapter]:
    """Return the factory of adapters that geopy wants."""

    def make(*, proxies: dict[str, str] | None, ssl_context: SSLContext | None) -> QuietAdapter:
        return QuietAdapter(proxies=proxies, ssl_context=ssl_context, key=key)

    return make


def _read(page: Any, limit: float) -> str:
    """Read an answer piece by piece, so that a server that drips cannot hold us beyond the time limit."""
    parts: list[bytes] = []
    size = 0
    while part := page.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if time.monotonic() > limit:
            raise TimeoutError
        if size > _MOST_BYTES:
            raise GeocoderServiceError("the answer is far too long")
    promised = page.headers.get("Content-Length")
    if promised and promised.isdigit() and size < int(promised):
        raise HTTPException
    return b"".join(parts).decode(page.headers.get_content_charset() or "utf-8")


def _read_quietly(page: Any, limit: float) -> str:
    """Read the body of a refusal, as far as it can be read."""
    try:
        return _read(page, limit)
    except (OSError, HTTPException, UnicodeDecodeError, LookupError, GeocoderServiceError):
        return ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
