// Making elements, keeping the page's state, moving from one value to another.

const DATA = JSON.parse(document.getElementById("data").textContent);

/** An HTML element; a child that is text stays text, never markup. */
function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// What is shown now. `form`: 0 training, 1 one head, 2 fused.
const state = { scale: DATA.start, form: 0, layer: 5, measure: "shape" };
const listeners = [];

/** Call `listener(state, before)` now and after each change. */
function follow(listener) {
  listeners.push(listener);
  listener(state, state);
}

function change(changes) {
  const before = { ...state };
  Object.assign(state, changes);
  history.replaceState(null, "", `#${state.scale}/${state.form}/${state.layer}`);
  for (const listener of listeners) listener(state, before);
}

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Call `draw(t)` with t from 0 to 1 over some time; at once where motion is unwelcome. Returns a way to stop. */
function animate(milliseconds, draw) {
  if (still.matches) {
    draw(1);
    return () => {};
  }
  const start = performance.now();
  let frame = requestAnimationFrame(function step(now) {
    const t = Math.min(Math.max((now - start) / milliseconds, 0), 1);
    draw(t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
    if (t < 1) frame = requestAnimationFrame(step);
  });
  return () => cancelAnimationFrame(frame);
}

/** A group of radio buttons that looks like one switch; `options` are [value, text] pairs. */
function choice(legend, name, options, chosen, onchange) {
  const boxes = options.map(([value, text]) =>
    h("label", {}, h("input", {
      type: "radio", name, value, checked: value === chosen, onchange: () => onchange(value),
    }), h("span", {}, text)));
  return h("fieldset", {}, h("legend", {}, legend), h("div", { class: "choice" }, boxes));
}

/** A labelled slider that shows its value; returns [element, setter]. */
function slider(text, { min, max, step = 1, value, show = String }, oninput) {
  const shown = h("b", {}, show(value));
  const input = h("input", { type: "range", min, max, step, value });
  const tell = () => {
    shown.textContent = show(+input.value);
    input.setAttribute("aria-valuetext", show(+input.value));
  };
  input.addEventListener("input", () => { tell(); oninput(+input.value); });
  tell();
  const element = h("div", { class: "slider" }, h("label", {}, h("span", {}, text), shown), input);
  const label = element.querySelector("label");
  input.id = `slider-${slider.count = (slider.count ?? 0) + 1}`;
  label.htmlFor = input.id;
  return [element, (next) => { input.value = next; tell(); }];
}

/** A section that answers one question, and its entry in the list of questions. */
function panel(id, question, intro, source, ...content) {
  document.getElementById("questions").append(h("li", {}, h("a", { href: `#${id}` }, question)));
  const title = h("h2", { id: `${id}-title` }, question);
  const text = h("p", {}, intro, " ", h("span", { class: "source" }, `(${source})`));
  document.getElementById("panels").append(
    h("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, title, text, ...content));
}
