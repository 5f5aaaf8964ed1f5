// Beside the diagram: what its signs mean, what stands under the names, what the form leaves out.

/** Colours, signs, the choice of what stands under the names, and what the form leaves out. */
function diagramLegend() {
  const gone = h("p", { class: "gone-list", role: "status" });
  follow((now, before) => {
    if (now === before || now.form !== before.form || now.scale !== before.scale) gone.replaceChildren(...goneText(now));
  });
  const key = (hue, text) => h("li", {}, h("i", { style: `--hue: var(--${hue})` }), text);
  return h("div", { class: "legend" },
    h("ul", { class: "keys" }, key("backbone", "backbone"), key("neck", "neck"), key("head", "heads"),
      h("li", {}, h("i", { class: "bar" }), "batch-norm"), h("li", {}, "▣ 7×7 with a 3×3 beside it")),
    choice("Under each name", "measure", Object.entries(MEASURES).map(([name, [text]]) => [name, text]), state.measure,
      (measure) => change({ measure })),
    gone);
}

/** What the chosen form has lost against training, in numbers. */
function goneText({ scale, form }) {
  const layers = layersOf(scale), totals = DATA.scales[scale].totals;
  const head = totals[0].parameters - totals[1].parameters;
  if (form === 0) return ["Both heads learn together. ", h("b", {}, whole(totals[0].parameters)), " parameters, ",
    whole(head), " of them in the one-to-many head, which detects nothing later."];
  const lost = ["The one-to-many head is gone: ", h("b", {}, `−${whole(head)}`), " parameters. "];
  if (form === 1) return [...lost, "The answers stay the same."];
  const norms = layers.reduce((sum, layer) => sum + layer.normChannels, 0);
  const branches = totals[1].parameters - totals[2].parameters - norms;
  return [...lost, "Every batch-norm is folded into its convolution: ", h("b", {}, `−${whole(norms)}`),
    branches ? [". 3×3 branches are merged into their 7×7: ", h("b", {}, `−${whole(branches)}`)] : "",
    ". Still the same answers."].flat();
}
