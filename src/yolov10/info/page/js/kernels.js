// Where the 3×3 goes: padded into the 7×7 and added, with a trained network's kernels.

function startKernels() {
  const kernels = SAMPLE.kernels;
  const { repvggdw: trained, repvggdwFused: fused } = DATA.formulas;
  const each = (terms) => evaluate(terms, { c: 1, N: 1 }); // a channel
  let at = 0, merged = false;
  const tables = { large: kernelTable(), small: kernelTable(), sum: kernelTable() };
  const verdict = h("p", { role: "status" });
  const button = h("button", { class: "primary", "aria-pressed": "false", onclick: () => { merged = !merged; show(); } }, "Add the 3×3 to the 7×7");

  const show = () => {
    const large = kernels.large[at], small = padded(kernels.small[at]);
    const sum = large.map((value, cell) => value + (small[cell] ?? 0));
    const most = Math.max(...sum.map(Math.abs), ...large.map(Math.abs), ...kernels.small[at].map(Math.abs));
    paintKernel(tables.large, large, most);
    paintKernel(tables.small, small, most);
    paintKernel(tables.sum, merged ? sum : sum.map(() => null), most);
    button.textContent = merged ? "Take them apart" : "Add the 3×3 to the 7×7";
    button.setAttribute("aria-pressed", String(merged));
    const off = Math.max(...sum.map((value, cell) => Math.abs(value - kernels.merged[at][cell])));
    const [a, b, c] = kernels.biases[at];
    verdict.textContent = merged
      ? `One kernel of ${each(fused.weights)} numbers instead of ${each(trained.weights)}. Biases add up too: ${signed(a)} ${b < 0 ? "−" : "+"} ${Math.abs(b).toFixed(3)} = ${signed(c)}. `
        + `The program’s own merge differs from this sum by at most ${off.toExponential(0)}, which is the rounding of the numbers shown.`
      : "A sum of convolutions of one input is the convolution with the sum of their kernels, once both have the same size: a frame of zeros gives the 3×3 the size of the 7×7.";
  };

  const [channel] = slider("channel", { min: 0, max: kernels.channels.length - 1, value: 0, show: (n) => `${kernels.channels[n]}` }, (n) => { at = n; show(); });
  const figure = (title, table) => h("figure", {}, h("figcaption", {}, title), table);
  panel("kernels", "Where does the 3×3 go when the network is fused?",
    `RepVGGDW trains a depthwise 7×7 and a depthwise 3×3 side by side. For detection they become one 7×7: ${each(trained.parameters)} parameters a channel become ${each(fused.parameters)}. These are kernels of ${kernels.name}, batch-norm folded in, trained on blood cells; the channels whose 3×3 weighs most.`,
    DATA.blocks.RepVGGDW.source,
    h("div", { class: "split" }, h("div", { class: "stack" }, channel, h("div", {}, button)), verdict),
    h("div", { class: "kernels", style: "margin-top: 22px" }, figure("7×7", tables.large), h("span", { class: "sign", "aria-hidden": "true" }, "+"),
      figure("3×3, framed with zeros", tables.small), h("span", { class: "sign", "aria-hidden": "true" }, "="), figure("what detects", tables.sum)));
  show();
}

const signed = (number) => number.toFixed(3).replace("-", "−");

const SIDE = 7, SMALL = 3;

/** The nine numbers at the centre of 49; the frame is null: zeros that were put there. */
function padded(small) {
  const margin = (SIDE - SMALL) / 2;
  return Array.from({ length: SIDE ** 2 }, (_, cell) => {
    const [row, column] = [Math.floor(cell / SIDE) - margin, (cell % SIDE) - margin];
    return row >= 0 && row < SMALL && column >= 0 && column < SMALL ? small[row * SMALL + column] : null;
  });
}

function kernelTable() {
  return h("table", { class: "kernel" }, h("tbody", {}, Array.from({ length: SIDE }, () =>
    h("tr", {}, Array.from({ length: SIDE }, () => h("td", {}))))));
}

/** .12 and −.05; what rounds to nothing has no sign. */
const shortNumber = (value) => value.toFixed(2).replace("-0.00", "0.00").replace(/^(-?)0/, "$1").replace("-", "−");

/** Numbers and colours: blue takes away, red adds, both from the paper's own colour. */
function paintKernel(table, values, most) {
  table.querySelectorAll("td").forEach((cell, at) => {
    const value = values[at];
    cell.className = value === null ? "pad" : "";
    cell.textContent = value === null ? "·" : shortNumber(value);
    const strength = value === null ? 0 : Math.abs(value) / most;
    cell.style.backgroundColor = value === null ? "var(--paper)"
      : `color-mix(in srgb, ${value < 0 ? "#2f6fb5" : "#c4473a"} ${Math.round(strength * 62)}%, var(--raised))`;
  });
}
