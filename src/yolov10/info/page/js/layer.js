// One layer of the diagram: a button that holds its map, its name and a measure.

const MEASURES = {
  shape: ["Shape", null],
  parameters: ["Parameters", (layer, form) => layer.parameters[form]],
  operations: ["Operations", (layer, form) => layer.operations[form]],
  memory: ["Memory", (layer, form) => layer.memory[form]],
  field: ["Sees", (layer) => (layer.everything ? Math.max(...DATA.size) : Math.min(layer.field, ...DATA.size))],
};

/** What stands under a layer's name for a measure. */
function measured(layer, measure, form) {
  if (measure === "shape") return mapText(layer.out[0]);
  if (measure === "field") return layer.everything ? "everything" : `${layer.field} px`;
  const value = MEASURES[measure][1](layer, form);
  return measure === "memory" ? `${(value / 1e6).toFixed(1)} MB` : brief(value);
}

/** A layer as a button: {element, move(geometry), dress(layer, share)}. */
function layerElement(n, layout) {
  const index = n.index;
  const hit = s("rect", { class: "hit" }), names = s("text", { class: "name" }), shape = s("text", { class: "shape" });
  const track = s("rect", { class: "track", height: 3, rx: 1.5 }), bar = s("rect", { class: "measure", height: 3, rx: 1.5 });
  const body = n.levels ? headBody(n) : layerBody(n);
  const open = () => openLayer(index);
  const element = s("g", {
    class: `layer ${partOf(index)} ${n.layer.normChannels ? "" : "bare"}`, tabindex: 0, role: "button",
    "aria-pressed": "false", "data-layer": index, onclick: open,
    onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open();
    },
  }, hit, body.element, names, shape, track, bar);

  const textAt = (x, y, anchor) => {
    for (const [text, dy] of [[names, 0], [shape, 13]]) {
      text.setAttribute("x", x);
      text.setAttribute("y", y + dy);
      text.setAttribute("text-anchor", anchor);
    }
    const wide = 44, start = anchor === "middle" ? x - wide / 2 : x;
    for (const line of [track, bar]) {
      line.setAttribute("x", start);
      line.setAttribute("y", y + 19);
    }
    track.setAttribute("width", wide);
  };
  const move = (now) => {
    body.move(now);
    const box = now.hit ?? [now.cx - now.wide / 2, top(now) - now.depth * BACK.y - 8, now.wide,
      now.height + now.depth * BACK.y + 8 + LABEL];
    ["x", "y", "width", "height"].forEach((side, at) => hit.setAttribute(side, box[at]));
    if (now.label) textAt(now.label[0], now.label[1] - 3, "start");
    else if (now.levels) textAt(now.hit[0] + now.hit[2] / 2, now.hit[1] + now.hit[3] - 28, "middle");
    else textAt(now.cx, bottom(now) + 15, "middle");
  };
  const dress = (layer, share) => {
    const values = measured(layer, state.measure, state.form);
    names.textContent = `${index} ${layer.kind}`;
    shape.textContent = values;
    for (const line of [track, bar]) line.style.display = share ? "" : "none";
    bar.setAttribute("width", Math.max(share * 44, 1.5));
    element.setAttribute("aria-pressed", String(index === state.layer));
    element.setAttribute("aria-label", `Layer ${index}, ${layer.kind}, gives ${layer.out.map(shapeText).join(" and ")}`
      + (state.measure === "shape" ? "" : `, ${MEASURES[state.measure][0]}: ${values}`));
    body.dress?.(layer);
  };
  return { element, move, dress };
}

/** One map, with the stripe of its batch-norm and the sign of a large kernel. */
function layerBody(n) {
  const [box, place] = boxElement();
  const norm = s("rect", { class: "norm", width: 2.4 });
  const sign = s("g", { class: "branches" }, s("rect", { width: 13, height: 13 }), s("rect", { class: "small", width: 5, height: 5, x: 4, y: 4 }));
  return {
    element: s("g", {}, box, n.layer.normChannels ? norm : null, sign),
    move(now) {
      place(left(now), top(now), now.length, now.height, now.depth);
      norm.setAttribute("x", left(now) - 3.4);
      norm.setAttribute("y", top(now));
      norm.setAttribute("height", now.height);
      sign.setAttribute("transform", `translate(${right(now) + 4} ${top(now) - now.depth * BACK.y - 17})`);
    },
    dress(layer) {
      sign.style.display = layer.options.large_kernel ? "" : "none";
    },
  };
}

/** The heads' maps: on each level the training head's and that of the head in use. */
function headBody(n) {
  const twins = s("g", { class: "twin" }), kept = s("g", { class: "kept" });
  const boxes = n.levels.map(() => {
    const [[a, placeA], [b, placeB]] = [boxElement(), boxElement()];
    const stripes = [s("rect", { class: "norm", width: 2.4 }), s("rect", { class: "norm", width: 2.4 })];
    twins.append(stripes[0], a);
    kept.append(stripes[1], b);
    return [placeA, placeB, stripes];
  });
  const titles = n.label ? [] : [s("text", { class: "title" }, "one-to-many"), s("text", { class: "title" }, "one-to-one")];
  if (titles.length) {
    twins.append(titles[0]);
    kept.append(titles[1]);
  }
  return {
    element: s("g", {}, twins, kept),
    move(now) {
      now.levels.forEach((level, at) => {
        const [many, one, stripes] = boxes[at];
        [many, one].forEach((place, side) => {
          const x = level.x + side * (level.length + level.depth * BACK.x + now.twin);
          place(x, level.cy - level.height / 2, level.length, level.height, level.depth);
          stripes[side].setAttribute("x", x - 3.4);
          stripes[side].setAttribute("y", level.cy - level.height / 2);
          stripes[side].setAttribute("height", level.height);
        });
      });
      const [finest] = now.levels;
      // Without the training head, the head in use takes its place.
      kept.style.setProperty("--shift", `${-(finest.length + finest.depth * BACK.x + now.twin)}px`);
      titles.forEach((title, side) => {
        const { x, length, depth } = now.levels[0];
        title.setAttribute("x", x + side * (length + depth * BACK.x + now.twin) + (length + depth * BACK.x) / 2);
        title.setAttribute("y", now.hit[1] + 24);
        title.setAttribute("text-anchor", "middle");
      });
    },
  };
}
