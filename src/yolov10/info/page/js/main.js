// The controls that are always in reach, and the start of everything.

function startControls() {
  const scales = Object.keys(DATA.scales).map((name) => [name, name]);
  const figures = [["Parameters", "parameters", whole, ""], ["GFLOPs", "operations", (n) => (n / 1e9).toFixed(2), ""],
    ["Maps, MB", "memory", (n) => (n / 1e6).toFixed(0), "optional"]]
    .map(([name, key, text, extra]) => ({ name, key, text, extra, element: h("dd", {}) }));
  document.getElementById("controls").append(
    choice("Scale", "scale", scales, state.scale, (scale) => change({ scale })),
    choice("Form", "form", FORM_NAMES.map((name, form) => [form, name]), state.form, (form) => change({ form })),
    h("dl", { class: "totals" }, figures.map(({ name, extra, element }) => h("div", { class: extra }, h("dt", {}, name), element))));
  const current = figures.map(() => 0);
  let stop = () => {};
  follow((now, before) => {
    if (now !== before && now.scale === before.scale && now.form === before.form) return;
    const from = [...current], totals = DATA.scales[now.scale].totals[now.form];
    stop();
    stop = animate(now === before ? 0 : 650, (t) => figures.forEach(({ key, text, element }, at) => {
      current[at] = from[at] + (totals[key] - from[at]) * t;
      element.textContent = text(current[at]);
    }));
    document.getElementById("scale-name").textContent = `, scale ${now.scale}`;
  });
}

/** Begin where a link says: #scale/form/layer. */
function readPlace() {
  const [scale, form, layer] = location.hash.slice(1).split("/");
  if (!(scale in DATA.scales) || !(Number(form) in FORM_NAMES) || !layersOf(scale)[Number(layer)]) return;
  Object.assign(state, { scale, form: Number(form), layer: Number(layer) });
}

function startProvenance() {
  const { training, scale, names } = SAMPLE;
  document.getElementById("provenance").textContent = `Shown for ${DATA.classes} classes and pictures of ${shapeText(DATA.size)} pixels. `
    + `The cells: BCCD, MIT licence, © 2017 shenggan; the network that looks at them: scale ${scale}, ${names.length} classes, `
    + `trained by this program${training.AP ? `, AP ${training.AP.toFixed(3)} on the validation split` : ""}.`;
}

readPlace();
startControls();
startDiagram();
startInspector();
startStages();
startScdown();
startKernels();
startExpansion();
startAssignment();
startDetections();
startAttention();
startProvenance();
document.documentElement.dataset.ready = "true";
