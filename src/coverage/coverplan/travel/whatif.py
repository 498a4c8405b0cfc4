"""What if a facility were here? A field that is changed, read, and changed back, fast enough to drag a station on a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from coverplan.core.model import Toward, Weight
from coverplan.core.units import from_tenths, tenths, within
from coverplan.roads.network import Float, Graph, Snaps
from coverplan.travel.field import Nearest, nearest
from coverplan.travel.kernels.core import core_of
from coverplan.travel.kernels.doors import demand_on, facility_doors, scratch_for, start_from
from coverplan.travel.kernels.edits import Edit, EditableField
from coverplan.travel.kernels.fields import split_keys
from coverplan.travel.kernels.jit import COMPILED, UNREACHED
