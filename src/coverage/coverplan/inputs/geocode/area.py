"""The study area as placing needs it: does a point lie in it, and if not, what may have gone wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import cos, isfinite, radians
from typing import TYPE_CHECKING, Any

import shapely

from coverplan.core.datum import to_wgs84

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, kw_only=True)
class StudyArea:
    """The area of a study in WGS-84 degrees; without a shape everything lies in it.

    Examples
    --------
    >>> area = StudyArea.of(shapely.box(118.4, 24.5, 118.7, 24.9))
    >>> area.covers(118.5, 24.8), area.covers(119.5, 24.8), area.hint(24.8, 118.5)
    (True, False, 'are longitude and latitude swapped?')
    """

    shape: BaseGeometry | None

    @classmethod
    def of(cls, area: gpd.GeoDataFrame | BaseGeometry | None) -> StudyArea:
        """Take polygons in any CRS, or a bare geometry in degrees."""
        if area is None:
            return cls(shape=None)
        if isinstance(area, shapely.Geometry):
            return cls(shape=area)
        shapes: Any = area.geometry if area.crs is None else area.geometry.to_crs("EPSG:4326")
        return cls(shape=shapes.union_all() if len(shapes) else None)

    @cached_property
    def _prepared(self) -> BaseGeometry | None:
        if self.shape is not None:
            shapely.prepare(self.shape)
        return self.shape

    def covers(self, lon: float, lat: float, *, slack_m: float = 0.0) -> bool:
        """Say whether a point lies in the area, on its edge, or at most `slack_m` metres outside."""
        if not (isfinite(lon) and isfinite(lat)):
            return False
        shape = self._prepared
        if shape is None or shapely.intersects_xy(shape, lon, lat):
            return True
        if slack_m <= 0:
            return False
        # A degree of longitude is shorter than one of latitude: measure on a plane squeezed accordingly.
        squeeze = cos(radians(lat))
        near = shapely.transform(shape, lambda xy: (xy - (lon, lat)) * (squeeze, 1.0))
        return float(shapely.distance(near, shapely.Point(0, 0))) * _METRES_PER_DEGREE <= slack_m

    def hint(self, lon: float, lat: float) -> str:
        """Guess why a point that a user gave lies outside."""
        if self.covers(lat, lon):
            return "are longitude and latitude swapped?"
        for datum, source in (("gcj02", "AMap or Tencent"), ("bd09", "Baidu")):
            east, north = to_wgs84(lon, lat, datum)
            if self.covers(float(east), float(north)):
                return f"if the coordinates come from {source}, write {datum} as datum"
        return "correct it on the review list"
