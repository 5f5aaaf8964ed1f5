// Numbers as people read them, and the formulas that came with the data.

const whole = (number) => Math.round(number).toLocaleString("en-US");
const percent = (part, all) => `${(100 * part / all).toFixed(1)} %`;
const shapeText = (shape) => shape.join(" × ");

/** A map in few signs: 64·80², 64·40×56. */
const mapText = ([channels, height, width]) => `${channels}·${height === width ? `${height}²` : `${height}×${width}`}`;

/** A count in three digits: 2.30 M, 8.57 G. */
function brief(number) {
  for (const [unit, size] of [["G", 1e9], ["M", 1e6], ["k", 1e3]]) {
    if (number >= size) return `${(number / size).toPrecision(3)} ${unit}`;
  }
  return String(number);
}

/** What a formula, a list of [coefficient, letters], is at some values. */
function evaluate(formula, values) {
  return formula.reduce((sum, [coefficient, letters]) =>
    sum + letters.reduce((product, letter) => product * values[letter], coefficient), 0);
}

/** A formula's text with numbers put in for letters; a letter may have two signs, as c1. */
function numbersPutIn(text, values) {
  return text.replace(/[a-zA-Z]\d?/g, (letter) => (letter in values ? whole(values[letter]) : letter));
}

/** The steps of a layer as objects. */
function stepsOf(layer) {
  layer.stepObjects ??= layer.steps.map((step) =>
    Object.fromEntries(DATA.stepFields.map((field, at) => [field, step[at]])));
  return layer.stepObjects;
}

/** "n and s", "m, b, l and x". */
const listed = (names) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

const FORM_NAMES = ["Training", "One head", "Fused"];
const layersOf = (scale) => DATA.scales[scale].layers;
const strideOf = (layer) => DATA.size[0] / layer.out[0][1];
/** Scales that have a layer with a large kernel. */
const withLargeKernel = () => Object.keys(DATA.scales).filter((scale) => layersOf(scale).some((layer) => layer.options.large_kernel));
const NECK = layersOf(DATA.start).findIndex((layer) => layer.kind === "Upsample");
const LAST = layersOf(DATA.start).length - 1;

/** Backbone, neck or head: the neck begins where maps grow again. */
const partOf = (index) => (index === LAST ? "head" : index >= NECK ? "neck" : "backbone");
