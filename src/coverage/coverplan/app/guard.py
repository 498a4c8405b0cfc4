"""Who may ask, from where, and how much: checked before anything is read."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coverplan.app.answers import told
from coverplan.app.complaints import Told, plain_text, problem

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_UPLOAD = 2_000_000
MOST_BODY = 1_000_000
_COOKIE = "coverplan_token"
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FORM_OVERHEAD = 4_096
_MOST_DRAINED = 50_000_000
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What is asked of whoever asks.

    Attributes
    ----------
    host
        The address the server listens on.
    token
        What everybody has to know; None where only this machine can ask.
    """

    host: str = "127.0.0.1"
    token: str | None = None

    def knows(self, host: str) -> bool:
        """Say whether a Host header names this server; a foreign name that leads here is a trick (DNS rebinding)."""
        name = (urlsplit(f"//{host}").hostname or "") if host else ""
        return self.host not in LOOPBACK or name in LOOPBACK


class Refusal(HTTPException):
    """A request that goes no further."""

    def __init__(self, status: HTTPStatus, wrong: Told) -> None:
        super().__init__(int(status), wrong.what)
        self.status = status
        self.problem = told(wrong)


class Guard:
    """The doorkeeper: an ASGI middleware."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app, self.gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = _with_headers(send, scope["path"])
        try:
            self._check(scope, headers)
            if (way := self._sign_in(scope)) is not None:
                await _redirect(way, self.gate.token or "", answer)
                return
            self._check_token(headers)
            limit = _limit(scope, headers)
        except Refusal as refusal:
            if refusal.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                await _drain(receive)
            await _refuse(refusal, answer)
            return
        await self._measured(scope, receive, answer, limit)

    def _check(self, scope: Scope, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        if not self.gate.knows(host):
            raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, problem("wrong_host", "Host"))
        if scope["method"] not in _CHANGING:
            return
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        if foreign or headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            raise Refusal(HTTPStatus.FORBIDDEN, problem("foreign_site", "Origin"))
        if scope["method"] == "DELETE":
            return
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        wanted = "multipart/form-data" if scope["path"].endswith("/sites") else "application/json"
        if kind != wanted:
            said = plain_text(kind) if kind.isprintable() else ""
            wrong = (
                problem("wrong_content_type", "Content-Type", kind=said, wanted=wanted)
                if said
                else problem("no_content_type", "Content-Type", wanted=wanted)
            )
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, wrong)

    def _sign_in(self, scope: Scope) -> str | None:
        """Return where to go on when the right token stands in the address; the cookie has it from then on."""
        if self.gate.token is None or b"token=" not in scope["query_string"]:
            return None
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(asked).get("token", "")
        if scope["method"] != "GET" or not _same(given, self.gate.token):
            return None
        rest = urlencode([(key, value) for key, value in asked if key != "token"])
        path = "/" + scope["path"].lstrip("/\\")
        return f"{path}?{rest}" if rest else path

    def _check_token(self, headers: dict[str, str]) -> None:
        token = self.gate.token
        if token is None:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(given.strip(), token):
            return
        if _same(_cookie(headers.get("cookie", "")), token):
            return
        raise Refusal(HTTPStatus.UNAUTHORIZED, problem("no_token", "token"))

    async def _measured(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """Hand the request on, and stop reading when it is longer than it may be."""
        seen, started = 0, False

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                await _drain(receive)
                raise _too_large(limit)
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, bounded, noted)
        except Refusal as refusal:
            if started:
                raise
            await _refuse(refusal, send)


async def _drain(receive: Receive) -> None:
    """Take what is on its way and forget it: who still sends does not hear the answer. What never ends is cut off."""
    seen, more = 0, True
    while more and seen < _MOST_DRAINED:
        message = await receive()
        seen += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)


def _limit(scope: Scope, headers: dict[str, str]) -> int:
    limit = MOST_UPLOAD + _FORM_OVERHEAD if scope["path"].endswith("/sites") else MOST_BODY
    said = headers.get("content-length", "")
    if said.isascii() and said.isdigit() and (len(said) > 12 or int(said) > limit):
        raise _too_large(limit)
    return limit


def _too_large(limit: int) -> Refusal:
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem("too_large", "body", most=f"{limit / 1e6:.0f}"))


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(_COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _with_headers(send: Send, path: str) -> Send:
    fixed = [*_HEADERS, (b"cache-control", b"no-store" if path.startswith("/api") else b"no-cache")]

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            told = {name.lower() for name, _ in message.get("headers", ())}
            message["headers"] = [*message.get("headers", ()), *(one for one in fixed if one[0] not in told)]
        await send(message)

    return dressed


async def _refuse(refusal: Refusal, send: Send) -> None:
    body = json.dumps({"problems": [refusal.problem]}, ensure_ascii=False).encode("utf-8", "replace")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    if refusal.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": int(refusal.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _redirect(way: str, token: str, send: Send) -> None:
    cookie = f"{_COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
    headers = [(b"location", way.encode("ascii", "replace")), (b"set-cookie", cookie.encode()),
               (b"content-length", b"0")]  # fmt: skip
    await send({"type": "http.response.start", "status": int(HTTPStatus.SEE_OTHER), "headers": headers})
    await send({"type": "http.response.body", "body": b""})
