"""Charts for a document: verdicts by system, people by minutes."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from coverplan.core.words import SYSTEMS
from coverplan.outputs.charts.drawing import INK, as_png, new_figure
from coverplan.outputs.charts.fonts import Lettering
from coverplan.outputs.phrases import both, of_word, status
from coverplan.standards.findings import Assessment, Verdict
from coverplan.standards.summary import tally_by

_COLOURS = {"met": "#5a9367", "not_met": "#c0553f", "measured": "#e8c468", "no_data": "#d5d5d5"}
_DARK = {"met", "not_met"}
_WIDTH_CM = 15.5
_LETTERS = 28


def system_chart(assessment: Assessment, letters: Lettering) -> bytes:
    """Draw how many rules of each system are met, not met, measured and without data; returns a PNG."""
    told = tally_by(assessment, "system")
    names = [fill(letters.of(of_word(SYSTEMS[name])), _LETTERS) for name in told["system"]]
    height = 1.6 + 0.47 * len(told)
    with letters.set():
        figure = new_figure(_WIDTH_CM, height)
        axes = figure.add_axes((0.28, 0.1 / height, 0.69, 1 - 0.9 / height))
        left = np.zeros(len(told))
        for name, colour in _COLOURS.items():
            counts = told[name].to_numpy(dtype=float)
            axes.barh(
                names, counts, left=left, color=colour, edgecolor="white", label=letters.of(status(name)), height=0.7
            )
            for i, count in enumerate(counts):
                if count:
                    ink = "white" if name in _DARK else INK
                    axes.text(left[i] + count / 2, i, f"{count:.0f}", ha="center", va="center", color=ink, fontsize=7)
            left += counts
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.tick_params(axis="y", length=0, labelsize=7)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncol=4, frameon=False, fontsize=7.5)
        return as_png(figure)


def people_curve(assessment: Assessment, verdict: Verdict, letters: Lettering) -> bytes:
    """Draw the share of people within each number of minutes or kilometres, and the limit; returns a PNG."""
    finding = verdict.default
    points = assessment.points[finding.key]
    value = points["value"].to_numpy(dtype=float)
    people = points["people"].to_numpy(dtype=float)
    order = np.argsort(value, kind="stable")
    reached = np.isfinite(value[order])
    x = value[order][reached]
    share = (np.cumsum(people[order]) / max(people.sum(), 1.0) * 100)[reached]
    limit = finding.point_limit or 0.0
    unit = both("分钟", "minutes") if finding.point_unit == "min" else both("公里", "km")
    with letters.set():
        figure = new_figure(_WIDTH_CM, 6.4)
        axes = figure.add_axes((0.09, 0.16, 0.88, 0.78))
        axes.step(np.concatenate([[0], x]), np.concatenate([[0], share]), where="post", color="#1f4e5f", lw=1.5)
        axes.axvline(limit, color="#c0553f", lw=1, ls="--")
        axes.text(limit, 3, f" {limit:g} {letters.of(unit)}", color="#c0553f", ha="left", va="bottom", fontsize=7.5)
        axes.set_xlim(0, max(limit * 1.25, float(x.max(initial=0.0)) * 1.03, 1.0))
        axes.set_ylim(0, 102)
        axes.set_xlabel(letters.of(unit))
        axes.set_ylabel(letters.of(both("居民，%", "people, %")))
        axes.grid(visible=True, color="#e5e5e5", lw=0.6)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return as_png(figure)
