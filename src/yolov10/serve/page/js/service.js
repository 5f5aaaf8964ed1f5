// Talking to the service. Addresses are relative, so that it may live below any path.

const FLOOR = 0.05; // asked for once; the sliders work above it without asking again
const TRIES = 5;

/** Something went wrong; the message is for the person at the screen. */
class Trouble extends Error {}

async function request(address, options = {}) {
  const url = new URL(address, location.origin + location.pathname); // no user:key@, which fetch refuses
  let response;
  for (let attempt = 1; ; attempt++) {
    try {
      response = await fetch(url, options);
    } catch (fault) {
      if (fault.name === "AbortError") throw fault;
      throw new Trouble("The service does not answer. Is it still running?");
    }
    if (response.status !== 429 || attempt === TRIES) break;
    await pause(1000 * Number(response.headers.get("retry-after") || 1), options.signal);
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Trouble(sentence(answer.error || `The service answered ${response.status}.`));
}

/** What is in a picture, everything surer than FLOOR, and the milliseconds it took. */
async function detect(blob, name, model, signal) {
  const start = performance.now();
  const body = new FormData(); // a form gives the picture its name, which messages then say
  body.append("image", blob, name);
  const response = await request(`detect?${query(model)}`, { method: "POST", body, signal });
  const [entry] = await response.json();
  return { ...entry, milliseconds: performance.now() - start };
}

/** The picture itself, for formats that the service reads and this browser does not. */
async function rendered(blob, model, signal) {
  const address = `detect?${new URLSearchParams({ model, confidence: 1, format: "png" })}`;
  return (await request(address, { method: "POST", body: blob, signal })).blob();
}

function query(model) {
  const { confidence } = facts.models[model];
  return new URLSearchParams({ model, confidence: Math.min(FLOOR, confidence) });
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("", "AbortError"));
    });
  });
}

/** The service's line as a sentence; one that begins with a file's name keeps its letters. */
function sentence(text) {
  const begun = /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
