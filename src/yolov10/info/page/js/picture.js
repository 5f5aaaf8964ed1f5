// The sample picture with marks on it, for the panels that show what a trained network does.

const SAMPLE = DATA.sample;

/** The picture under an SVG whose unit is a pixel of it; returns [element, svg]. */
function scene(description, attributes = {}) {
  const [width, height] = SAMPLE.picture;
  const marks = s("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const image = h("img", { src: SAMPLE.data, alt: description, width, height });
  return [h("div", { class: "scene", ...attributes }, image, marks), marks];
}

/** A rectangle from x1 y1 x2 y2. */
function rectangle([x1, y1, x2, y2], attributes) {
  return s("rect", { x: x1, y: y1, width: Math.max(x2 - x1, 0), height: Math.max(y2 - y1, 0), ...attributes });
}

/** Intersection over union of two boxes. */
function overlapOf(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}
