// Elements: found by id, and made from their parts. Text is always text, never markup.

const byId = (id) => document.getElementById(id);

/** An element with attributes, and children that are elements or text; null, false leave an attribute out. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("aria-")) element.setAttribute(name, value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** The same in the name space of SVG. */
function draw(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Give an element the colour of a class; a tick on it is dark or light. */
function tint(element, index) {
  element.style.setProperty("--hue", colour(index));
  element.style.setProperty("--tick", ink(index));
  return element;
}

const thousands = new Intl.NumberFormat("en");
const plural = (count, word) => `${thousands.format(count)} ${word}${count === 1 ? "" : "s"}`;

/** Let the browser save a blob under a name. */
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
