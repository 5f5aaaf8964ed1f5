// The network drawn: the picture, 24 layers, the arrows between them. A layer is a button.

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
