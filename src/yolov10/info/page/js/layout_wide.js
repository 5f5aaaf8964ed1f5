// The wide drawing: a row for each resolution, time runs right.

const LABEL = 40, LETTER = 7.2; // of the names under the maps
const WIDE = 1290; // a narrower window gets this drawing made smaller

function wideLayout(scale, width) {
  const gap = 18, margin = 20, heads = 184;
  const columnWidth = (indices, unit) => Math.max(48, ...indices.map((index) => {
    const layer = layersOf(scale)[index];
    const size = boxSize([MOST_CHANNELS[index], ...layer.out[0].slice(1)], unit);
    return Math.max(size.length + size.depth * BACK.x, nameWidth(index) - gap + 6);
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
      nodes[index] = node(layer, index, x + wide / 2, rows.at(strideOf(layer)), unit, { wide: Math.max(wide + gap - 6, nameWidth(index) + 6) });
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

/** What the longest name that a layer has in any scale takes, whatever the scale: columns keep their places. */
const nameWidth = (index) => `${index} ${LONGEST_NAME[index]}`.length * LETTER;

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
