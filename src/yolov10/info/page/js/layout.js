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

/** Longest name that a layer has in any scale, for the same reason. */
const LONGEST_NAME = layersOf(DATA.start).map((_, index) =>
  Object.keys(DATA.scales).map((scale) => layersOf(scale)[index].kind).sort((a, b) => b.length - a.length)[0]);

/** Size of a map on the screen, for `unit` of the drawing. */
function boxSize([channels, height, width], unit) {
  const cell = (230 / Math.max(...DATA.size)) * unit;
  return { length: Math.max(channels * 0.052 * unit, 0.8), height: height * cell, depth: width * cell };
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
