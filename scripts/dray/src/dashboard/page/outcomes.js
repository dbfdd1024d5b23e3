// How records ended: one bar per outcome, with a word and a symbol, so that no colour is needed to tell them apart.

import { el, show, svg } from "./dom.js";
import { capital, counted, kindOf, number, share, sum, time } from "./format.js";

const TONES = {
  ok: ["✓", ["verified", "switched", "restored", "match"]],
  weak: ["=", ["unchanged", "already_switched", "already_original", "account_renamed"]],
  plain: ["–", ["planned", "skipped", "deleted", "kept"]],
  extra: ["∅", ["source_gone", "extra", "missing"]],
  unknown: ["?", ["unverifiable", "undecided"]],
};
const ORDER = ["ok", "weak", "plain", "extra", "attention", "unknown"];

/** `ok`, `weak`, `extra`, `unknown` or `attention` with its symbol. */
export function toneOf(label) {
  const family = label.split(".")[0];
  for (const [tone, [symbol, labels]] of Object.entries(TONES)) {
    if (labels.includes(label) || labels.includes(family)) return { tone, symbol };
  }
  return { tone: "attention", symbol: "!" };
}

/** `failed.access_denied` as `Failed: access denied`. */
export function wordsOf(label) {
  const [family, reason] = label.split(".").map((part) => part.replaceAll("_", " "));
  return reason ? `${capital(family)}: ${reason}` : capital(family);
}

export const symbolOf = (label) => {
  const { tone, symbol } = toneOf(label);
  return el("span", { class: `mark-${tone} glyph`, "aria-hidden": "true" }, symbol);
};

function bar(part, whole, tone) {
  const width = whole ? Math.max((part / whole) * 100, part ? 0.6 : 0) : 0;
  return svg("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "empty", width: 100, height: 8 }),
    svg("rect", { class: tone, width, height: 8 }));
}

/** A table with a bar for each outcome. */
export function bars(outcomes, caption) {
  const all = sum(outcomes);
  const rows = Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([label, count]) => ({ label, count, ...toneOf(label) }))
    .sort((x, y) => ORDER.indexOf(x.tone) - ORDER.indexOf(y.tone) || y.count - x.count);
  return el("table", { class: "outcomes" },
    el("caption", { class: "hidden" }, caption),
    el("thead", { class: "hidden" }, el("tr", {},
      ["Outcome", "Part", "Records", "Share"].map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(({ label, count, tone }) =>
      el("tr", { "data-outcome": label, "data-key": label },
        el("th", { scope: "row" }, symbolOf(label), wordsOf(label)),
        el("td", { class: "wide" }, bar(count, all, tone)),
        el("td", { class: "n count" }, number(count)),
        el("td", { class: "n soft" }, share(count, all))))),
    el("tfoot", {}, el("tr", {},
      el("th", { scope: "row" }, "Together"), el("td", { class: "wide" }),
      el("td", { class: "n count" }, number(all)), el("td", {}))));
}

/** The newest run of each kind that has ended. */
export function showTotals(target, overview) {
  const runs = overview.latest.filter((run) => sum(run.outcomes) > 0);
  if (!runs.length) {
    show(target, el("p", { class: "none" }, "No run has ended yet."));
    return;
  }
  show(target, runs.map((run) => el("div", { class: "total", "data-kind": run.kind, "data-run": run.runId, "data-key": run.kind },
    el("h3", {}, `Last ${kindOf(run)}`, el("span", { class: "soft when" }, run.endedAt ? time(run.endedAt) : "")),
    bars(run.outcomes, `Outcomes of ${run.runId}`),
    el("p", { class: "note" }, accounted(run)))));
}

function accounted(run) {
  if (run.accountedFor === undefined) return "";
  const words = run.accountedFor ? "Every one is in exactly one end state." : "Not every one is in an end state.";
  return run.needsAttention ? `${words} ${counted(run.needsAttention, "needs", "need")} a person.` : words;
}
