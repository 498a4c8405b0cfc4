"""How many kilometres of which roads a network holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coverplan.core.words import ROAD_CLASSES
from coverplan.roads.network import Network

_DM_PER_KM = 10_000.0


def road_lengths(network: Network) -> pd.DataFrame:
    """Add the roads of a network up by class.

    A road of two carriageways counts twice, as it is drawn.

    Returns
    -------
    DataFrame
        One row per class that occurs, in the order of `core.words.ROAD_CLASSES`: ``road_class``, ``edges``, ``km``, and
        of these ``km_drive``, ``km_walk`` (open in one direction at least) and ``km_signed`` (with a speed limit).

    Examples
    --------
    >>> from coverplan.roads.courses import straight_network
    >>> network = straight_network(x_m=[0, 1200], y_m=[0, 0], edges=[(0, 1)])
    >>> road_lengths(network)[["road_class", "edges", "km"]].values.tolist()
    [['residential', 1, 1.2]]
    """
    km = network.edge_length_dm / _DM_PER_KM
    open_to = {
        "km": np.ones(network.n_edges, dtype=bool),
        "km_drive": network.drive_forward | network.drive_backward,
        "km_walk": network.walk_forward | network.walk_backward,
        "km_signed": ~(np.isnan(network.kph_forward) & np.isnan(network.kph_backward)),
    }
    names = list(ROAD_CLASSES)
    sums = {
        name: np.bincount(network.edge_class, weights=km * which, minlength=len(names))
        for name, which in open_to.items()
    }
    table = pd.DataFrame({"road_class": names, "edges": np.bincount(network.edge_class, minlength=len(names)), **sums})
    return table[table["edges"] > 0].reset_index(drop=True)
