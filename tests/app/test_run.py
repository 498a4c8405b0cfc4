"""The planner is put up where it should be, says who can reach it, and stops cleanly."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from coverplan.app.run import take_place
from coverplan.cli.entry import start
from coverplan.core.errors import InputError


def test_unless_told_otherwise_only_this_machine_can_ask() -> None:
    """The address is this machine's own, and there is no token."""
    place = take_place(port=0)
    try:
        assert place.taken.getsockname()[0] == "127.0.0.1"
        assert (place.only_here, place.gate.token) == (True, None)
        assert place.address == f"http://127.0.0.1:{place.port}/"
    finally:
        place.taken.close()


def test_another_address_wants_a_token() -> None:
    """One is made that nobody guesses, and stands in the address; a weak one is refused."""
    place = take_place("0.0.0.0", 0)  # noqa: S104 - what is tested
    try:
        assert not place.only_here
        assert len(place.gate.token or "") >= 32
        assert place.address.endswith(f":{place.port}/?token={place.gate.token}")
    finally:
        place.taken.close()
    for token in ("short", "with spaces in it", "with;semicolon-in-it", "x" * 201):
        with pytest.raises(InputError, match="no token"):
            take_place(port=0, token=token)


def test_a_port_that_is_taken_is_a_clear_message() -> None:
    """It names the port and another that might do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port} is taken by another program.*--port {port + 1}"):
            take_place(port=port)
    with pytest.raises(InputError, match="there is no address"):
        take_place("no.such.host.invalid", 0)


def served(tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    """Start the command as a planner does, with a folder for its scenarios."""
    command = [sys.executable, "-m", "coverplan", "serve", "three-bridges", "--port", "0", "--no-open",
               "--scenarios", str(tmp_path / "mine"), *more]  # fmt: skip
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "80"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )


def test_the_command_serves_until_ctrl_c(tmp_path: Path) -> None:
    """It says where it listens, for whom, and where scenarios go; Ctrl-C ends it with 0 and one line."""
    worker = served(tmp_path, "--language", "zh")
    assert worker.stdout is not None
    try:
        said = [worker.stdout.readline() for _ in range(5)]
        address = said[1].strip()
        assert "三桥县" in said[0]
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/?lang=zh")
        assert said[2] == "It listens on this machine only; no other machine can reach it.\n"
        assert "mine/" in said[3]
        origin = address.partition("/?")[0]
        assert httpx.get(f"{origin}/api/health", timeout=20).json()["ok"]
        desk = httpx.post(f"{origin}/api/desks", json={}, timeout=20).json()["desk_id"]
        assert httpx.put(f"{origin}/api/scenarios/a", json={"desk_id": desk}, timeout=20).status_code == 200
        worker.send_signal(signal.SIGINT)
        out, err = worker.communicate(timeout=30)
    finally:
        worker.kill()
        worker.communicate()
    assert worker.returncode == 0
    assert out == ""
    assert err.strip().endswith("Stopped; what was saved is saved.")
    assert "Traceback" not in err
    assert (tmp_path / "mine" / "a.yaml").is_file()


def test_the_command_says_what_is_wrong_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port ends with 1, an impossible one with 2, both in words and before anything is read."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert start(["serve", "no-such-study.yaml", "--port", port]) == 1
    assert "is taken by another program" in " ".join(capsys.readouterr().err.split())
    assert start(["serve", "no-such-study.yaml", "--port", "70000"]) == 2
    assert "70000 is no port" in capsys.readouterr().err
    assert start(["serve", "no-such-study.yaml", "--port", "0", "--token", "weak"]) == 1
    assert "that is no token" in capsys.readouterr().err
    assert start(["serve", "no-such-study.yaml", "--port", "0"]) == 1
    assert "there is no such config file" in capsys.readouterr().err
