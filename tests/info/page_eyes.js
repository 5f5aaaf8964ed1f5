// What the tests see of the architecture page: what can be used, what has the focus, what a use has changed.

const KINDS = 'a[href], button, input, select, [tabindex="0"]';
const PLACES = "#controls, #network, #inspector, .questions, .panel";

window.nameOf = (element) => {
  const place = element.closest(PLACES);
  if (!place) return null;
  if (element.dataset.layer) return `layer ${element.dataset.layer}`;
  if (element.type === "radio") return `${element.name}=${element.value}`;
  return `${place.id || place.className} ${element.tagName} ${[...place.querySelectorAll(element.tagName)].indexOf(element)}`;
};
window.kindOf = (element) => (element.dataset.layer ? "layer" : element.type || element.tagName);

const placeOf = (element) => element.closest(PLACES).id || "questions";

/** [name, kind, place] of everything that can be used, but for the opened layer's own. */
window.usable = () => [...document.querySelectorAll(KINDS)]
  .filter((element) => element.closest(PLACES) && !element.closest("#inspector") && element.checkVisibility({ visibilityProperty: true }))
  .map((element) => [nameOf(element), kindOf(element), placeOf(element)]);

window.find = (name) => {
  const [place, tag, at] = name.split(" "), [group, value] = name.split("=");
  if (place === "layer") return document.querySelector(`.layer[data-layer="${tag}"]`);
  if (value !== undefined) return document.querySelector(`input[name="${group}"][value="${value}"]`);
  return document.getElementById(place).querySelectorAll(tag)[at];
};

/** [name, kind, place] of what has the focus; its look is kept. */
window.focused = () => {
  const element = document.activeElement;
  const name = nameOf(element);
  if (name) remember(element);
  return name && [name, kindOf(element), placeOf(element)];
};

/** What an element may change: its panel and the states in it, the opened layer, the totals. */
const look = (element) => {
  const place = element.closest(PLACES);
  return [place.innerHTML, document.getElementById("inspector").textContent, document.querySelector(".totals").textContent,
    ...[...place.querySelectorAll("input, select")].map((input) => `${input.value} ${input.checked}`)].join();
};
let before = "";
window.remember = (element) => { before = element.dataset.layer ? "" : look(element); };

/** Whether what is used has had an effect: it shows, or it was chosen already. */
window.acted = (element) => look(element) !== before || element.getAttribute("aria-pressed") === "true" || (element.type === "radio" && element.checked);

/** Where to click: a slider away from its thumb, a box to tick where it is seen. */
window.target = (element) => {
  const part = element.type === "radio" || element.type === "checkbox" ? element.closest("label") : element;
  const { top, bottom } = part.getBoundingClientRect();
  if (top < 160 || bottom > innerHeight - 10) part.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  remember(element);
  const { x, y, width, height } = part.getClientRects()[0]; // of a link, its first line
  const right = element.type !== "range" ? 0.5 : (element.value - element.min) / (element.max - element.min) > 0.5 ? 0.25 : 0.75;
  return [x + width * right, y + height / 2];
};

window.opened = () => {
  const inspector = document.getElementById("inspector");
  return [document.getElementById("inspector-title").innerText.split(" ")[0], inspector.checkVisibility({ visibilityProperty: true }),
    document.querySelector('.layer[aria-pressed="true"]').dataset.layer, document.documentElement.scrollWidth <= innerWidth];
};

/** Whether a link has led to its panel. */
window.arrived = (link) => {
  const { top, bottom } = document.querySelector(`${link.hash}-title`).getBoundingClientRect();
  return location.hash === link.hash && top >= 0 && bottom <= innerHeight;
};
