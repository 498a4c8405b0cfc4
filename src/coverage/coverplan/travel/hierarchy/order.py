"""In which order a hierarchy takes nodes out: those that separate large parts of a network last."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np

from coverplan.core.progress import SILENT, Progress
from coverplan.travel.hierarchy.dissection import dissect, separate
from coverplan.travel.hierarchy.links import Links, Slate
from coverplan.travel.kernels.rows import Int32

_SMALL = 4096
"""Parts no larger than this, or than a sixty-fourth of the network, are done in one piece."""


def by_dissection(links: Links, *, threads: int | None = None, progress: Progress = SILENT) -> Int32:
    """Return the rank of each node: both sides of a cut come before the nodes that separate them, and so on inwards.

    It depends on who is beside whom only, neither on weights nor on the number of threads.
    """
    n = len(links.start) - 1
    slate = Slate(np.full(n, -1, np.int32), np.empty(n, np.int32))
    nodes = np.arange(n, dtype=np.int32)
    small = max(_SMALL, n // 64)

    def take(begin: int, end: int) -> tuple[int, list[tuple[int, int]]]:
        """Rank a part, or what separates its two sides; returns how many got a rank, and the sides that are left."""
        part = nodes[begin:end]
        if end - begin <= small:
            dissect(links, slate, part, begin)
            return end - begin, []
        middle, last = (begin + np.cumsum(separate(links, slate, part))).tolist()
        slate.rank[nodes[last:end]] = np.arange(last, end, dtype=np.int32)
        return end - last, [(a, b) for a, b in ((begin, middle), (middle, last)) if a < b]

    if n <= small:
        take(0, n)
        return slate.rank
    ranked = 0
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        waiting: set[Future[tuple[int, list[tuple[int, int]]]]] = {pool.submit(take, 0, n)}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                more, sides = future.result()
                ranked += more
                waiting |= {pool.submit(take, *side) for side in sides}
            progress.advance(ranked, n)
    return slate.rank
