// What the parts share, and the start.

let facts; // GET /model

const chosen = () => byId("models").value;

/** Show an item, or the empty stage. */
function look(item) {
  const before = view.item;
  if (before && before !== item && !items.includes(before)) before.picture.close(); // it is in no strip
  view.item = item;
  view.picked = null;
  refresh();
}

/** Show everything anew from what is known; asks the service nothing. */
function refresh() {
  if (view.picked && !shown(view.item, view).includes(view.picked)) view.picked = null;
  showCaption();
  showStrip();
  showStage();
  showPanel();
  if (view.item?.detections && !live) byId("status").textContent = tally(shown(view.item, view));
}

function showCaption() {
  const { item } = view;
  byId("caption").hidden = item === null;
  if (item === null) return;
  byId("name").textContent = item.name;
  const time = item.milliseconds ? ` · ${Math.round(item.milliseconds)} ms` : "";
  byId("facts").textContent = `${item.width} × ${item.height}${time}`;
}

function showStrip() {
  const strip = byId("strip");
  const shownItems = items.filter((item) => item.picture);
  strip.hidden = shownItems.length < 2 || live !== null;
  const state = `${shownItems.length}: ${shownItems.indexOf(view.item)} ${shownItems.at(-1)?.name}`;
  if (strip.hidden || strip.dataset.state === state) return;
  strip.dataset.state = state;
  strip.replaceChildren(...shownItems.map((item) => make("li", {}, thumbnail(item))));
}

function thumbnail(item) {
  const pressed = item === view.item;
  const button = make("button", { type: "button", "aria-label": item.name, "aria-pressed": pressed });
  const canvas = make("canvas", { width: 168, height: 128 });
  const scale = Math.max(168 / item.width, 128 / item.height);
  const [width, height] = [item.width * scale, item.height * scale];
  canvas.getContext("2d").drawImage(item.picture, (168 - width) / 2, (128 - height) / 2, width, height);
  button.append(canvas);
  button.addEventListener("click", () => show(item));
  return button;
}

function busy(on) {
  byId("progress").hidden = !on;
  byId("stage").setAttribute("aria-busy", on);
}

function showAlert(message) {
  byId("alert").hidden = false;
  byId("alert").firstElementChild.textContent = message;
}

function hideAlert() {
  byId("alert").hidden = true;
}

/** Another model: its classes and threshold, and the same picture through its eyes. */
function changeModel() {
  const card = facts.models[chosen()];
  byId("threshold").min = Math.min(FLOOR, card.confidence);
  view.off.clear();
  view.threshold = card.confidence;
  byId("tab-architecture").hidden = !card.architecture;
  showBefore();
  showModel();
  showApi();
  refresh();
  const { item } = view;
  if (item && !live) attempt(async () => {
    item.file ??= await pictureFile(item);
    await examine(item);
  });
}

async function start() {
  watchTabs();
  byId("alert").querySelector("button").addEventListener("click", hideAlert);
  await attempt(async () => {
    facts = await (await request("model")).json();
    const names = Object.keys(facts.models);
    byId("models").replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    byId("models").value = facts.default;
    byId("pick").hidden = names.length < 2;
    byId("models").addEventListener("change", changeModel);
    const most = megabytes(facts.limits.bytes);
    byId("accepts").textContent = `JPEG, PNG, WebP, TIFF, AVIF and others, up to ${most}`;
    showSamples();
    watchSources();
    watchPanel();
    watchStage(pick);
    changeModel();
    select(location.hash.slice(1) || "detect");
  });
}

start();
