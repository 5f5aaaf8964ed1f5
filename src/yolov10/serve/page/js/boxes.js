// Boxes: which are shown, and how they are drawn. Colours are those of the service's own pictures.

const colour = (index) => COLOURS[index % COLOURS.length];

/** Black or white, whichever is legible on a class's colour. */
function ink(index) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour(index).slice(at, at + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff";
}

/** The detections above the threshold whose class is not switched off, surest first. */
const shown = (item, view) =>
  item.detections.filter((found) => found.confidence > view.threshold && !view.off.has(found.class));

const label = (found) => `${found.name} ${found.confidence.toFixed(2)}`;

/**
 * Draw boxes over a picture that is there already.
 * gain: drawn pixels per pixel of the boxes; unit: size of a hairline; picked: the one to stand out.
 */
function drawBoxes(context, detections, { gain, unit, labels, picked }) {
  const others = picked ? 0.35 : 1;
  context.save();
  context.lineJoin = "round";
  for (const found of [...detections].reverse()) outline(context, found, gain, unit, others);
  if (picked && detections.includes(picked)) outline(context, picked, gain, unit * 1.5, 1);
  context.restore();
  if (labels || picked) drawLabels(context, picked ? [picked] : detections, gain, unit);
}

function outline(context, found, gain, unit, opacity) {
  const [x1, y1, x2, y2] = found.box.map((side) => side * gain);
  context.globalAlpha = opacity;
  context.strokeStyle = "rgba(0, 0, 0, 0.28)";
  context.lineWidth = 3.6 * unit;
  context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  context.strokeStyle = colour(found.class);
  context.lineWidth = 2.2 * unit;
  context.strokeRect(x1, y1, x2 - x1, y2 - y1);
}

/** A tag on every box that has room for it: the surest first, none over another. */
function drawLabels(context, detections, gain, unit) {
  const height = 18 * unit;
  const { width: right } = context.canvas;
  const taken = [];
  context.font = `600 ${12 * unit}px Inter, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif`;
  context.textBaseline = "middle";
  for (const found of detections) {
    const text = label(found);
    const width = context.measureText(text).width + 10 * unit;
    const [x1, y1] = found.box.map((side) => side * gain);
    const x = Math.max(0, Math.min(x1 - unit, right - width));
    const y = y1 >= height ? y1 - height : y1;
    const covers = (tag) => x < tag.x + tag.width && tag.x < x + width && Math.abs(y - tag.y) < height;
    if (taken.some(covers)) continue;
    taken.push({ x, y, width });
    context.fillStyle = colour(found.class);
    context.fillRect(x, y, width, height);
    context.fillStyle = ink(found.class);
    context.fillText(text, x + 5 * unit, y + height / 2 + unit / 2);
  }
}

/** The smallest of the boxes that a place [x, y], in pixels of the picture, lies in. */
function boxAt(detections, [x, y]) {
  const area = ({ box: [x1, y1, x2, y2] }) => (x2 - x1) * (y2 - y1);
  return detections
    .filter(({ box: [x1, y1, x2, y2] }) => x1 <= x && x <= x2 && y1 <= y && y <= y2)
    .sort((a, b) => area(a) - area(b))[0];
}
