// Ways in: drop, paste, choose, camera. Each ends in `open` with files, or in a live source.

const KEPT = 24; // pictures in the strip
const items = [];
let live = null;
let asking = null; // aborts the request for the last picture
let turn = 0; // counts what was begun; what is older then has no right to the stage any more

/** Pictures, of which none is lost when others are chosen meanwhile, then a video. */
async function open(files) {
  const isVideo = (file) => /^video\//.test(file.type);
  const [stills, videos] = [[...files].filter((file) => !isVideo(file)), [...files].filter(isVideo)];
  if (stills.length + videos.length === 0) return;
  stopLive();
  hideAlert();
  const mine = turn;
  for (const file of stills) await attempt(() => openPicture(file, () => mine === turn));
  if (videos.length === 0 || mine !== turn) return;
  if (videos.length > 1) showAlert(`One video at a time: ${videos[0].name} it is.`);
  await attempt(() => begin(() => openVideo(videos[0])));
}

/** A camera or video, unless something else was begun before it was there. */
async function begin(openSource) {
  stopLive();
  const mine = turn;
  const source = await openSource();
  if (mine === turn) await startLive(source);
  else source.stop();
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

async function openPicture(file, isLatest) {
  const name = file.name || "Pasted picture";
  if (file.size > facts.limits.bytes) {
    const most = megabytes(facts.limits.bytes);
    throw new Trouble(`${name} has ${megabytes(file.size)}; this service takes up to ${most}.`);
  }
  const picture = await createImageBitmap(file).catch(() => null);
  const item = { name, file, picture, width: picture?.width, height: picture?.height, detections: null };
  keep(item);
  try {
    if (isLatest()) await examine(item);
  } finally {
    if (item.picture === null) items.splice(items.indexOf(item), 1); // no picture, or none for this browser
    refresh();
  }
}

function keep(item) {
  items.push(item);
  if (items.length <= KEPT) return;
  const [oldest] = items.splice(items.findIndex((one) => one !== view.item && one.picture), 1);
  oldest.picture.close();
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
  asking?.abort();
  if (item.model === chosen()) look(item);
  else attempt(() => examine(item));
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

async function startLive(source) {
  live?.stop();
  live = source;
  byId("transport").hidden = false;
  byId("seek").hidden = byId("play").hidden = source.stream !== null;
  busy(true);
  try {
    await source.run((item) => {
      busy(false);
      look(Object.assign(item, { source }));
      showClock();
    });
  } catch (fault) {
    if (live === source) stopLive();
    throw fault;
  }
}

function stopLive() {
  turn++;
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
  if (live === null || item?.source !== live) return; // none of its frames is there yet
  stopLive();
  keep(item);
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
    byId(id).addEventListener("click", () => {
      hideAlert();
      attempt(() => begin(openCamera));
    });
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
