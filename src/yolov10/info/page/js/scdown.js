// Why two convolutions instead of one: SCDown beside a plain convolution with stride 2.

function startScdown() {
  const values = { c1: 256, c2: 512, size: 80 };
  const verdict = h("p", { class: "verdict", role: "status" }), bars = h("div", { class: "bars" });
  const drawing = s("svg", { class: "flow", viewBox: "0 0 720 250", "aria-hidden": "true" });
  const formulas = h("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "Formulas" });

  const show = () => {
    const { c1, c2, size } = values;
    const numbers = { c1, c2, k: 3, M: size ** 2, N: (size / 2) ** 2 };
    const of = (name) => ({
      weights: evaluate(DATA.formulas[name].weights, numbers), operations: 2 * evaluate(DATA.formulas[name].macs, numbers),
      parameters: evaluate(DATA.formulas[name].parameters, numbers),
    });
    const plain = of("conv"), ours = of("scdown");
    verdict.replaceChildren(h("b", {}, `${(plain.weights / ours.weights).toFixed(2)} ×`), " fewer weights, ",
      h("b", {}, `${(plain.operations / ours.operations).toFixed(2)} ×`), " fewer operations");
    bars.replaceChildren(...barGroup("weights", plain.weights, ours.weights, whole),
      ...barGroup("operations", plain.operations, ours.operations, (n) => `${brief(n)}FLOPs`));
    formulas.replaceChildren(...[["plain 3×3", "conv", plain], ["SCDown", "scdown", ours]].flatMap(([name, key, counts]) => [
      h("div", {}, `${name}: ${DATA.formulas[key].text}`),
      h("div", { class: "soft" }, `= ${numbersPutIn(DATA.formulas[key].text, numbers)} = ${whole(counts.parameters)} parameters`),
    ]));
    drawScdown(drawing, values);
  };

  const [inputSlider, setIn] = slider("channels in", { min: 16, max: 640, step: 16, value: values.c1 }, (n) => { values.c1 = n; show(); });
  const [outputSlider, setOut] = slider("channels out", { min: 16, max: 640, step: 16, value: values.c2 }, (n) => { values.c2 = n; show(); });
  const [sizeSlider, setSize] = slider("height and width", { min: 20, max: 160, step: 20, value: values.size }, (n) => { values.size = n; show(); });
  const preset = h("select", { id: "scdown-preset", onchange: () => {
    if (!preset.value) return;
    const [scale, index] = preset.value.split(" ");
    const layer = layersOf(scale)[index];
    Object.assign(values, { c1: layer.in[0], c2: layer.out[0][0], size: layer.out[0][1] * 2 });
    setIn(values.c1);
    setOut(values.c2);
    setSize(values.size);
    show();
  } }, h("option", { value: "" }, "any"), Object.keys(DATA.scales).flatMap((scale) =>
    layersOf(scale).flatMap((layer, index) => layer.kind === "SCDown"
      ? [h("option", { value: `${scale} ${index}` }, `layer ${index} of ${scale}: ${layer.in[0]} → ${layer.out[0][0]}`)] : [])));
  panel("scdown", "Why two convolutions where one would do?",
    "To halve a map and widen it, SCDown first changes the channels with a 1×1 convolution, then the resolution with a depthwise 3×3 of stride 2. Nothing then multiplies channels by channels by the cells of a kernel.",
    DATA.blocks.SCDown.source,
    h("div", { class: "split" },
      h("div", { class: "stack" }, h("div", {}, h("label", { class: "label", for: "scdown-preset" }, "As in"), preset), inputSlider, outputSlider, sizeSlider),
      h("div", { class: "stack" }, verdict, drawing, bars, formulas)));
  show();
}

/** Two bars of one measure, of the plain convolution and of ours. */
function barGroup(title, plain, ours, show) {
  const most = Math.max(plain, ours);
  const bar = (name, value, hue) => [h("span", {}, name),
    h("div", { class: "track", "aria-hidden": "true" }, h("i", { style: `--hue: var(--${hue}); width: ${100 * value / most}%` })),
    h("span", { class: "value" }, show(value))];
  return [h("div", { class: "group" }, title), ...bar("plain 3×3", plain, "other"), ...bar("SCDown", ours, "good")];
}

/** Both ways as maps in proportion to each other. */
function drawScdown(drawing, { c1, c2, size }) {
  const unit = Math.min(80 / size, 0.8), wide = 112 / Math.max(c1, c2, 256);
  const map = (c, side, x, cy, hue) => {
    const [box, place] = boxElement();
    const length = c * wide, height = side * unit;
    place(x, cy - height / 2, length, height, height);
    box.setAttribute("style", `--hue: var(--${hue})`);
    return [box, x + length + height * BACK.x, s("text", { x: x + length / 2, y: cy + height / 2 + 16, "text-anchor": "middle" }, `${c}·${side}²`)];
  };
  const arrow = (from, to, y, text) => [s("path", { class: "edge", d: `M${from + 6} ${y}H${to - 6}` }),
    s("text", { class: "lead", x: (from + to) / 2, y: y - 7, "text-anchor": "middle" }, text)];
  const rows = [["plain", 62, [[c1, size], [c2, size / 2]], ["3×3, s2"], "other"],
    ["SCDown", 186, [[c1, size], [c2, size], [c2, size / 2]], ["1×1", "3×3 depthwise, s2"], "good"]];
  drawing.replaceChildren(...rows.flatMap(([, cy, maps, texts, hue]) => {
    const starts = maps.length === 2 ? [8, 590] : [8, 236, 590];
    let end = 0;
    return maps.flatMap(([c, side], at) => {
      const [box, right, text] = map(c, side, starts[at], cy, hue);
      const join = at ? arrow(end, starts[at], cy, texts[at - 1]) : [];
      end = right;
      return [...join, box, text];
    });
  }));
}
