// The network drawn: the picture, 24 layers, the arrows between them. A layer is a button.

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

function startDiagram() {
  const place = document.getElementById("diagram");
  const drawing = s("svg", { role: "group", "aria-label": "The layers, in order. Arrow keys go from one to the next." });
  const legend = diagramLegend();
  place.append(drawing, legend);

  let parts, layout, stop = () => {};
  let built = 0; // the width it was built for
  let shown = null; // node geometry as it is on the screen

  const build = () => {
    built = place.clientWidth;
    layout = layoutOf(state.scale, built);
    place.classList.toggle("tall", layout.tall);
    place.prepend(layout.tall ? legend : drawing);
    drawing.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    drawing.replaceChildren();
    parts = { picture: drawnPicture(layout), edges: s("g"), layers: layout.nodes.map((n) => layerElement(n, layout)) };
    drawing.append(arrowHead(), ...bands(layout), parts.edges, parts.picture, ...parts.layers.map((layer) => layer.element));
    shown = layout.nodes.map((n) => ({ ...n }));
    dress();
  };

  const render = () => {
    shown.forEach((n, index) => parts.layers[index].move(n));
    parts.edges.replaceChildren(...layout.edges(shown).map((edge) => {
      const lit = edge.from === state.layer || edge.to === state.layer;
      return s("path", { d: edge.path, "marker-end": "url(#tip)", class: `edge ${edge.far ? "far" : ""} ${partOf(edge.to)} ${lit ? "lit" : ""}` });
    }));
  };

  /** What depends on form, choice and measure, not on sizes. */
  const dress = () => {
    drawing.classList.toggle("one", state.form > 0);
    drawing.classList.toggle("fused", state.form > 1);
    const layers = layersOf(state.scale);
    const measure = MEASURES[state.measure][1];
    const most = measure && Math.max(...layers.map((layer) => measure(layer, state.form)));
    parts.layers.forEach(({ dress: dressLayer }, index) =>
      dressLayer(layers[index], measure ? measure(layers[index], state.form) / most : 0));
    render();
  };

  const grow = () => {
    const before = shown, target = layoutOf(state.scale, place.clientWidth);
    if (target.tall !== layout.tall) return build();
    layout = target;
    stop();
    stop = animate(650, (t) => {
      shown = target.nodes.map((n, index) => between(before[index], n, t));
      render();
    });
  };

  build();
  new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - built) > 1) build();
  }).observe(place);
  follow((now, before) => {
    if (now.scale !== before.scale) grow();
    if (now !== before) dress();
  });
  drawing.addEventListener("keydown", (event) => walk(event, drawing));
}

/** The tip of every arrow. */
function arrowHead() {
  return s("defs", {}, s("marker", { id: "tip", viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 5, markerHeight: 5,
    orient: "auto", markerUnits: "userSpaceOnUse" }, s("path", { class: "arrow", d: "M0 0.6L6 3L0 5.4Z" })));
}

/** Node geometry on the way from one to another. */
function between(a, b, t) {
  const mix = (from, to) => from + (to - from) * t;
  const size = (p, q) => Object.fromEntries(["cx", "cy", "x", "length", "height", "depth"]
    .filter((key) => key in q).map((key) => [key, mix(p[key], q[key])]));
  if (b.levels) return { ...b, levels: b.levels.map((level, at) => ({ ...level, ...size(a.levels[at], level) })) };
  return { ...b, ...size(a, b) };
}

/** Arrow keys, Home and End move along the layers. */
function walk(event, drawing) {
  const layers = [...drawing.querySelectorAll(".layer")];
  const at = layers.indexOf(document.activeElement);
  const next = {
    ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: layers.length - 1,
  }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  layers[Math.min(Math.max(next, 0), layers.length - 1)].focus();
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

/** The picture that enters, drawn as the box of three channels that it is. */
function drawnPicture(layout) {
  const { x, y, size } = layout.picture;
  const dx = size.depth * BACK.x, dy = size.depth * BACK.y;
  const [high, wide] = DATA.size;
  const skew = `matrix(${dx / wide} ${-dy / wide} 0 ${size.height / high} ${x} ${y})`;
  const image = s("g", { transform: skew },
    s("rect", { width: wide, height: high, fill: "#727272" }),
    s("image", { href: SAMPLE.data, width: wide, height: high, preserveAspectRatio: "xMidYMid meet" }),
    s("rect", { width: wide, height: high, class: "picture", "vector-effect": "non-scaling-stroke" }));
  const first = layout.nodes[0];
  const arrow = layout.tall
    ? `M${x + dx / 2} ${y + size.height + 2 - dy / 2}C${x + dx / 2} ${y + size.height + 20} ${first.cx} ${y + size.height} ${first.cx} ${top(first) - first.depth * BACK.y - 4}`
    : `M${x + dx + 4} ${first.cy}H${left(first) - 7}`;
  const label = layout.tall ? [x + dx + 16, y + 20] : [x, y + size.height + 16];
  return s("g", { "aria-hidden": "true" }, image, s("path", { class: "edge", d: arrow, "marker-end": "url(#tip)" }),
    s("text", { class: "name", x: label[0], y: label[1], "font-size": 11.5, "font-weight": 600 }, "picture"),
    s("text", { class: "shape", x: label[0], y: label[1] + 13, "font-size": 10.5 }, mapText([3, ...DATA.size])));
}

/** A faint line and a name for each resolution that is detected on. */
function bands(layout) {
  if (layout.tall) return [];
  return LEVELS.map((level, at) => {
    const stride = strideOf(layersOf(state.scale)[level]), y = layout.rows.at(stride);
    return s("g", { "aria-hidden": "true" },
      s("path", { class: "band-line", d: `M0 ${y}H${layout.width}` }),
      s("text", { class: "band", x: 0, y: y - 8, "font-size": 12 }, `P${at + 3}`),
      s("text", { class: "band", x: 0, y: y + 16, "font-size": 10.5 }, `${stride} px a cell`));
  });
}

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
