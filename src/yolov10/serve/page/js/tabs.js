// Tabs, as the pattern of that name wants them: arrows move, the address remembers.

const tabs = () => [...document.querySelectorAll('[role="tab"]:not([hidden])')];

function select(name, { focus = false } = {}) {
  const wanted = byId(`tab-${name}`);
  const tab = wanted && !wanted.hidden ? wanted : byId("tab-detect");
  for (const other of document.querySelectorAll('[role="tab"]')) {
    const current = other === tab;
    other.setAttribute("aria-selected", current);
    other.tabIndex = current ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !current;
  }
  const id = tab.getAttribute("aria-controls");
  if (id === "architecture") showArchitecture();
  if (id !== "detect") stopLive();
  if (view.item && id === "detect") paint();
  document.title = `${tab.textContent} · open-yolov10`;
  history.replaceState(null, "", id === "detect" ? location.pathname : `#${id}`);
  if (focus) tab.focus();
}

function showArchitecture() {
  const address = `architecture?${new URLSearchParams({ model: chosen() })}`;
  const frame = byId("architecture").firstChild;
  if (frame?.getAttribute("src") === address) return;
  const page = make("iframe", { src: address, title: "Architecture of the network" });
  byId("architecture").replaceChildren(page);
}

function watchTabs() {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    tab.addEventListener("click", () => select(tab.getAttribute("aria-controls")));
    tab.addEventListener("keydown", (event) => {
      const all = tabs();
      const at = all.indexOf(tab);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select(all[(to + all.length) % all.length].getAttribute("aria-controls"), { focus: true });
    });
  }
}
