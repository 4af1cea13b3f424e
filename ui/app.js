// What pages do beyond links and forms, which work without it:
//   - elements with data-live and an id are kept as the server has them now, told by one stream of events
//   - the log of a task is followed; "Load earlier" adds to it in place
//   - forms with data-instant act while somebody types
//   - light, dark or as the system; menus that close
"use strict";

const root = document.documentElement;

// Of a cookie, so that the server writes the page in these colours to begin with.
function setTheme(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll("button[name=theme]")) {
    button.hidden = button.value !== nextTheme(theme);
  }
}

function nextTheme(theme) {
  return { system: "light", light: "dark", dark: "system" }[theme];
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name === "theme") {
    event.preventDefault();
    setTheme(button.value);
    document.querySelector("button[name=theme]:not([hidden])")?.focus();
    return;
  }
  if (event.target.method !== "post" || !button) return;
  setTimeout(() => (button.disabled = true)); // one click is one run
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[method=post] button:disabled")) button.disabled = false;
});

// ---- Fragments --------------------------------------------------------------------------------------------------

function keyOf(node) {
  return node.id || node.dataset?.key || "";
}

// Makes `old` what `fresh` is and touches nothing that is the same: focus, selection, scrolling and what is folded
// out stay. Children with an id or data-key keep their element wherever they go.
function morph(old, fresh) {
  if (old.isEqualNode(fresh) || old.hasAttribute("data-still")) return;
  const keeps = (name) => name === "open" && old.nodeName === "DETAILS";
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !keeps(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !keeps(name)) old.setAttribute(name, value);
  }
  const keyed = new Map();
  for (const child of old.children) if (keyOf(child)) keyed.set(keyOf(child), child);
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    const match = key ? keyed.get(key) : at && !keyOf(at) && at.nodeName === next.nodeName ? at : null;
    if (!match || match.nodeName !== next.nodeName) {
      old.insertBefore(document.importNode(next, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, next);
    else if (match.data !== next.data) match.data = next.data;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

async function fetchPage(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (answer.redirected && new URL(answer.url).pathname !== new URL(url, location.href).pathname) location.reload();
  if (!answer.ok && answer.status !== 404) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Screen readers hear what changed, and nothing else.
function announce(text) {
  const place = document.getElementById("announcer");
  if (place && place.textContent !== text) place.textContent = text;
}

function update(fresh, selector) {
  for (const element of document.querySelectorAll(selector)) {
    const next = fresh.getElementById(element.id);
    if (!next) continue;
    const said = [...element.querySelectorAll("[data-announce]")].map((one) => one.dataset.announce).join(", ");
    morph(element, next);
    const now = [...element.querySelectorAll("[data-announce]")].map((one) => one.dataset.announce).join(", ");
    if (now !== said) announce(now);
  }
}

let isRefreshing = false;
let isStale = false;

async function refresh() {
  isStale = true;
  if (isRefreshing || document.hidden) return;
  isRefreshing = true;
  try {
    while (isStale) {
      isStale = false;
      const fresh = await fetchPage(location.href);
      update(fresh, "[data-live][id]");
      const now = fresh.getElementById("log")?.dataset.stream;
      if (log?.dataset.stream && now && now !== log.dataset.stream) location.reload(); // another try began
      await new Promise((done) => setTimeout(done, 150)); // a busy scheduler changes something all the time
    }
  } catch {
    isStale = true; // the next event tries again
  } finally {
    isRefreshing = false;
  }
}

// ---- The stream of events ---------------------------------------------------------------------------------------

const log = document.getElementById("log");
let stream = null;

function showLive(state, text) {
  const place = document.getElementById("live-state");
  if (!place) return;
  place.hidden = false;
  place.className = `live-state ${state}`;
  place.textContent = text;
}

function listen() {
  if (stream || document.hidden) return;
  if (!document.querySelector("[data-live][id]") && !log?.dataset.stream) return;
  stream = new EventSource(log?.dataset.stream || "/ui/events");
  stream.addEventListener("open", () => {
    showLive("on", "Live");
    refresh(); // for what changed since the page was written
    followLog();
  });
  stream.addEventListener("error", () => {
    showLive("off", "Connecting…");
    if (stream?.readyState !== EventSource.CLOSED) return; // it comes back by itself
    stream = null;
    refresh(); // leads to the sign-in page when that is why
  });
  stream.addEventListener("change", refresh);
  stream.addEventListener("log", followLog);
}

function hush() {
  stream?.close();
  stream = null;
}

// A page that nobody sees costs nothing: browsers have six connections for all pages of a server.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hush();
  else listen();
});
addEventListener("pagehide", hush);
addEventListener("pageshow", listen);
setInterval(listen, 5000); // after a server that was away for long

// ---- The log of a task ------------------------------------------------------------------------------------------

const kLogLines = 10_000; // more than these are let go at the top while it is followed
let isFollowing = false;
let isLogStale = false;

// An answer that is a piece of the log. Where the session is over it is the sign-in page: the page is loaded
// again, which leads there and back.
async function fetchLines(url) {
  const answer = await fetch(url);
  if (answer.redirected) location.reload();
  if (answer.redirected || !answer.ok || !answer.headers.has("X-Log-Next")) throw new Error(`${answer.status}`);
  return answer;
}

function linesOf(text) {
  return [...new DOMParser().parseFromString(text, "text/html").body.childNodes];
}

// A group that began in an earlier piece takes what comes until its end.
function appendLines(nodes) {
  let group = log.lastElementChild?.matches("details.unended") ? log.lastElementChild : null;
  for (const node of nodes) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    if (node.matches(".group-end")) {
      group?.classList.remove("unended");
      group = null;
    } else {
      if (node.matches("details")) group = null;
      (group || log).append(node);
    }
  }
  const extra = log.children.length - kLogLines;
  for (let i = 0; i < extra; ++i) log.firstElementChild.remove();
}

