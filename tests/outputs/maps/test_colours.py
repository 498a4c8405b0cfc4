"""The colours of the map tell the same story to every eye and on grey paper."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from coverplan.outputs.maps.offline import asset_text
from coverplan.outputs.maps.raster import bands
from coverplan.outputs.maps.results import step_legend
from coverplan.outputs.maps.surfaces import css

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# One step that a reader is asked to tell from the next; 2.3 is what can just be noticed side by side.
TOLD_APART = 7.0


def _lab(colour: str, eye: str = "normal") -> np.ndarray:
    """Return CIE L*a*b* (D65) of an sRGB colour as an eye sees it."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(EYES[eye] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _scales() -> dict[str, list[str]]:
    found = {f"{limit} min": [css(band.colour) for band in bands(limit * 60.0)] for limit in (5, 8, 14, 15, 30)}
    return {**found, "towns": [step["colour"] for step in step_legend()]}


@pytest.mark.parametrize("name", list(_scales()))
def test_a_scale_darkens_steadily(name: str) -> None:
    """From the best to the worst class lightness falls, by enough to be seen when printed in grey."""
    light = [_lab(colour)[0] for colour in _scales()[name]]
    assert all(before - after >= 3 for before, after in pairwise(light)), light
    assert light[0] - light[-1] > 50


@pytest.mark.parametrize("eye", list(EYES))
@pytest.mark.parametrize("name", list(_scales()))
def test_a_scale_survives_colour_blindness(name: str, eye: str) -> None:
    """Every class differs from its neighbours, and more so from all others, for the three kinds of colour blindness."""
    seen = [_lab(colour, eye) for colour in _scales()[name]]
    for (i, one), (j, other) in combinations(enumerate(seen), 2):
        assert np.linalg.norm(one - other) >= TOLD_APART * (1 if j == i + 1 else 1.5), (name, eye, i, j)


def test_the_limit_is_the_clearest_step() -> None:
    """Between within and beyond lies the greatest fall of lightness of its surroundings, or a change of hue besides."""
    chosen = bands(14 * 60.0)
    last = max(i for i, band in enumerate(chosen) if not band.over)
    for eye in EYES:
        seen = [_lab(css(band.colour), eye) for band in chosen]
        assert np.linalg.norm(seen[last] - seen[last + 1]) >= 2 * TOLD_APART, eye


@pytest.mark.parametrize("eye", list(EYES))
def test_points_within_and_beyond_differ(eye: str) -> None:
    """A demand point beyond the limit is much darker than one within it."""
    script = asset_text("page/points.js")
    listed = script.split("cp.POINTS = [")[1].split("]")[0].replace('"', "").split(", ")
    _, within, beyond, cut = (_lab(colour, eye) for colour in listed)
    assert within[0] - beyond[0] > 30
    assert np.linalg.norm(beyond - cut) >= 2 * TOLD_APART
