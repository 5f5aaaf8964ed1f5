// The panel: how many, how sure, which classes, where. Everything here works on what was found already.

const BINS = 38; // of the histogram: steps of 0.025 from FLOOR to 1

function showPanel() {
  const { item } = view;
  const found = item?.detections ? shown(item, view) : [];
  const ready = Boolean(item?.detections);
  byId("before").hidden = item !== null;
  byId("headline").hidden = item === null;
  byId("threshold-group").hidden = !ready;
  showHeadline(item, found);
  byId("classes-group").hidden = !ready || item.detections.length === 0;
  byId("objects-group").hidden = found.length === 0;
  for (const id of ["save-json", "save-picture"]) byId(id).disabled = !ready;
  if (!ready) return;
  showThreshold(item);
  showClasses(item);
  showObjects(found);
}

function showHeadline(item, found) {
  const count = byId("count");
  const word = found.length === 1 ? "object" : "objects";
  count.hidden = !item?.detections;
  count.replaceChildren(thousands.format(found.length), " ", make("small", {}, word));
  byId("verdict").textContent = verdict(item, found);
}

function verdict(item, found) {
  if (item === null) return "";
  if (!item.detections) return item.failed ? "This one could not be looked at." : "Looking…";
  if (found.length > 0) return `of ${item.detections.length} at ${byId("threshold").min} or more`;
  if (item.detections.length === 0) return "The model sees none of its classes here.";
  const surest = item.detections.find(({ class: index }) => !view.off.has(index));
  return surest ? `The surest is ${label(surest)}: lower the threshold to see it.` : "All classes are off.";
}

/** Where a confidence lies on the slider, 0 to 1. */
const along = (confidence) => {
  const { min, max } = byId("threshold");
  return (confidence - min) / (max - min);
};

function showThreshold(item) {
  const slider = byId("threshold");
  const { confidence } = facts.models[chosen()];
  slider.value = view.threshold;
  byId("threshold-value").textContent = view.threshold.toFixed(2);
  byId("own").style.left = `calc(10px + (100% - 20px) * ${along(confidence)})`;
  const reset = byId("reset");
  reset.hidden = Math.abs(view.threshold - confidence) < 0.005;
  reset.textContent = `Back to the model’s ${confidence.toFixed(2)}`;
  showHistogram(item.detections);
}

function showHistogram(detections) {
  const bins = new Array(BINS).fill(0);
  for (const { confidence } of detections) {
    bins[Math.max(0, Math.min(BINS - 1, Math.floor(along(confidence) * BINS)))]++;
  }
  const most = Math.sqrt(Math.max(...bins, 1));
  const bars = bins.map((count, bin) => {
    const height = (Math.sqrt(count) / most) * 26;
    const under = (bin + 0.5) / BINS < along(view.threshold);
    const shape = { x: (bin * 100) / BINS + 0.3, y: 26 - height, width: 100 / BINS - 0.6, height };
    return draw("rect", under ? { ...shape, class: "under" } : shape);
  });
  byId("histogram").replaceChildren(...bars);
}

/** A row a class that was found at all; those the threshold hides count 0. */
function showClasses(item) {
  const counts = new Map();
  for (const found of item.detections) {
    const entry = counts.get(found.class) ?? { name: found.name, count: 0 };
    if (found.confidence > view.threshold) entry.count++;
    counts.set(found.class, entry);
  }
  const list = byId("classes");
  const focused = document.activeElement?.dataset?.class;
  list.replaceChildren(
    ...[...counts].sort(([a], [b]) => a - b).map(([index, entry]) => classRow(index, entry)),
  );
  if (focused) list.querySelector(`[data-class="${focused}"]`)?.focus();
}

function classRow(index, { name, count }) {
  const box = tint(make("input", { type: "checkbox", "data-class": index }), index);
  box.checked = !view.off.has(index);
  box.addEventListener("change", () => {
    if (box.checked) view.off.delete(index);
    else view.off.add(index);
    refresh();
  });
  const title = make("span", { class: "name" }, name);
  return make("li", {}, make("label", {}, box, title, make("span", { class: "number soft" }, String(count))));
}

function showObjects(found) {
  const rows = found.map(objectRow);
  const body = byId("objects");
  const focused = body.contains(document.activeElement);
  body.replaceChildren(...rows);
  const picked = rows[Math.max(0, found.indexOf(view.picked))];
  if (picked) picked.tabIndex = 0; // one stop for the Tab key; arrows move inside
  if (focused) picked?.focus({ preventScroll: true });
}

function objectRow(found) {
  const [x1, y1, x2, y2] = found.box;
  const texts = [
    found.confidence.toFixed(2),
    `${Math.round(x1)}, ${Math.round(y1)}`,
    `${Math.round(x2 - x1)} × ${Math.round(y2 - y1)}`,
  ];
  const name = make("td", { title: found.name }, tint(make("i"), found.class), found.name);
  const cells = texts.map((text) => make("td", { class: "right" }, text));
  const row = make("tr", { tabindex: "-1", "aria-selected": found === view.picked }, name, ...cells);
  row.found = found;
  const point = () => pick(found, { scroll: false });
  row.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && point());
  row.addEventListener("click", point);
  row.addEventListener("focus", point);
  return row;
}

/** Let one object stand out, on the stage and in the table; null for none. */
function pick(found, { scroll }) {
  if (view.picked === found) return;
  view.picked = found;
  for (const row of byId("objects").rows) {
    row.setAttribute("aria-selected", row.found === found);
    row.tabIndex = row.found === found ? 0 : -1;
    if (row.found === found && scroll) row.scrollIntoView({ block: "nearest" });
  }
  if (found === null && byId("objects").rows.length) byId("objects").rows[0].tabIndex = 0;
  if (view.item) paint();
}

function watchPanel() {
  const slider = byId("threshold");
  slider.addEventListener("input", () => setThreshold(slider.valueAsNumber));
  byId("reset").addEventListener("click", () => {
    setThreshold(facts.models[chosen()].confidence);
    slider.focus();
  });
  byId("all").addEventListener("click", () => switchAll(true));
  byId("none").addEventListener("click", () => switchAll(false));
  byId("labels").addEventListener("change", (event) => {
    view.labels = event.target.checked;
    if (view.item) paint();
  });
  const body = byId("objects");
  body.addEventListener("keydown", moveInTable);
  const release = (focused) => body.contains(focused) || pick(null, { scroll: false });
  body.addEventListener("pointerleave", () => release(document.activeElement));
  body.addEventListener("focusout", (event) => release(event.relatedTarget));
  byId("save-json").addEventListener("click", saveJson);
  byId("save-picture").addEventListener("click", savePicture);
}

function setThreshold(value) {
  view.threshold = value;
  refresh();
}

function switchAll(on) {
  view.off = new Set(on ? [] : view.item.detections.map((found) => found.class));
  refresh();
}

function moveInTable(event) {
  const rows = [...byId("objects").rows];
  const at = rows.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  rows[Math.max(0, Math.min(rows.length - 1, to))].focus();
}

/** The contract's JSON, of what is seen now. */
function saveJson() {
  const { name, width, height } = view.item;
  const content = [{ source: name, frame: null, width, height, detections: shown(view.item, view) }];
  save(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }), `${stem(name)}.json`);
}

async function savePicture() {
  save(await pictureFile(view.item, { boxes: true }), `${stem(view.item.name)}-detected.png`);
}

const stem = (name) => name.replace(/\.[^.]*$/, "") || "picture";
