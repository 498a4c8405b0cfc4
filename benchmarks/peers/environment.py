"""An environment of their own for the peers: their licences, or their size, keep them out of ours."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent / ".venv"
PEERS = ("pandana", "pyroutingkit", "osrm-bindings", "pyvalhalla", "spopt")
PYTHON = "3.12"
"""OSRM and Valhalla come as wheels for 3.12 and later only."""


def make() -> dict[str, str | None]:
    """Make the environment if it is not there; returns each peer's version, `None` where there is none to be had."""
    python = interpreter()
    uv = Path(sys.executable).with_name("uv")
    if not python.exists():
        print(f"making {HOME.name} for the peers (once; about 900 MB) ...", file=sys.stderr)
        subprocess.run([uv, "venv", "--quiet", "--python", found(), HOME], check=True)
        for name in PEERS:
            # One by one: a peer without a wheel for this machine must not keep the others out.
            subprocess.run([uv, "pip", "install", "--quiet", "--python", python, name], check=False)
    ask = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
    told = {
        name: subprocess.run([python, "-c", ask, name], capture_output=True, text=True, check=False) for name in PEERS
    }
    return {name: answer.stdout.strip() if answer.returncode == 0 else None for name, answer in told.items()}


def interpreter() -> Path:
    """Return the environment's Python."""
    return HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def found() -> str:
    """Return a Python of the version wanted: the one on the path if it runs, else whatever uv finds."""
    there = shutil.which(f"python{PYTHON}")
    if there and subprocess.run([there, "-c", ""], capture_output=True, check=False).returncode == 0:
        return there
    versions = sorted(Path.home().glob(f".pyenv/versions/{PYTHON}.*/bin/python"))
    return str(versions[-1]) if versions else PYTHON
