// Where each layer stands. Wide: a row for each resolution, time runs right, so a step of resolution is a vertical
// step and a skip connection a level line. Tall, on narrow screens: the same turned, time runs down.

const STRIDES = [...new Set(layersOf(DATA.start).map(strideOf))].sort((a, b) => a - b);
const LEVELS = layersOf(DATA.start)[LAST].from;

/** Layers that stand in one column: a layer joins the one before it if its map has another resolution. */
const COLUMNS = layersOf(DATA.start).reduce((columns, layer, index, layers) => {
  const joins = index > 0 && index < LAST && columns.at(-1).length === 1 && strideOf(layer) !== strideOf(layers[index - 1]);
  if (joins) columns.at(-1).push(index);
  else columns.push([index]);
  return columns;
}, []);

/** Largest number of channels that a layer has in any scale: its column is as wide in all of them. */
const MOST_CHANNELS = layersOf(DATA.start).map((_, index) =>
  Math.max(...Object.keys(DATA.scales).map((scale) => layersOf(scale)[index].out[0][0])));

/** Size of a map on the screen, for `unit` of the drawing. */
function boxSize([channels, height, width], unit) {
  const cell = (230 / Math.max(...DATA.size)) * unit;
  return { length: Math.max(channels * 0.052 * unit, 0.8), height: height * cell, depth: width * cell };
}

/** Places for a scale on a drawing of some width: {nodes, picture, rows, edges, width, height, tall}. */
function layoutOf(scale, width) {
  return width < 820 ? tallLayout(scale, width) : wideLayout(scale, Math.max(width, WIDE));
}

const LABEL = 40;
const WIDE = 1290; // a narrower window gets this drawing made smaller

function wideLayout(scale, width) {
  const gap = 18, margin = 20, heads = 184;
  const columnWidth = (indices, unit) => Math.max(48, ...indices.map((index) => {
    const layer = layersOf(scale)[index];
    const size = boxSize([MOST_CHANNELS[index], ...layer.out[0].slice(1)], unit);
    return size.length + size.depth * BACK.x;
  }));
  const body = COLUMNS.slice(0, -1);
  const total = (unit) => margin + boxSize([3, ...DATA.size], unit).depth * BACK.x + 24
    + body.reduce((sum, column) => sum + columnWidth(column, unit) + gap, 0) + heads;
  let unit = 1.2;
  while (total(unit) > width && unit > 0.3) unit -= 0.02;

  const rows = rowsOf(unit);
  const nodes = [];
  const picture = boxSize([3, ...DATA.size], unit);
  let x = margin + picture.depth * BACK.x + 24;
  for (const column of body) {
    const wide = columnWidth(column, unit);
    for (const index of column) {
      const layer = layersOf(scale)[index];
      nodes[index] = node(layer, index, x + wide / 2, rows.at(strideOf(layer)), unit, { wide: wide + gap - 6 });
    }
    x += wide + gap;
  }
  nodes[LAST] = headNode(scale, unit, (level) => [x + 40, rows.at(strideOf(layersOf(scale)[level]))], 62);
  nodes[LAST].hit = [x - 2, rows.at(STRIDES[2]) - 76, 184, rows.at(STRIDES[4]) - rows.at(STRIDES[2]) + 132];
  return {
    tall: false, unit, width, height: rows.bottom, nodes, rows,
    picture: { x: margin, y: rows.at(STRIDES[0]) - picture.height / 2, size: picture },
    edges: (placed) => wideEdges(scale, placed, rows),
  };
}

/** Middle of each resolution's row, from its highest map, its labels and the skip lines above it. */
function rowsOf(unit) {
  const middles = new Map();
  const picture = boxSize([3, ...DATA.size], unit), first = boxSize([1, ...DATA.size.map((side) => side / STRIDES[0])], unit);
  let y = 8 + picture.depth * BACK.y + (picture.height - first.height) / 2 - first.depth * BACK.y - 6;
  for (const stride of STRIDES) {
    const size = boxSize([1, DATA.size[0] / stride, DATA.size[1] / stride], unit);
    y += size.depth * BACK.y + (stride > STRIDES[1] ? 24 : 6);
    middles.set(stride, y + size.height / 2);
    y += size.height + LABEL + 14;
  }
  return { at: (stride) => middles.get(stride), bottom: y + 4 };
}

function node(layer, index, cx, cy, unit, extra) {
  return { index, layer, cx, cy, ...boxSize(layer.out[0], unit), ...extra };
}

/** The heads: on each level two maps, of the training head and of the one in use. */
function headNode(scale, unit, place, twin) {
  const layer = layersOf(scale)[LAST];
  const levels = LEVELS.map((level, at) => {
    const [x, cy] = place(level);
    return { x, cy, ...boxSize(layer.out[at], unit) };
  });
  return { index: LAST, layer, levels, twin };
}

