// Base maps from the internet. Nothing here is asked for until a reader switches one on; addresses come with the data.
(function () {
  "use strict";
  const cp = window.coverplan;

  // WGS-84 to GCJ-02, the shift that Chinese law asks of public maps; the same formula as core/datum.py.
  cp.gcj02 = function (lat, lon) {
    const major = 6378245, eccentricity = 0.00669342162296594323, pi = Math.PI;
    if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lat, lon];
    const x = lon - 105, y = lat - 35;
    const waves = (20 * Math.sin(6 * x * pi) + 20 * Math.sin(2 * x * pi)) * 2 / 3;
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + waves;
    north += (20 * Math.sin(y * pi) + 40 * Math.sin(y / 3 * pi)) * 2 / 3 + (160 * Math.sin(y / 12 * pi) + 320 * Math.sin(y * pi / 30)) * 2 / 3;
    let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + waves;
    east += (20 * Math.sin(x * pi) + 40 * Math.sin(x / 3 * pi)) * 2 / 3 + (150 * Math.sin(x / 12 * pi) + 300 * Math.sin(x / 30 * pi)) * 2 / 3;
    const phi = lat * pi / 180;
    const magic = 1 - eccentricity * Math.sin(phi) ** 2;
    return [lat + north * 180 / (major * (1 - eccentricity) / (magic * Math.sqrt(magic)) * pi),
      lon + east * 180 / (major / Math.sqrt(magic) * Math.cos(phi) * pi)];
  };

  // Tiles drawn in GCJ-02 under a map in WGS-84: the layer looks for its tiles, and lays them, as if the map's centre
  // stood where GCJ-02 has it. The shift changes by less than a metre a kilometre, so it is renewed at every move.
  const Shifted = L.TileLayer.extend({
    _there(centre) {
      return L.latLng(cp.gcj02(centre.lat, centre.lng));
    },
    _getTiledPixelBounds(centre) {
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, this._there(centre));
    },
    _setZoomTransform(level, centre, zoom) {
      L.TileLayer.prototype._setZoomTransform.call(this, level, this._there(centre), zoom);
    },
    _onMoveEnd() {
      if (this._map && !this._map._animatingZoom) this._setZoomTransforms(this._map.getCenter(), this._map.getZoom());
      L.TileLayer.prototype._onMoveEnd.call(this);
    },
  });

  cp.tiles = function (source, key, failed) {
    const make = (url) => new (source.datum === "gcj02" ? Shifted : L.TileLayer)(url, {
      subdomains: source.hosts || "a", maxZoom: 18, maxNativeZoom: source.max_zoom, attribution: source.credit, key: encodeURIComponent(key || ""),
    }).on("tileerror", failed);
    return L.layerGroup([source.url, source.names].filter(Boolean).map(make));
  };
})();
