// What CIB's expansion does: the block halves its channels only to double them again.

function startExpansion() {
  const values = { c: 128, e: 1, large: false };
  const verdict = h("p", { class: "verdict", role: "status" });
  const waist = s("svg", { class: "flow", viewBox: "0 0 720 186", "aria-hidden": "true" });
  const chart = s("svg", { class: "chart", viewBox: "0 0 720 200", role: "img" });
  const formula = h("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "Formula" });
  const cost = (c, e, large) => {
    const key = large ? "cibLarge" : "cib";
    const letters = { c, h: 2 * Math.floor(c * e), N: 1, M: 1 };
    return { text: DATA.formulas[key].text, letters, parameters: evaluate(DATA.formulas[key].parameters, letters) };
  };

  const show = () => {
    const { c, e, large } = values;
    const { text, letters, parameters } = cost(c, e, large);
    const bottleneck = evaluate(DATA.formulas.bottleneck.parameters, { c });
    const meaning = e === 1 ? "what every published network uses: twice as wide inside"
      : e === 0.5 ? "the block’s own default, never used: no wider inside than outside"
        : letters.h > c ? "wider inside than outside" : "narrower inside than outside";
    verdict.replaceChildren(h("b", {}, `e = ${e}`), ` is ${meaning}. `, h("b", {}, whole(parameters)), " parameters, ",
      `${(bottleneck / parameters).toFixed(1)} × fewer than a Bottleneck’s ${whole(bottleneck)}.`);
    formula.replaceChildren(h("div", {}, `parameters = ${text}, where h = 2·⌊c·e⌋ = ${whole(letters.h)}`),
      h("div", { class: "soft" }, `= ${numbersPutIn(text, letters)} = ${whole(parameters)}`),
      h("div", { class: "soft" }, `Bottleneck: ${DATA.formulas.bottleneck.text} = ${whole(bottleneck)}`));
    drawWaist(waist, c, letters.h, large);
    drawChart(chart, values, (x) => cost(c, x, large).parameters, bottleneck);
  };

  const [channels] = slider("channels c", { min: 16, max: 320, step: 16, value: values.c }, (n) => { values.c = n; show(); });
  const [expansion] = slider("expansion e", { min: 0.25, max: 2, step: 0.25, value: values.e }, (n) => { values.e = n; show(); });
  const large = h("label", {}, h("input", { type: "checkbox", onchange: (event) => { values.large = event.target.checked; show(); } }),
    `with the 7×7 of scales ${listed(withLargeKernel())}`);
  panel("expansion", "Why halve the channels and then double them?",
    "C2fCIB hands its compact blocks half of the channels, and each block then works on 2·⌊c·e⌋ of them. The doubling is the inverted bottleneck: narrow outside, where maps are kept and joined, wide inside, where depthwise convolutions cost next to nothing.",
    DATA.blocks.CIB.source,
    h("div", { class: "split" }, h("div", { class: "stack" }, channels, expansion, large),
      h("div", { class: "stack" }, verdict, waist, chart, formula)));
  show();
}

/** The widths of the five units, as plates whose height is the number of channels. */
function drawWaist(drawing, c, hidden, large) {
  const scale = 124 / 640;
  const widths = [c, c, hidden, hidden, c, c];
  const names = ["3×3 depthwise", "1×1", large ? "7×7 depthwise" : "3×3 depthwise", "1×1", "3×3 depthwise"];
  const x = (at) => 30 + at * 130, middle = 84;
  const height = (at) => Math.max(widths[at] * scale, 2);
  const parts = [];
  for (let at = 0; at < widths.length; at += 1) {
    const [box, place] = boxElement();
    place(x(at), middle - height(at) / 2, 9, height(at), 14);
    box.setAttribute("style", "--hue: var(--backbone)");
    if (at) {
      const [a, b] = [height(at - 1) / 2, height(at) / 2];
      parts.push(s("path", { d: `M${x(at - 1) + 16} ${middle - a}L${x(at) - 3} ${middle - b}V${middle + b}L${x(at - 1) + 16} ${middle + a}Z`,
        style: "fill: color-mix(in srgb, var(--backbone) 10%, var(--paper)); stroke: none" }),
      s("text", { class: "lead", x: (x(at - 1) + x(at)) / 2 + 6, y: 176, "text-anchor": "middle" }, names[at - 1]));
    }
    parts.push(box, s("text", { x: x(at) + 6, y: middle - height(at) / 2 - 9, "text-anchor": "middle" }, String(widths[at])));
  }
  drawing.replaceChildren(...parts);
}

/** Parameters over e, with the Bottleneck's beside. */
function drawChart(chart, { c, e }, cost, bottleneck) {
  const steps = Array.from({ length: 8 }, (_, at) => 0.25 * (at + 1));
  const most = Math.max(bottleneck, cost(2)) * 1.06;
  const x = (value) => 60 + (value - 0.25) * (620 / 1.75), y = (count) => 160 - (count / most) * 145;
  chart.setAttribute("aria-label", `Parameters for c = ${c}: ${steps.map((step) => `e ${step}: ${whole(cost(step))}`).join(", ")}`);
  chart.replaceChildren(
    s("path", { class: "axis", d: "M60 160H690" }),
    ...steps.map((step) => s("text", { x: x(step), y: 177, "text-anchor": "middle" }, String(step))),
    s("text", { x: 690, y: 194, "text-anchor": "end" }, "expansion e"),
    s("path", { class: "beside", d: `M60 ${y(bottleneck)}H690` }),
    s("text", { x: 64, y: y(bottleneck) - 7 }, "Bottleneck, two 3×3"),
    s("path", { class: "line", d: `M${steps.map((step) => `${x(step)} ${y(cost(step))}`).join("L")}` }),
    ...[0.5, 1].map((step) => s("text", { x: x(step), y: y(cost(step)) - 13, "text-anchor": "middle" }, step === 1 ? "published" : "default")),
    s("circle", { class: "here", cx: x(e), cy: y(cost(e)), r: 7 }));
}
