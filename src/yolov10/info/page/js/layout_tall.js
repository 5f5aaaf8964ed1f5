// The tall drawing for narrow screens: a lane for each resolution, time runs down.

/** Places for a scale on a drawing of some width: {nodes, picture, rows, edges, width, height, tall}. */
function layoutOf(scale, width) {
  return width < 820 ? tallLayout(scale, width) : wideLayout(scale, Math.max(width, WIDE));
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