const left = (n) => n.cx - (n.length + n.depth * BACK.x) / 2;
const right = (n) => n.cx + (n.length + n.depth * BACK.x) / 2;
const top = (n) => n.cy - n.height / 2;
const bottom = (n) => n.cy + n.height / 2;

/** Every arrow as {from, to, far, path}. */
function wideEdges(scale, placed, rows) {
  const edges = [];
  for (const { index, layer } of placed.slice(0, LAST)) {
    for (const source of layer.from) {
      if (source < 0) continue;
      const a = placed[source], b = placed[index];
      let path;
      if (strideOf(a.layer) !== strideOf(b.layer)) {
        const down = a.cy < b.cy;
        const from = down ? bottom(a) + LABEL : top(a) - a.depth * BACK.y - 4;
        const to = down ? top(b) - b.depth * BACK.y - 5 : bottom(b) + LABEL - 2;
        path = `M${a.cx} ${from}V${to}`;
      } else if (source === index - 1) {
        path = `M${right(a) + 3} ${a.cy}H${left(b) - 5}`;
      } else {
        path = over(a, b);
      }
      edges.push({ from: source, to: index, far: source !== index - 1, path });
    }
  }
  const head = placed[LAST];
  LEVELS.forEach((level, at) => {
    const a = placed[level];
    edges.push({ from: level, to: LAST, far: false, path: `M${right(a) + 3} ${a.cy}H${head.levels[at].x - 6}` });
  });
  return edges;
}

/** A line that rises from one map, runs above what stands between, and comes down on the other. */
function over(a, b) {
  const start = top(a) - a.depth * BACK.y - 3, end = top(b) - b.depth * BACK.y - 5;
  const y = Math.min(start, end) - 9, bend = 6;
  return `M${a.cx} ${start}V${y + bend}q0 ${-bend} ${bend} ${-bend}H${b.cx - bend}q${bend} 0 ${bend} ${bend}V${end}`;
}

function tallLayout(scale, width) {
  const unit = Math.min(width / 900, 0.4) + 0.35;
  const lanes = Math.min(width * 0.56, 330);
  const laneOf = (stride) => 34 + (lanes - 60) * (STRIDES.indexOf(stride) / (STRIDES.length - 1)) ** 0.85;
  const picture = boxSize([3, ...DATA.size], unit);
  let y = picture.depth * BACK.y + picture.height + 34;
  const nodes = [];
  layersOf(scale).slice(0, -1).forEach((layer, index) => {
    const size = boxSize(layer.out[0], unit);
    const tall = Math.max(46, size.height + size.depth * BACK.y + 16);
    const middle = y + tall / 2 + (size.depth * BACK.y) / 2;
    nodes[index] = node(layer, index, laneOf(strideOf(layer)), middle, unit, { label: [lanes + 38, y + tall / 2] });
    nodes[index].hit = [0, y, width, tall];
    y += tall;
  });
  const headTop = y + 26;
  nodes[LAST] = headNode(scale, unit, (level) => [laneOf(strideOf(layersOf(scale)[level])) - 26, headTop + 34], 7);
  nodes[LAST].label = [lanes + 38, headTop + 30];
  nodes[LAST].hit = [0, y + 4, width, 84];
  return {
    tall: true, unit, width, height: y + 92, nodes, rows: null,
    picture: { x: 10, y: picture.depth * BACK.y + 4, size: picture },
    edges: (placed) => tallEdges(placed),
  };
}

function tallEdges(placed) {
  const edges = [];
  const join = (a, b) => {
    const from = [a.cx, bottom(a) + 3], to = [b.cx, top(b) - b.depth * BACK.y - 4];
    const half = (from[1] + to[1]) / 2;
    return `M${from}C${from[0]} ${half} ${to[0]} ${half} ${to}`;
  };
  // A skip connection keeps to the side where nothing of what it skips stands: finer maps are to the left.
  const beside = (a, b) => {
    const skipped = placed.slice(a.index + 1, b.index).map((n) => strideOf(n.layer));
    const side = skipped.length && Math.min(...skipped) < strideOf(a.layer) ? 1 : -1;
    const bulge = side > 0 ? 22 : 32;
    const edge = (n, distance) => (side > 0 ? right(n) + distance : left(n) - distance);
    const [from, to] = [edge(a, 3), b.cx === undefined ? b.x - 6 : edge(b, 6)];
    return `M${from} ${a.cy}C${from + side * bulge} ${a.cy} ${to + side * bulge} ${b.cy} ${to} ${b.cy}`;
  };
  for (const { index, layer } of placed.slice(0, LAST)) {
    for (const source of layer.from) {
      if (source < 0) continue;
      const a = placed[source], b = placed[index], far = source !== index - 1;
      edges.push({ from: source, to: index, far, path: far ? beside(a, b) : join(a, b) });
    }
  }
  LEVELS.forEach((level, at) => {
    const b = { ...placed[LAST].levels[at], index: LAST };
    edges.push({ from: level, to: LAST, far: true, path: beside(placed[level], b) });
  });
  return edges;
}
