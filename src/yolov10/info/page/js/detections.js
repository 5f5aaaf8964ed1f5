// Why no suppression: the best answers of each head, taken as they are.

function startDetections() {
  const values = { head: "one2one", confidence: SAMPLE.threshold ?? 0.25, limit: 40, suppress: false };
  const [element, marks] = scene("Blood cells under a microscope, with the boxes that the chosen head answers");
  const verdict = h("p", { class: "verdict", role: "status" }), note = h("p", {});
  const hues = ["#d55e00", "#0072b2", "#009e73"];

  const show = () => {
    const sure = SAMPLE.detections[values.head].slice(0, values.limit).filter((row) => row[4] > values.confidence);
    const repeated = sure.filter((row, at) => repeats(row, sure.slice(0, at)));
    const shown = values.suppress ? suppressed(sure) : sure;
    marks.replaceChildren(...[...shown].reverse().map((row) => rectangle(row, { fill: "none", stroke: hues[row[5] % hues.length], "stroke-width": 2.4, opacity: 0.92 })),
      ...boxLabels(shown.filter((row) => !repeated.includes(row))));
    verdict.replaceChildren(h("b", {}, String(shown.length)), ` boxes, `, h("b", {}, String(values.suppress ? 0 : repeated.length)), " of them say again what a surer one said");
    note.textContent = values.head === "one2one"
      ? `Trained to answer once: the best answers are the result. ${repeated.length ? "Where boxes overlap it may mean it: cells lie on cells." : "There is nothing to suppress."}`
      : values.suppress ? "Suppression removes the repetitions, one after another, and needs a threshold of its own."
        : `Trained on ${SAMPLE.assignment.topk.one2many} anchors an object, it answers again and again: without suppression this head is of no use.`;
  };
  const [confidence] = slider("confidence above", { min: 0.01, max: 0.95, step: 0.01, value: values.confidence, show: (n) => n.toFixed(2) }, (n) => { values.confidence = n; show(); });
  const most = Math.max(...Object.values(SAMPLE.detections).map((rows) => rows.length));
  const [limit] = slider("best answers taken", { min: 1, max: most, value: values.limit }, (n) => { values.limit = n; show(); });
  const suppress = h("label", {}, h("input", { type: "checkbox", onchange: (event) => { values.suppress = event.target.checked; show(); } }), `suppress overlaps (NMS at ${OVERLAP})`);
  const classes = SAMPLE.names.length, all = SAMPLE.assignment.anchors;
  panel("detections", "Why does it need no suppression?",
    `${whole(all)} anchors × ${classes} classes are ${whole(all * classes)} possible answers. The network takes the ${DATA.most} anchors whose best class is surest, then the ${DATA.most} surest pairs of anchor and class among those: a sort, and nothing that compares boxes. (The page keeps the first ${most}.)`,
    "paper 3.1, spec 3.4",
    h("div", { class: "split wide" }, element, h("div", { class: "stack" },
      choice("Head", "detections-head", [["one2one", "One-to-one"], ["one2many", "One-to-many"]], values.head, (head) => { values.head = head; show(); }),
      confidence, limit, suppress, verdict, note)));
  show();
}

/** Name and score of each box, inside the picture: over it, under it or in it, where no surer one's stands. */
function boxLabels(rows) {
  const taken = [];
  return rows.flatMap((row) => {
    const text = `${SAMPLE.names[row[5]]} ${row[4].toFixed(2)}`, wide = 10 * text.length;
    const x = Math.min(Math.max(row[0], 2), SAMPLE.picture[0] - wide);
    const y = [Math.max(row[1] - 4, 15), row[3] + 16, row[1] + 18].find((line) => line < SAMPLE.picture[1] - 4
      && !taken.some((other) => overlapOf(other, [x, line - 14, x + wide, line + 3])));
    if (y === undefined) return [];
    taken.push([x, y - 14, x + wide, y + 3]);
    return s("text", { x, y }, text);
  });
}

/** From which intersection over union on two boxes of a class are held to tell the same. */
const OVERLAP = 0.5;

/** Whether a surer box of the same class covers much the same place. */
const repeats = (row, surer) => surer.some((other) => other[5] === row[5] && overlapOf(row, other) > OVERLAP);

/** Greedy non-maximum suppression, which the one-to-one head makes needless. */
function suppressed(rows) {
  return rows.reduce((kept, row) => (repeats(row, kept) ? kept : [...kept, row]), []);
}
