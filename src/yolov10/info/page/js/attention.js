// What a cell looks at: the attention weights of a trained network, cell by cell.

function startAttention() {
  const { heads, cells: [columns, rows], cell: side, offset: [x0, y0], best, largest, halves } = SAMPLE.attention;
  const weights = [...atob(SAMPLE.attention.weights)].flatMap(twoWeights);
  const values = { column: Math.floor(columns / 2), row: Math.floor(rows / 2), head: 0 };
  const [element, marks] = scene("Blood cells under a microscope; brightness shows how much the chosen cell looks at each place");
  const verdict = h("p", { role: "status" });
  const count = columns * rows;

  const show = () => {
    const asked = values.row * columns + values.column;
    const seen = weights.slice((values.head * count + asked) * count, (values.head * count + asked + 1) * count);
    const [at, most, half] = [best, largest, halves].map((told) => told[values.head][asked]);
    const place = (at) => ({ x: x0 + (at % columns) * side, y: y0 + Math.floor(at / columns) * side, width: side, height: side });
    marks.replaceChildren(s("rect", { width: SAMPLE.picture[0], height: SAMPLE.picture[1], fill: "#000", opacity: 0.45 }),
      ...seen.map((weight, cell) => s("rect", { ...place(cell), class: "heat", opacity: 0.75 * weight })),
      s("rect", { ...place(asked), class: "asked" }));
    verdict.textContent = `The cell in column ${values.column + 1}, row ${values.row + 1} looks most at column ${(at % columns) + 1}, row ${Math.floor(at / columns) + 1}: `
      + `${(100 * most).toFixed(1)} % of its attention. Half of it lies on ${half === 1 ? "that one" : half} of ${count} cells.`;
  };
  const [column, setColumn] = slider("column", { min: 1, max: columns, value: values.column + 1 }, (n) => { values.column = n - 1; show(); });
  const [row, setRow] = slider("row", { min: 1, max: rows, value: values.row + 1 }, (n) => { values.row = n - 1; show(); });
  marks.addEventListener("pointerdown", (event) => {
    const box = marks.getBoundingClientRect();
    const at = (position, size, full, start, most) => Math.min(Math.max(Math.floor(((position / size) * full - start) / side), 0), most - 1);
    values.column = at(event.clientX - box.left, box.width, SAMPLE.picture[0], x0, columns);
    values.row = at(event.clientY - box.top, box.height, SAMPLE.picture[1], y0, rows);
    setColumn(values.column + 1);
    setRow(values.row + 1);
    show();
  });
  const numbers = Array.from({ length: heads }, (_, head) => [head, `Head ${head + 1}`]);
  panel("attention", "What does attention add?",
    `A convolution sees a window. In layer ${layersOf(DATA.start).findIndex((layer) => layer.kind === "PSA")} every cell of the smallest map asks all others: its query times their keys, softmaxed, weighs their values. Half of the channels pass; a depthwise 3×3 on the values stands in for the position code of other transformers. Click a cell, or move the sliders.`,
    DATA.blocks.PSA.source,
    h("div", { class: "split wide" }, element, h("div", { class: "stack" },
      choice("Attention head", "attention-head", numbers, 0, (head) => { values.head = head; show(); }), column, row, verdict)));
  show();
}

/** The weights in a byte, as shares of the row's largest: four bits each, of the root. */
function twoWeights(sign) {
  const byte = sign.charCodeAt(0);
  return [(byte >> 4) / 15, (byte & 15) / 15].map((root) => root ** 2);
}
