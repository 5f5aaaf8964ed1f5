// Ways in: drop, paste, choose, camera. Each ends in `open` with files, or in a live source.

const KEPT = 24; // pictures in the strip
const items = [];
let live = null;
let asking = null; // aborts the request for the last picture

async function open(files) {
  const chosenFiles = [...files];
  if (chosenFiles.length === 0) return;
  stopLive();
  hideAlert();
  for (const file of chosenFiles) {
    if (/^video\//.test(file.type)) await attempt(async () => startLive(await openVideo(file)));
    else await attempt(() => openPicture(file));
  }
}

/** Carry something out; what goes wrong is told. */
async function attempt(action) {
  try {
    await action();
  } catch (fault) {
    if (fault.name === "AbortError") return;
    if (!(fault instanceof Trouble)) console.error(fault);
    showAlert(fault instanceof Trouble ? fault.message : `This page failed (${fault.message}).`);
  }
}

async function openPicture(file) {
  const name = file.name || "Pasted picture";
  if (file.size > facts.limits.bytes) {
    const most = megabytes(facts.limits.bytes);
    throw new Trouble(`${name} has ${megabytes(file.size)}; this service takes up to ${most}.`);
  }
  const picture = await createImageBitmap(file).catch(() => null);
  const item = { name, file, picture, width: picture?.width, height: picture?.height, detections: null };
  await examine(item);
  items.push(item);
  if (items.length > KEPT) items.shift().picture.close();
  refresh();
}

/** Ask the chosen model about an item and show it, at once where the browser can; a later one goes before. */
async function examine(item) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  Object.assign(item, { detections: null, failed: false });
  if (item.picture) look(item);
  busy(true);
  try {
    await ask(item, chosen(), signal);
  } catch (fault) {
    item.failed = true;
    if (view.item === item) refresh();
    throw fault;
  } finally {
    if (asking.signal === signal) busy(false);
  }
  look(item);
}

/** Fill in what was found in an item, and its picture where this browser could not decode it. */
async function ask(item, model, signal) {
  const entry = await detect(item.file, item.name, model, signal);
  const { width, height, detections, milliseconds } = entry;
  if (item.picture === null || item.width !== width || item.height !== height) {
    item.picture = await createImageBitmap(await rendered(item.file, model, signal));
  }
  Object.assign(item, { width, height, detections, milliseconds, model });
}

/** Show an item of the strip, through the eyes of the model that is chosen now. */
function show(item) {
  stopLive();
  if (item.model === chosen()) look(item);
  else attempt(() => examine(item));
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

function startLive(source) {
  live = source;
  byId("transport").hidden = false;
  byId("seek").hidden = byId("play").hidden = source.stream !== null;
  busy(true);
  return source.run((item) => {
    busy(false);
    look(item);
    showClock();
  });
}

function stopLive() {
  live?.stop();
  live = null;
  byId("transport").hidden = true;
  busy(false);
}

function showClock() {
  const { video } = live;
  byId("play").classList.toggle("paused", video.paused);
  byId("play").setAttribute("aria-label", video.paused ? "Play" : "Pause");
  byId("clock").hidden = live.stream !== null;
  byId("clock").textContent = `${minutes(video.currentTime)} / ${minutes(video.duration)}`;
  byId("facts").textContent += ` · ${live.rate.toFixed(1)} a second`;
  const seek = byId("seek");
  if (document.activeElement !== seek) seek.value = (1000 * video.currentTime) / (video.duration || 1);
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** Keep the frame that is seen as a picture of its own. */
async function shoot() {
  const { item } = view;
  stopLive();
  items.push(item);
  item.name = `${stem(item.name)} ${items.length}.png`;
  item.file = await pictureFile(item);
  refresh();
}

/** Pictures that come with the service, for who has none of the kind at hand. */
function showSamples() {
  byId("try").hidden = facts.samples.length === 0;
  byId("samples").replaceChildren(...facts.samples.map((name) => make("li", {}, sampleButton(name))));
}

function sampleButton(name) {
  const address = `samples/${encodeURIComponent(name)}`;
  const button = make("button", { type: "button" }, make("img", { src: address, alt: name }));
  button.addEventListener("click", () => attempt(async () => {
    const picture = await (await request(address)).blob();
    await open([new File([picture], name, { type: picture.type })]);
  }));
  return button;
}

function watchSources() {
  const file = byId("file");
  for (const id of ["choose", "again"]) byId(id).addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    open(file.files);
    file.value = "";
  });
  for (const id of ["camera", "camera-again"]) {
    byId(id).addEventListener("click", () => attempt(async () => {
      stopLive();
      hideAlert();
      await startLive(await openCamera());
    }));
  }
  byId("play").addEventListener("click", async () => {
    await (live.video.paused ? live.video.play() : live.video.pause());
    showClock();
  });
  byId("seek").addEventListener("input", () => {
    live.video.currentTime = (byId("seek").valueAsNumber / 1000) * live.video.duration;
  });
  byId("shoot").addEventListener("click", shoot);
  byId("stop").addEventListener("click", stopLive);
  watchDrop();
  document.addEventListener("paste", (event) => open(event.clipboardData.files));
}

/** A file may be dropped anywhere; the stage shows that it will be taken. */
function watchDrop() {
  const bringsFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0; // of nested elements that were entered and not left
  const drag = (event, step) => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + step);
    byId("stage").classList.toggle("dragging", depth > 0);
  };
  document.addEventListener("dragenter", (event) => drag(event, 1));
  document.addEventListener("dragover", (event) => drag(event, 0));
  document.addEventListener("dragleave", (event) => drag(event, -1));
  document.addEventListener("drop", (event) => {
    if (!bringsFiles(event)) return;
    drag(event, -depth);
    select("detect");
    open(event.dataTransfer.files);
  });
}
