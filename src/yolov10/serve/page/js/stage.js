// The stage: the picture as large as there is room for, with its boxes.

/** What is seen: the item, and how the person wants to see it. */
const view = { item: null, threshold: 0.25, off: new Set(), labels: true, picked: null };

function showStage() {
  const { item } = view;
  byId("empty").hidden = item !== null;
  byId("canvas").hidden = item === null;
  byId("stage").classList.toggle("filled", item !== null);
  if (item !== null) paint();
}

function paint() {
  const { item } = view;
  const canvas = byId("canvas");
  const room = byId("stage");
  const below = ["caption", "strip", "transport"].map((id) => byId(id).offsetHeight + 14);
  const above = room.getBoundingClientRect().top + window.scrollY;
  const most = Math.max(320, window.innerHeight - above - below.reduce((sum, height) => sum + height, 24));
  const scale = Math.min(room.clientWidth / item.width, most / item.height, 6);
  const dense = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(item.width * scale * dense));
  const height = Math.max(1, Math.round(item.height * scale * dense));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.style.width = `${width / dense}px`;
  room.parentElement.style.setProperty("--wide", `${width / dense}px`);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(item.picture, 0, 0, width, height);
  const found = item.detections ? shown(item, view) : [];
  const unit = width / dense < 500 ? 0.82 * dense : dense;
  drawBoxes(context, found, { gain: width / item.width, unit, labels: view.labels, picked: view.picked });
  canvas.setAttribute("aria-label", `${item.name}, ${item.detections ? tally(found) : "not looked at yet"}`);
}

/** "13 objects: 11 RBC, 2 WBC" */
function tally(found) {
  if (found.length === 0) return "no objects";
  const counts = new Map();
  for (const { name } of found) counts.set(name, (counts.get(name) || 0) + 1);
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} ${name}`);
  return `${plural(found.length, "object")}: ${parts.join(", ")}`;
}

/** The picture at its own size, as a PNG; with the boxes that are seen now, if wanted. */
function pictureFile(item, { boxes = false } = {}) {
  const canvas = make("canvas", { width: item.width, height: item.height });
  const context = canvas.getContext("2d");
  context.drawImage(item.picture, 0, 0, item.width, item.height);
  const unit = Math.max(1, (item.width + item.height) / 1600);
  if (boxes) drawBoxes(context, shown(item, view), { gain: 1, unit, labels: view.labels, picked: null });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** The detection under the pointer. */
function under(event) {
  const { item } = view;
  if (!item?.detections) return undefined;
  const area = byId("canvas").getBoundingClientRect();
  const gain = item.width / area.width;
  return boxAt(shown(item, view), [(event.clientX - area.left) * gain, (event.clientY - area.top) * gain]);
}

function watchStage(pick) {
  const canvas = byId("canvas");
  let kept = null; // what a click chose; hovering shows others only for the moment
  canvas.addEventListener("pointermove", (event) => {
    const found = under(event);
    canvas.classList.toggle("pointing", found !== undefined);
    if (event.pointerType === "mouse") pick(found ?? kept, { scroll: false });
  });
  canvas.addEventListener("pointerleave", () => pick(kept, { scroll: false }));
  canvas.addEventListener("click", (event) => {
    const found = under(event) ?? null;
    kept = found === kept ? null : found;
    pick(kept, { scroll: true });
  });
  new ResizeObserver(() => view.item && paint()).observe(byId("stage"));
}
