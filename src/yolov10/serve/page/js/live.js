// Moving pictures: a video file or a camera. One frame is asked about at a time, and the frame that is shown
// is the one whose boxes are drawn; those that come meanwhile are left out, so nothing ever lags behind.

const SENT_SIDE = 1280; // pixels of the long side of a frame that is sent

/** A video that is being looked at; `stop` ends it. */
class Live {
  constructor(video, name, stream) {
    Object.assign(this, { video, name, stream, shown: 0, since: performance.now() });
    this.ended = new AbortController();
  }

  async run(onItem) {
    const { signal } = this.ended;
    let [last, model] = [-1, null];
    while (!signal.aborted) {
      await nextFrame(this.video);
      const time = this.video.currentTime;
      if (signal.aborted || this.video.seeking) continue;
      if (this.video.paused && time === last && model === chosen()) continue;
      [last, model] = [time, chosen()];
      const item = await this.look(signal);
      if (signal.aborted) return;
      this.shown++;
      onItem(item);
    }
  }

  /** The frame of this moment, and what is in it. */
  async look(signal) {
    const { videoWidth: width, videoHeight: height } = this.video;
    const picture = await createImageBitmap(this.video);
    const scale = Math.min(1, SENT_SIDE / Math.max(width, height));
    const canvas = make("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    const entry = await detect(blob, this.name, chosen(), signal);
    const atFullSize = (found) => ({ ...found, box: found.box.map((side) => side / scale) });
    const detections = entry.detections.map(atFullSize);
    const { milliseconds } = entry;
    return { name: this.name, model: chosen(), picture, width, height, detections, milliseconds };
  }

  /** Frames a second, as they are shown here. */
  get rate() {
    return this.shown / ((performance.now() - this.since) / 1000);
  }

  stop() {
    this.ended.abort();
    this.video.pause();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    if (!this.stream) URL.revokeObjectURL(this.video.src);
  }
}

/** Resolves with the next frame, or soon when none comes: a paused video may be asked to seek. */
function nextFrame(video) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 100);
    video.requestVideoFrameCallback?.(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function openVideo(file) {
  const video = make("video");
  Object.assign(video, { muted: true, playsInline: true, loop: true, src: URL.createObjectURL(file) });
  await new Promise((resolve, reject) => {
    video.addEventListener("loadeddata", resolve);
    video.addEventListener("error", () => reject(new Trouble(`This browser cannot play ${file.name}.`)));
  });
  await video.play().catch(() => {}); // it then waits for the button
  return new Live(video, file.name, null);
}

async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Trouble("Browsers give a camera only to pages from this machine (localhost) or over https.");
  }
  const wanted = { video: { facingMode: "environment", width: { ideal: SENT_SIDE } } };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(wanted);
  } catch (fault) {
    const reasons = {
      NotAllowedError: "The camera was not allowed: see the address bar for the permission.",
      NotFoundError: "No camera was found.",
      NotReadableError: "The camera is in use by another program.",
    };
    throw new Trouble(reasons[fault.name] ?? `The camera cannot be used (${fault.name}).`);
  }
  const video = make("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
  await video.play();
  return new Live(video, "Camera", stream);
}
