// Which scale uses which block where.

function startStages() {
  const scales = Object.keys(DATA.scales);
  const stages = layersOf(DATA.start).flatMap((layer, index) => (layer.kind.startsWith("C2f") ? [index] : []));
  const table = h("table", { class: "matrix" });
  follow(({ scale: now }) => {
    const cell = (scale, index) => {
      const { kind, options, in: [from], out: [[to]] } = layersOf(scale)[index];
      const kinds = kind === "C2f" ? "c2f" : options.large_kernel ? "large" : "cib";
      return h("td", { class: `${kinds} ${scale === now ? "current" : ""}` },
        `${kind === "C2f" ? "C2f" : "CIB"}${options.large_kernel ? " 7×7" : ""} `, h("span", { class: "small" }, `${from}→${to} ×${options.repeats}`));
    };
    table.replaceChildren(h("caption", { class: "quiet" }, "Block of each stage in each scale"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "layer"), scales.map((scale) => h("th", { scope: "col" }, scale)))),
      h("tbody", {}, stages.map((index) => h("tr", {}, h("th", { scope: "row" }, String(index)), scales.map((scale) => cell(scale, index))))));
  });
  panel("stages", "Which scale uses what?",
    `Stages of low intrinsic rank become compact (CIB) in the order of their rank, as far as accuracy allows; the larger the scale, the more of them. The 7×7 kernel helps where the network is small and sees less: ${listed(withLargeKernel())} have it. Scales differ in more than depth, width and channels.`,
    DATA.blocks.C2fCIB.source, h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Stages" , style: "margin-top: 20px" }, table));
}
