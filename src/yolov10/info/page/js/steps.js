// A layer's steps as a table; beside it, lines show which steps each step reads.

const ROW = 30, GUTTER = 46;

/** What a step does, in words, with chips for what follows a convolution. */
function stepKind(step, fused) {
  if (step.groups === 0) {
    const view = step.kind === "split" ? "split (a view)" : step.kind;
    return [view, step.activation ? h("span", { class: "chip" }, "SiLU") : null];
  }
  const [channels] = step.shape;
  const way = step.groups === 1 ? "" : step.groups === channels ? " depthwise" : ` in ${step.groups} groups`;
  const activation = step.activation || (fused && step.merged !== step.name && step.merged !== "");
  const norm = step.others > step.fusedOthers;
  return [
    `${step.kernel}×${step.kernel}${step.stride > 1 ? ` s${step.stride}` : ""}${way}`,
    norm ? h("span", { class: `chip norm ${fused ? "off" : ""}` }, "batch-norm") : null,
    h("span", { class: `chip ${norm && !fused ? "off" : ""}` }, "bias"),
    activation ? h("span", { class: "chip" }, "SiLU") : null,
  ];
}

/** Whether a form leaves a step out. */
const isGone = (step, form) => (step.gone === "head" && form > 0) || (step.gone === "branch" && form > 1);

/** The table; `form` can be changed later by the function that comes with it. */
function stepTable(layer, form) {
  const steps = stepsOf(layer);
  const lines = s("svg", { width: GUTTER, "aria-hidden": "true" });
  const rows = steps.map(() => h("tr"));
  const cells = (contents) => contents.map(([content, attributes = {}]) => h("td", attributes, h("div", { class: "cell" }, content)));
  const fill = (now) => {
    const fused = now > 1;
    steps.forEach((step, at) => {
      const others = fused ? step.fusedOthers : step.others;
      rows[at].replaceChildren(...cells([
        [""],
        [fused && step.merged ? step.merged : step.name, { class: "name-cell" }],
        [stepKind(step, fused)],
        [shapeText(step.shape), { class: "right" }],
        [step.weights ? whole(step.weights) : "", { class: "right" }],
        [others ? whole(others) : "", { class: "right" }],
        [step.operations ? (step.operations / 1e6).toFixed(1) : "", { class: "right" }],
      ]));
    });
  };
  const show = (now) => {
    // First the rows as they were, so that what disappears can be seen to go; then what is left of them.
    steps.forEach((step, at) => {
      rows[at].classList.toggle("gone", isGone(step, now));
      rows[at].toggleAttribute("aria-hidden", isGone(step, now));
      rows[at].querySelectorAll(".chip.norm").forEach((chip) => chip.classList.toggle("off", now > 1));
    });
    drawReads(lines, steps, now);
    setTimeout(() => fill(now), still.matches ? 0 : 520);
  };
  fill(form);
  steps.forEach((step, at) => rows[at].classList.toggle("gone", isGone(step, form)));
  drawReads(lines, steps, form);
  const heading = (text, right) => h("th", { scope: "col", class: right ? "right" : "" }, text);
  const table = h("table", {}, h("caption", { class: "quiet" }, "Steps in order of execution"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col", style: `width: ${GUTTER}px` }, h("span", { class: "quiet" }, "reads")),
      heading("step"), heading("what"), heading("output", true), heading("weights", true),
      heading("norm, bias", true), heading("MFLOPs", true))),
    h("tbody", {}, rows));
  return [h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Steps" }, h("div", { class: "steps" }, table, lines)), show];
}

/** Lines in the gutter: each step is a dot; it reads the layer's input (a stroke), the dot above, or by an arc. */
function drawReads(lines, steps, form) {
  const HEAD = 29;
  const rank = [];
  steps.forEach((step, at) => { rank[at] = at === 0 ? 0 : rank[at - 1] + (isGone(steps[at - 1], form) ? 0 : 1); });
  const y = (at) => HEAD + (rank[at] + 0.5) * (ROW + 1);
  const x = GUTTER - 12;
  // A merged convolution stands where its first branch stood: who read the sum reads it.
  const kept = (at) => (at >= 0 && isGone(steps[at], form) ? kept(Math.min(...steps[at].reads)) : at);
  const paths = [];
  steps.forEach((step, at) => {
    if (isGone(step, form)) return;
    if (Math.min(...step.reads) < 0) paths.push(s("path", { class: "input", d: `M${x - 13} ${y(at)}H${x - 4}` }));
    for (const source of new Set(step.reads.map(kept))) {
      if (source < 0 || isGone(steps[source], form)) continue;
      const near = rank[at] - rank[source] === 1;
      const reach = Math.min(6 + (rank[at] - rank[source]) * 2.6, GUTTER - 16);
      paths.push(s("path", {
        d: near ? `M${x} ${y(source)}V${y(at)}` : `M${x} ${y(source)}C${x - reach} ${y(source) + 8} ${x - reach} ${y(at) - 8} ${x} ${y(at)}`,
      }));
    }
  });
  const dots = steps.flatMap((step, at) => isGone(step, form) ? [] : [s("circle", { cx: x, cy: y(at), r: 3.6, class: step.kind === "split" ? "view" : "" })]);
  lines.setAttribute("height", HEAD + steps.length * (ROW + 1));
  lines.replaceChildren(...paths, ...dots);
}
