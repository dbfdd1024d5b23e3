// What goes on: the phases of each run, how far it is, how fast, and what a person can do about it.

import { button, el, foreign, show } from "./dom.js";
import { bytes, capital, duration, kindOf, number, perSecond, share, sum, time } from "./format.js";
import { chart } from "./chart.js";
import { bars } from "./outcomes.js";

const STATES = { pending: ["", "to come"], active: ["●", "under way"], done: ["✓", "done"], failed: ["!", "failed"] };

function steps(phases) {
  return el("ol", { class: "phases", "aria-label": "Phases" }, phases.map(({ name, state }) => {
    const [symbol, words] = STATES[state] ?? ["", state];
    return el("li", { "data-state": state, "aria-current": state === "active" && "step" },
      el("span", { class: "step", "aria-hidden": "true" }, symbol),
      el("span", {}, capital(name), el("span", { class: "hidden" }, `: ${words}`)));
  }));
}

function bar({ run }) {
  const label = `${capital(kindOf(run))}: how far`;
  if (!run.total) return el("progress", { "aria-label": label });
  return el("progress", { "aria-label": label, max: run.total, value: Math.min(run.done, run.total) });
}

function numbers({ run, rates, elapsedSeconds }) {
  const fact = (name, value) => value && el("div", {}, el("dt", {}, name), el("dd", {}, value));
  return el("dl", { class: "numbers" },
    fact("Done", run.total ? `${number(run.done)} of ${number(run.total)}` : number(run.done)),
    fact("Part", run.total && share(run.done, run.total)),
    fact("Speed", rates && perSecond(rates.itemsPerSecond)),
    fact("Time left", rates?.etaSeconds !== undefined && duration(rates.etaSeconds)),
    fact("Running for", duration(elapsedSeconds)),
    fact("Written", run.bytesCopied > 0 && bytes(run.bytesCopied)),
    fact("Needs a person", number(run.needsAttention)));
}

function controls({ run }) {
  const data = { run: run.runId };
  const waits = run.status === "waitingForApproval";
  return el("div", { class: "toolbar" },
    waits && button("Approve …", "approve", data, { class: "primary" }),
    waits && button("Reject …", "reject", data),
    button("Stop …", "stop", data, { class: "danger" }));
}

function card(progress, history, now) {
  const { run } = progress;
  return el("article", { class: "card", "data-run": run.runId, "data-key": run.runId, "aria-label": `${capital(kindOf(run))} ${run.runId}` },
    el("h3", {}, capital(kindOf(run)), run.mode && el("span", { class: "soft" }, ` ${run.mode}`),
      el("span", { class: "id" }, foreign(run.runId))),
    el("p", { class: "soft" }, "Started ", time(run.startedAt)),
    steps(progress.phases),
    progress.waitingFor && el("p", { class: "waiting" }, "Waits for ", foreign(progress.waitingFor), "."),
    bar(progress),
    numbers(progress),
    controls(progress),
    chart(history[run.runId], now),
    sum(run.outcomes) > 0 && bars(run.outcomes, `Outcomes of ${run.runId} so far`));
}

export function showCurrent(target, { overview, history, now }) {
  if (!overview.current.length) {
    const last = overview.latest.map((run) => run.endedAt).filter(Boolean).sort().at(-1);
    show(target, el("p", { class: "none" }, last ? ["Nothing goes on. The last run ended ", time(last), "."] : "Nothing goes on."));
    return;
  }
  show(target, overview.current.map((progress) => card(progress, history, now)));
}
