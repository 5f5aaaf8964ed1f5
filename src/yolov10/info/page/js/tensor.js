// A map as a box in oblique projection: channels along x, rows along y, columns going back.

const BACK = { x: 0.42, y: 0.3 };

/** Paths of the faces of a box whose front has its upper left corner at (x, y). */
function boxPaths(x, y, length, height, depth) {
  const right = x + length, bottom = y + height, dx = depth * BACK.x, dy = depth * BACK.y;
  return {
    front: `M${x} ${y}H${right}V${bottom}H${x}Z`,
    top: `M${x} ${y}l${dx} ${-dy}h${length}L${right} ${y}Z`,
    side: `M${right} ${y}l${dx} ${-dy}v${height}L${right} ${bottom}Z`,
  };
}

/** The three faces as elements, and a function that gives them a new place and size. */
function boxElement() {
  const faces = { side: s("path", { class: "side" }), top: s("path", { class: "top" }), front: s("path", { class: "front" }) };
  return [s("g", {}, Object.values(faces)), (...place) => {
    for (const [name, path] of Object.entries(boxPaths(...place))) faces[name].setAttribute("d", path);
  }];
}
