// Records that need a person: what it means and what to do, with a filter.

import { byId, cell, el, foreign, setText, show, table } from "./dom.js";
import { counted, number, sum, time } from "./format.js";
import { symbolOf, wordsOf } from "./outcomes.js";

const SHOWN = 100;
const COLUMNS = [{ name: "Record" }, { name: "Outcome" }, { name: "What to do" }, { name: "Found" }];

let attention = { counts: {}, rows: [] };

export function showAttention(state) {
  attention = state;
  const outcomes = Object.keys(state.counts).sort();
  const select = byId("attention-outcome");
  const chosen = select.value;
  show(select, el("option", { value: "" }, "All"),
    outcomes.map((label) => el("option", { value: label }, `${wordsOf(label)} (${number(state.counts[label])})`)));
  select.value = outcomes.includes(chosen) ? chosen : "";
  filter();
}

const textOf = (row) =>
  [row.recordId, row.accountId, row.accountName, row.outcome, row.meaning, row.message, row.hint, row.url, row.runId].filter(Boolean).join("\n").toLowerCase();

export function filter() {
  const outcome = byId("attention-outcome").value;
  const text = byId("attention-text").value.trim().toLowerCase();
  const total = sum(attention.counts);
  byId("attention-filters").hidden = total === 0;
  const found = attention.rows.filter((row) => (!outcome || row.outcome === outcome) && (!text || textOf(row).includes(text)));
  const shown = found.slice(0, SHOWN);
  setText(byId("attention-count"), words(total, found.length, shown.length, Boolean(outcome || text)));
  show(byId("attention"), shown.length > 0 && table(COLUMNS, shown.map(line), "Records that need a person"));
}

function words(total, found, shown, isFiltered) {
  if (!total) return "Nothing needs a person.";
  const some = attention.rows.length < total ? `; the newest ${number(attention.rows.length)} can be looked through here, dray status has the others` : "";
  const matching = isFiltered ? ` ${counted(found, "matches", "match")}.` : "";
  const cut = shown < found ? ` The first ${number(shown)} are shown.` : "";
  return `${counted(total, "record")}${some}.${matching}${cut}`;
}

function line(row) {
  return el("tr", { "data-record": row.recordId },
    el("th", { scope: "row" }, el("span", { class: "name" }, foreign(row.accountName ?? "no account")),
      el("small", { class: "id" }, foreign(row.recordId)), row.url && el("small", {}, foreign(row.url))),
    cell("Outcome", {}, symbolOf(row.outcome), el("strong", {}, wordsOf(row.outcome)),
      el("small", {}, row.meaning), row.message && el("small", {}, foreign(row.message))),
    cell("What to do", {}, row.hint),
    cell("Found", { class: "when" }, time(row.at), el("small", {}, row.attempts > 1 ? `tried ${number(row.attempts)} times` : "tried once")));
}
