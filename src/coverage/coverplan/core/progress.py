"""How long work tells what it is doing: a small protocol that the command and the web page implement."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What long work calls; `cancelled` is asked between steps."""

    def message(self, text: str) -> None:
        """Say what is being done now."""
        ...

    def advance(self, done: int, total: int) -> None:
        """Say how far it is."""
        ...

    def cancelled(self) -> bool:
        """Return True when the user wants the work to stop."""
        ...


class Silent:
    """The progress of a script that does not want any."""

    def message(self, text: str) -> None:
        """Say nothing."""

    def advance(self, done: int, total: int) -> None:
        """Say nothing."""

    def cancelled(self) -> bool:
        """Never cancel."""
        return False


SILENT = Silent()
