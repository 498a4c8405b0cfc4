// The demand points: unpacked when they are first asked for, drawn on one canvas however many there are.
(function () {
  "use strict";
  const cp = window.coverplan;

  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

  // Whole numbers of seven bits a byte, see outputs/maps/points.py.
  function numbers(text, count) {
    const raw = bytes(text);
    const out = new Float64Array(count);
    let at = 0;
    for (let i = 0; i < count; i++) {
      let value = 0, scale = 1;
      for (;;) {
        const byte = raw[at++];
        value += (byte & 127) * scale;
        if (byte < 128) break;
        scale *= 128;
      }
      out[i] = value;
    }
    return out;
  }

  // {x, y: web Mercator, 0..1 across the world; people}
  cp.cloud = function (points) {
    if (points.cloud) return points.cloud;
    const { n } = points;
    const steps = numbers(points.steps, 2 * n);
    const x = new Float64Array(n), y = new Float64Array(n);
    let lon = 0, lat = 0;
    for (let i = 0; i < n; i++) {
      const east = steps[2 * i], north = steps[2 * i + 1];
      lon += east % 2 ? -(east + 1) / 2 : east / 2;
      lat += north % 2 ? -(north + 1) / 2 : north / 2;
      x[i] = lon / points.per_degree / 360 + 0.5;
      y[i] = 0.5 - Math.asinh(Math.tan(lat / points.per_degree * Math.PI / 180)) / (2 * Math.PI);
    }
    const people = numbers(points.people, n);
    let most = 1;
    for (let i = 0; i < n; i++) most = Math.max(most, people[i]);
    return (points.cloud = { n, x, y, people, most });
  };

  const codesOf = (field) => field.made || (field.made = bytes(field.codes));

  cp.fieldOf = (data, ruleId) => (data.points && ruleId in data.points.rules ? data.points.fields[data.points.rules[ruleId]] : null);

  // People in every cell of a surface.
  cp.peopleOn = function (data, grid) {
    if (grid.people || !data.points) return grid.people;
    const cloud = cp.cloud(data.points);
    const whole = 2 * Math.PI * 6378137;
    grid.people = new Float64Array(grid.nx * grid.ny);
    for (let i = 0; i < cloud.n; i++) {
      const column = Math.floor(((cloud.x[i] - 0.5) * whole - grid.west) / grid.pixel);
      const row = Math.floor((grid.north - (0.5 - cloud.y[i]) * whole) / grid.pixel);
      if (column >= 0 && row >= 0 && column < grid.nx && row < grid.ny) grid.people[row * grid.nx + column] += cloud.people[i];
    }
    return grid.people;
  };

  const NONE = 0, WITHIN = 1, OUTSIDE = 2, CUT = 3;
  cp.POINTS = ["#41586b", "#74b3a6", "#4a1d75", "#000000"];
  const inks = cp.POINTS.map((css) => {
    const value = parseInt(css.slice(1), 16);
    return (255 << 24 | (value & 255) << 16 | (value >> 8 & 255) << 8 | value >> 16) >>> 0;
  });

  cp.PointCloud = L.Layer.extend({
    initialize(side, ruleId) {
      this.side = side;
      this.field = cp.fieldOf(side.data, ruleId);
    },
    getEvents() {
      return { moveend: this.draw, resize: this.draw, zoomstart: () => { this.canvas.style.visibility = "hidden"; } };
    },
    onAdd() {
      this.canvas = L.DomUtil.create("canvas", "cp-points leaflet-zoom-hide");
      this._map.getPane(this.side.pane("points")).appendChild(this.canvas);
      this.draw();
    },
    onRemove() {
      this.canvas.remove();
    },
    draw() {
      const map = this._map;
      const cloud = cp.cloud(this.side.data.points);
      const { x: width, y: height } = map.getSize();
      const canvas = this.canvas;
      canvas.width = width;
      canvas.height = height;
      canvas.style.visibility = "";
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      const context = canvas.getContext("2d");
      const image = context.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer);
      this.owner = new Int32Array(width * height);
      this.width = width;
      const scale = 256 * 2 ** map.getZoom();
      const corner = map.getPixelBounds().min;
      const codes = this.field ? codesOf(this.field) : null;
      const kind = (i) => (!codes ? NONE : codes[i] === cp.page.codes.point_unreached ? CUT : codes[i] <= this.field.limit ? WITHIN : OUTSIDE);
      const zoom = map.getZoom();
      const size = (i) => Math.min(14, Math.max(2, Math.round(Math.sqrt(cloud.people[i]) * 2 ** (zoom - 14.2) * 1.2)));
      // Those within first, so that nobody beyond the limit is hidden by them.
      for (let pass = NONE; pass <= CUT; pass++) {
        for (let i = 0; i < cloud.n; i++) {
          if (cloud.people[i] <= 0 || kind(i) !== pass) continue;
          const side = size(i);
          const left = Math.round(cloud.x[i] * scale - corner.x - side / 2), top = Math.round(cloud.y[i] * scale - corner.y - side / 2);
          if (left < 0 || top < 0 || left + side > width || top + side > height) continue;
          for (let row = top; row < top + side; row++) {
            pixels.fill(inks[pass], row * width + left, row * width + left + side);
            this.owner.fill(i + 1, row * width + left, row * width + left + side);
          }
        }
        if (!codes) break;
      }
      context.putImageData(image, 0, 0);
    },
    // The point within a few pixels of a place on the screen: its people and what the rule says, else null.
    at(where) {
      const reach = 4;
      for (let ring = 0; ring <= reach; ring++) {
        for (let dy = -ring; dy <= ring; dy++) {
          for (let dx = -ring; dx <= ring; dx++) {
            if (Math.max(Math.abs(dx), Math.abs(dy)) !== ring) continue;
            const column = Math.round(where.x) + dx, row = Math.round(where.y) + dy;
            const found = column >= 0 && column < this.width ? this.owner[row * this.width + column] : 0;
            if (found) return { people: cp.cloud(this.side.data.points).people[found - 1], code: this.field ? codesOf(this.field)[found - 1] : null };
          }
        }
      }
      return null;
    },
  });
})();