function scrollLog() {
  if (document.getElementById("follow")?.checked) log.scrollTop = log.scrollHeight;
}

async function followLog() {
  if (!log?.dataset.lines) return;
  isLogStale = true;
  if (isFollowing) return;
  isFollowing = true;
  try {
    while (isLogStale) {
      isLogStale = false;
      const { lines, next: from } = log.dataset;
      const answer = await fetchLines(`${lines}&from=${from}`);
      const next = answer.headers.get("X-Log-Next");
      const nodes = linesOf(await answer.text());
      if (log.dataset.lines !== lines) {
        isLogStale = true; // another search meanwhile
        continue;
      }
      if (nodes.length) document.getElementById("log-empty")?.remove();
      appendLines(nodes);
      if (next !== from) isLogStale = true;
      log.dataset.next = next;
      scrollLog();
    }
  } catch {
    // the next event asks again
  } finally {
    isFollowing = false;
  }
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("#log .earlier a");
  if (!link) return;
  event.preventDefault();
  let lines;
  try {
    lines = linesOf(await (await fetchLines(link.dataset.lines)).text());
  } catch {
    return announce("The earlier lines could not be loaded: try again."); // the link is still there
  }
  const fromEnd = log.scrollHeight - log.scrollTop;
  link.closest(".earlier").replaceWith(...lines);
  log.scrollTop = log.scrollHeight - fromEnd;
  log.focus({ preventScroll: true });
});

if (log) {
  scrollLog();
  const follow = document.getElementById("follow");
  log.addEventListener("scroll", () => {
    if (follow) follow.checked = log.scrollTop + log.clientHeight > log.scrollHeight - 8;
  });
  follow?.addEventListener("change", scrollLog);
  const wrap = document.getElementById("wrap");
  wrap.checked = localStorage.getItem("wrap") === "yes";
  wrap.addEventListener("change", () => localStorage.setItem("wrap", wrap.checked ? "yes" : "no"));
}

// ---- Forms that act while somebody types ------------------------------------------------------------------------

let typing = 0;

async function applyForm(form) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
  history.replaceState(null, "", url);
  let fresh;
  try {
    fresh = await fetchPage(url);
  } catch {
    return announce("The list could not be loaded: the server does not answer.");
  }
  if (location.href !== url.href) return; // typed on meanwhile
  for (const region of document.querySelectorAll("[data-region]")) {
    const next = fresh.getElementById(region.id);
    if (!next) continue;
    for (const attribute of next.attributes) region.setAttribute(attribute.name, attribute.value);
    region.replaceChildren(...next.childNodes);
  }
  if (log) scrollLog();
}

for (const form of document.querySelectorAll("form[data-instant]")) {
  const submit = form.querySelector("button[data-fallback]");
  if (submit) submit.hidden = true;
  form.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => applyForm(form), 250);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    applyForm(form);
  });
}

// ---- Small things -----------------------------------------------------------------------------------------------

function closeMenus(but) {
  for (const menu of document.querySelectorAll("details.menu[open], details.confirm[open]")) {
    if (!menu.contains(but)) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const summary = document.activeElement?.closest("details.menu, details.confirm")?.querySelector("summary");
    closeMenus(null);
    summary?.focus();
  }
});

// Instants are written in UTC. That of the place where one sits is told once, for hands without a mouse too, and
// of each under the mouse.
const ahead = -new Date().getTimezoneOffset();
const zone = document.getElementById("time-zone");
if (zone && ahead) {
  const [hours, minutes] = [Math.floor(Math.abs(ahead) / 60), Math.abs(ahead) % 60];
  const clock = `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
  zone.textContent += `; here it is UTC${ahead > 0 ? "+" : "−"}${clock}`;
}
document.addEventListener("mouseover", (event) => {
  const time = event.target.closest?.("time[datetime]");
  if (time && !time.title) time.title = `${new Date(time.dateTime).toLocaleString()} (here)`;
});

// What a form did is said once.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

document.querySelector(".site-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const grid of document.querySelectorAll(".run-grid")) grid.scrollLeft = grid.scrollWidth; // the newest runs

// As duration_text of src/server/pages/parts.cc.
function durationText(ms) {
  ms = Math.max(0, ms);
  const [seconds, minutes, hours] = [1000, 60_000, 3_600_000].map((unit) => Math.floor(ms / unit));
  const padded = (number) => String(number % 60).padStart(2, "0");
  if (seconds < 1) return `${Math.floor(ms)} ms`;
  if (seconds < 10) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (minutes < 1) return `${seconds} s`;
  if (hours < 1) return seconds % 60 ? `${minutes}m ${padded(seconds)}s` : `${minutes} min`;
  if (hours < 24) return `${hours}h ${padded(minutes)}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

setInterval(() => {
  for (const clock of document.querySelectorAll("time[data-since]")) {
    clock.textContent = durationText(Date.now() - Date.parse(clock.dataset.since));
  }
}, 1000);

listen();
