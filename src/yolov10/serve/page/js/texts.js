// The pages of text: the model's card, and how to call the service from a program.

const CHIPS = 24; // classes beside the empty stage; the model's own page has them all
const known = (value) => value !== null && value !== undefined && value !== "";

function definitions(entries) {
  const pairs = Object.entries(entries).filter(([, value]) => known(value));
  const parts = pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  return make("dl", { class: "facts" }, ...parts);
}

const chip = (name, index) => make("li", {}, tint(make("i"), index), name);

function showModel() {
  const name = chosen();
  const card = facts.models[name];
  byId("model").replaceChildren(
    make("h1", {}, name),
    definitions({
      Network: card.scale ? `YOLOv10-${card.scale}` : "YOLOv10, of a scale that its file does not tell",
      "Picture size": pictureSize(card),
      Confidence: known(card.threshold)
        ? `${card.threshold.toFixed(2)}, of the best F1 on its validation data`
        : `${card.confidence.toFixed(2)}; its file names none of its own`,
      License: card.license || "not stated in its file",
    }),
    make("h2", {}, card.names.length === 1 ? "1 class" : `${card.names.length} classes`),
    make("ul", { class: "chips" }, ...card.names.map(chip)),
    ...training(card.training),
    make("p", { class: "soft fine" }, `Served by open-yolov10 ${facts.version}`),
  );
}

function pictureSize({ image_size: size, fixed }) {
  const text = Array.isArray(size) ? `${size[0]} × ${size[1]} pixels` : `${size} pixels, long side`;
  return fixed ? `${text}, no other` : text;
}

/** Beside the empty stage: what there is to be found. */
function showBefore() {
  const name = chosen();
  const { names } = facts.models[name];
  const chips = names.slice(0, CHIPS).map(chip);
  if (names.length > CHIPS) chips.push(make("li", {}, `and ${names.length - CHIPS} more`));
  byId("before").replaceChildren(
    make("h2", {}, name),
    make("p", { class: "soft" }, names.length === 1 ? "finds one class:" : `finds ${names.length} classes:`),
    make("ul", { class: "chips" }, ...chips),
  );
}

/** The record of a training, whatever it holds. */
function training(record) {
  const entries = Object.entries(typeof record === "string" ? { Record: record } : (record ?? {}));
  const shown = entries.filter(([, value]) => known(value)).map(([key, value]) => [key, plain(value)]);
  return shown.length ? [make("h2", {}, "Training"), definitions(Object.fromEntries(shown))] : [];
}

function plain(value) {
  if (typeof value === "string") return value;
  return typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : JSON.stringify(value);
}

const OPTIONS = {
  model: "which one, of several",
  confidence: "keep what is surer; 0 to 1",
  classes: "names or indices, separated by commas",
  image_size: "long side (640), or HEIGHTxWIDTH (384x640)",
  max_detections: "at most so many a picture",
  one_class_per_box: "true keeps a box once, with its surest class",
  format: "json, or jpeg or png: the picture with its boxes",
};
const ANSWER = `[{"source": "one.jpg", "frame": null, "width": 640, "height": 480, "detections": [
  {"class": 0, "name": "RBC", "confidence": 0.91, "box": [24.0, 29.8, 120.0, 97.1]}]}]`;

function showApi() {
  const base = new URL("detect", location.href).href;
  byId("api").replaceChildren(
    make("h1", {}, "From a program"),
    make("p", {}, "A picture is the body of one request, as it is:"),
    code(`curl --data-binary @picture.jpg '${base}'`),
    make("p", {}, "Several are files of a form, or base64 in JSON:"),
    code(`curl -F a=@one.jpg -F b=@two.jpg '${base}?confidence=0.4'`),
    code(`echo '{"images": ["'$(base64 -w0 picture.jpg)'"]}' | curl --json @- '${base}'`),
    make("p", {}, "With its boxes drawn:"),
    code(`curl --data-binary @picture.jpg '${base}?format=jpeg' > found.jpg`),
    ...aboutAnswers(),
    make("h2", {}, "Options in the address"),
    make("table", {}, make("tbody", {}, ...Object.entries(OPTIONS).map(optionRow))),
    ...aboutLimits(facts.limits),
  );
}

function aboutAnswers() {
  const refused = "What cannot be read has an error instead. A refusal is one line that says what to do: ";
  const again = "; 429 means try again after Retry-After seconds.";
  return [
    make("h2", {}, "The answer"),
    make("p", {}, "A list with an entry a picture; boxes are x1 y1 x2 y2 in its own pixels, surest first."),
    code(ANSWER),
    make("p", {}, refused, make("code", {}, '{"error": "…"}'), again),
  ];
}

const optionRow = ([name, text]) =>
  make("tr", {}, make("td", {}, make("code", {}, name)), make("td", {}, text));

function aboutLimits({ bytes, pictures, pixels, image_size: size, seconds }) {
  const link = (address) => make("a", { href: address }, address);
  return [
    make("h2", {}, "Limits"),
    definitions({
      Request: `${megabytes(bytes)}, ${plural(pictures, "picture")}`,
      Picture: `${(pixels / 1e6).toFixed(0)} megapixels`,
      "Image size": `up to ${size}`,
      Time: `${seconds} seconds`,
    }),
    make("p", {}, "Every endpoint, for machines: ", link("openapi.json"), " · ", link("metrics")),
  ];
}

function code(text) {
  const button = make("button", { type: "button", class: "small" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  if (!navigator.clipboard) button.hidden = true; // on plain http from another machine
  return make("div", { class: "code" }, make("pre", {}, text), button);
}
