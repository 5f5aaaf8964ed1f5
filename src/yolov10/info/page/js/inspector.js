// The layer that was opened: why it is there, what it costs, its formula, its steps.

const narrow = matchMedia("(max-width: 720px)");

/** Open a layer; on a phone it lies over the network, and is closed again. */
function openLayer(index) {
  change({ layer: index });
  const inspector = document.getElementById("inspector");
  inspector.classList.add("open");
  if (narrow.matches) inspector.querySelector("h2").focus();
}

function closeLayer() {
  document.getElementById("inspector").classList.remove("open");
  document.querySelector(`.layer[data-layer="${state.layer}"]`).focus();
}

function startInspector() {
  const inspector = document.getElementById("inspector");
  const title = h("h2", { id: "inspector-title", tabindex: -1, class: "title" });
  const neighbour = (by) => (state.layer + by + LAST + 1) % (LAST + 1);
  const [back, forth] = [-1, 1].map((by) => h("button", { onclick: () => change({ layer: neighbour(by) }) }));
  const buttons = h("div", { class: "steps-nav" }, back, forth, h("button", { class: "close", onclick: closeLayer }, "Close"));
  const content = h("div", { class: "grid" });
  inspector.append(h("div", { class: "head" }, title, buttons), content);
  inspector.addEventListener("keydown", (event) => { if (event.key === "Escape") closeLayer(); });

  let showForm = () => {}, detail = null;
  follow((now, before) => {
    const layer = layersOf(now.scale)[now.layer];
    back.textContent = `← Layer ${neighbour(-1)}`;
    forth.textContent = `Layer ${neighbour(1)} →`;
    title.replaceChildren(`${now.layer} ${layer.kind}`, h("small", {}, DATA.blocks[layer.kind].title));
    if (now === before || now.layer !== before.layer || now.scale !== before.scale) {
      const [table, show] = stepTable(layer, now.form);
      showForm = show;
      detail = h("div", {});
      content.replaceChildren(h("div", {}, ...words(layer, now.layer), detail), h("div", {}, h("h3", {}, "Inside"), table,
        h("p", { class: "note" }, "A dot reads the dots that lines lead to; a stroke from the left is the layer’s input.",
          layer.products ? ` Attention’s matrix products, ${(layer.products / 1e6).toFixed(1)} MFLOPs, are counted nowhere.` : "")));
    } else if (now.form !== before.form) {
      showForm(now.form);
    }
    detail.replaceChildren(facts(layer, now), formulaBox(layer, now));
  });
}

function words(layer, index) {
  const { why, source } = DATA.blocks[layer.kind];
  return [h("p", { class: "why" }, DATA.why[index]), h("p", {}, why, " ", h("span", { class: "source" }, `(${source})`))];
}

function facts(layer, { scale, form }) {
  const totals = DATA.scales[scale].totals[form];
  const options = layer.options;
  const inputs = layer.in.map((channels, at) => (layer.from[at] < 0 ? `${channels} of the picture` : `${channels} of layer ${layer.from[at]}`));
  const row = (name, value, share = "") => [h("dt", {}, name), h("dd", {}, value), h("dd", { class: "share" }, share)];
  const of = (key) => (totals[key] ? percent(layer[key][form], totals[key]) : "");
  const extras = [
    options.repeats ? `${options.repeats} block${options.repeats > 1 ? "s" : ""} in the chain` : "",
    "shortcut" in options ? (options.shortcut ? "with shortcuts" : "without shortcuts") : "",
    options.large_kernel ? "7×7 kernel" : "",
    options.num_classes ? `${options.num_classes} classes` : "",
  ].filter(Boolean);
  return h("dl", { class: "facts" },
    row("channels in", inputs.join(", ")),
    layer.out.map((shape, at) => row(layer.out.length > 1 ? `gives, P${at + 3}` : "gives", shapeText(shape))),
    extras.length ? row("built", extras.join(", ")) : [],
    row("parameters", whole(layer.parameters[form]), of("parameters")),
    row("operations", `${(layer.operations[form] / 1e6).toFixed(1)} MFLOPs`, of("operations")),
    row("maps written", `${(layer.memory[form] / 1e6).toFixed(2)} MB`, of("memory")),
    row("a cell sees", layer.everything ? `the whole picture; ${whole(layer.field)} px without attention`
      : `${whole(layer.field)} × ${whole(layer.field)} px`));
}

/** The closed formula in letters, with the numbers put in, and the operations' formula. */
function formulaBox(layer, { form }) {
  const formula = layer.formula[form > 1 ? 1 : 0];
  if (!formula) return h("p", { class: "note" }, "No weights, no operations that count: it only arranges.");
  const where = Object.entries(formula.where).map(([letter, meaning]) => `${letter} = ${meaning}`).join(", ");
  const what = layer.kind === "Detect" ? "P3 of one head" : "parameters";
  return h("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "Formula" },
    h("div", {}, `${what} = ${formula.letters}`),
    where ? h("div", { class: "soft" }, `where ${where}`) : null,
    h("div", {}, `= ${formula.numbers} = `, h("b", {}, whole(formula.value))),
    h("div", { class: "soft" }, `MACs = ${formula.macs}, N cells out${/M/.test(formula.macs) ? ", M cells in" : ""}`));
}
