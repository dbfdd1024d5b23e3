// Puts the parts together: events come in and change the page, buttons ask and send.

import { byId, el, setText, show } from "./dom.js";
import { a, kindOf } from "./format.js";
import { notices, showTop } from "./headline.js";
import { showCurrent } from "./current.js";
import { showTotals } from "./outcomes.js";
import { filter, showAttention } from "./attention.js";
import { more, render, showAccounts, sortBy, tick } from "./accounts.js";
import { showRuns, showSchedule, statusOf } from "./runs.js";
import { prepare } from "./confirm.js";
import { decide } from "./start.js";
import { listen, send } from "./server.js";

// The token has become a cookie; it does not stay in the address bar and the history.
if (location.search) history.replaceState(null, "", "/");

let known = null;
let connection = "connecting";
const failures = new Map();

function announce(words) {
  setText(byId("announce"), words);
}

/** Only what begins and ends is announced: progress would never be silent. */
function announceRuns(before, after) {
  const running = (overview) => new Map(overview.current.map(({ run }) => [run.runId, run]));
  const [old, fresh] = [running(before), running(after)];
  for (const [id, run] of fresh) if (!old.has(id)) announce(`${a(kindOf(run))} has started.`);
  for (const [id, run] of old) {
    if (fresh.has(id)) continue;
    const ended = after.latest.find((latest) => latest.runId === id);
    announce(`The ${kindOf(run)} has ended${ended ? `: ${statusOf(ended)[1]}` : ""}.`);
  }
}

function showProblems() {
  const lost = connection === "lost" && el("div", { class: "banner bad", "data-key": "lost" },
    el("h2", {}, "dray does not answer"),
    el("p", {}, "What this page shows may be old. It tries to connect again by itself; if the command has ended, start ",
      el("code", {}, "dray dashboard"), " again and open the address that it prints. Runs go on without it."));
  const unreachable = [...failures.values()].map(({ part, message, hint }) =>
    el("div", { class: "banner bad", "data-key": `failed-${part}`, "data-part": part },
      el("h2", {}, part === "overview" ? "AWS cannot be asked" : `The part “${part}” cannot be asked for`),
      el("p", {}, `${message}.`), el("p", {}, `${hint}.`),
      el("p", { class: "soft" }, "What is shown may be old; it is asked for again by itself.")));
  show(byId("problems"), lost, unreachable, known ? notices(known.overview) : null);
}

function showConnection() {
  const state = connection === "connected" && failures.size ? "stale" : connection;
  const words = { connecting: "connecting", connected: "live", stale: "AWS unreachable", lost: "connection lost" }[state];
  const pill = byId("connection");
  pill.dataset.state = state;
  setText(pill, words);
}

function heard(part, hear) {
  return (state) => {
    const was = failures.delete(part);
    hear(state);
    if (was || part === "overview") showProblems();
    if (was && !failures.size) announce("AWS answers again.");
    showConnection();
  };
}

listen({
  overview: heard("overview", (state) => {
    if (known) announceRuns(known.overview, state.overview);
    known = state;
    showTop(state.overview);
    showCurrent(byId("current"), state);
    showTotals(byId("totals"), state.overview);
    tick(state.now);
  }),
  attention: heard("attention", showAttention),
  runs: heard("runs", (runs) => showRuns(byId("runs"), runs)),
  schedule: heard("schedule", (schedule) => showSchedule(byId("schedule"), schedule)),
  accounts: heard("accounts", showAccounts),
  unreachable: (failure) => {
    if (!failures.size) announce(`AWS cannot be asked: ${failure.message}`);
    failures.set(failure.part, failure);
    showProblems();
    showConnection();
  },
}, (state) => {
  if (state === connection) return;
  if (state === "lost") {
    announce("dray does not answer.");
    // What failed before is told again after the connection is back.
    failures.clear();
  } else if (connection === "lost") announce("Connected again.");
  connection = state;
  showProblems();
  showConnection();
});

async function count() {
  if (byId("count").getAttribute("aria-disabled") === "true") return;
  try {
    await send("accounts", {});
  } catch (error) {
    showAccounts({ state: "failed", message: error.message, hint: "Try again" });
  }
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-do]");
  if (!target) return;
  const { do: name, run, field } = target.dataset;
  if (name === "count") count();
  else if (name === "sort") sortBy(field);
  else if (name === "more") more();
  else if (known) decide(name, run, known.overview, announce);
});
byId("attention-outcome").addEventListener("change", filter);
byId("attention-text").addEventListener("input", filter);
byId("accounts-text").addEventListener("input", render);
prepare();
render();
