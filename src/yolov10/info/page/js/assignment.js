// Which anchors learn an object: ten for the one-to-many head, one for the one-to-one head.

function startAssignment() {
  const { truths, heads, topk, candidates, anchors } = SAMPLE.assignment;
  const names = truths.map(({ class: c }, at) => {
    const same = truths.filter((other) => other.class === c);
    return same.length > 1 ? `${SAMPLE.names[c]} ${same.indexOf(truths[at]) + 1}` : SAMPLE.names[c];
  });
  let chosen = truths.findIndex(({ class: c }) => SAMPLE.names[c] === "WBC"), shown = "both";
  const [element, marks] = scene("Blood cells under a microscope, with the labelled box of each cell and the anchors that learn it");
  const verdict = h("p", { role: "status" });
  const table = h("tbody");
  const objects = h("div", { class: "objects", role: "group", "aria-label": "Object" }, truths.map((_, at) =>
    h("button", { "aria-pressed": "false", onclick: () => choose(at) }, names[at])));

  const choose = (at) => { chosen = at; show(); };
  const show = () => {
    const rows = Object.entries(heads).filter(([head]) => shown === "both" || head === shown).flatMap(([head, positives]) =>
      positives.filter(({ truth }) => truth === chosen).map((positive) => ({ ...positive, head: head === "one2many" ? "many" : "one" })));
    [...objects.children].forEach((button, at) => button.setAttribute("aria-pressed", String(at === chosen)));
    marks.replaceChildren(...truths.flatMap(({ box }, at) => [
      rectangle(box, { class: "truth-under" }), rectangle(box, { class: `truth ${at === chosen ? "lit" : ""}` }),
    ]), ...rows.map(({ box, head }) => rectangle(box, { class: `predicted ${head}` })),
    ...rows.map(({ at: [x, y], score, head }) => s("circle", { cx: x, cy: y, r: 3 + 9 * Math.sqrt(score), class: head, opacity: 0.9 })),
    ...truths.map(({ box }, at) => rectangle(box, { class: "pick", onclick: () => choose(at) })));
    table.replaceChildren(...rows.map(({ head, level, at, probability, overlap, score }) => h("tr", {},
      ...[[h("span", {}, h("span", { class: `swatch ${head}` }), head === "many" ? "one-to-many" : "one-to-one")], [level], [`${at[0].toFixed(0)}, ${at[1].toFixed(0)}`],
        [probability.toFixed(3)], [overlap.toFixed(3)], [(Math.sqrt(probability) * overlap ** 6).toFixed(3)], [score.toFixed(3)]]
        .map(([content], column) => h("td", { class: column > 1 ? "right" : "" }, h("div", { class: "cell" }, content))))));
    const count = (head) => heads[head].filter(({ truth }) => truth === chosen).length;
    verdict.textContent = `${candidates[chosen]} of the ${whole(anchors)} anchors lie inside the box of ${names[chosen]}. The one-to-many head `
      + `teaches ${count("one2many")} of them, the one-to-one head ${count("one2one")}.`;
  };
  const switches = choice("Head", "assignment-head", [["both", "Both"], ["one2many", "One-to-many"], ["one2one", "One-to-one"]], shown, (head) => { shown = head; show(); });
  const heading = (text, right) => h("th", { scope: "col", class: right ? "right" : "" }, text);
  panel("assignment", "How do two heads learn from the same boxes?",
    `In training each object picks the anchors that fit it best already, by m = √p · u⁶: p is the probability of its class there, u how well the predicted box overlaps it. The one-to-many head takes the best ${topk.one2many}, which teaches richly but makes it answer many times; the one-to-one head takes the best ${topk.one2one}. As both rank by the same measure, what is best for one is best for the other.`,
    "paper 3.1, spec 4.3",
    h("div", { class: "split wide" }, element, h("div", { class: "stack" }, objects, switches, verdict,
      h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Anchors that learn the object" }, h("table", {},
        h("caption", { class: "quiet" }, "Anchors that learn the object"), h("thead", {}, h("tr", {}, heading("head"), heading("level"),
          heading("at", true), heading("p", true), heading("u", true), heading("m", true), heading("target", true))), table)))));
  show();
}
