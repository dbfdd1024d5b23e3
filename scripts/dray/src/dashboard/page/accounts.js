// Accounts, with how their files stand. Counting them reads the whole ledger, so it happens on demand.

import { byId, cell, el, foreign, setText, show, table } from "./dom.js";
import { bytes, counted, duration, number } from "./format.js";

const PAGE = 50;
const FIELDS = [
  { name: "Account", field: "accountName" },
  { name: "Files", field: "files", number: true },
  { name: "Size", field: "bytes", number: true, show: bytes },
  { name: "Backed up", field: "verified", number: true },
  { name: "Migrated", field: "switched", number: true },
  { name: "Skipped", field: "skipped", number: true },
  { name: "Needs a person", field: "needsAttention", number: true },
];

let state = { state: "unknown" };
let now = 0;
let sorted = { field: "files", up: false };
let limit = PAGE;

/** The last count, for those who want to tell how many records there are. */
export const counts = () => (state.state === "ready" ? state.accounts : null);

export function showAccounts(fresh) {
  state = fresh;
  now = Math.max(now, fresh.at ?? 0);
  render();
}

export function tick(seconds) {
  now = seconds;
  setText(byId("accounts-count"), words());
}

export function sortBy(field) {
  const isText = field === "accountName";
  sorted = { field, up: sorted.field === field ? !sorted.up : isText };
  render();
}

export function more() {
  limit += PAGE;
  render();
}

export function render() {
  const isScanning = state.state === "scanning";
  const button = byId("count");
  button.setAttribute("aria-disabled", String(isScanning));
  setText(button, isScanning ? "Counting …" : state.state === "ready" ? "Count again" : "Count now");
  const accounts = state.state === "ready" ? state.accounts.accounts : [];
  byId("accounts-filter").hidden = !accounts.length;
  setText(byId("accounts-count"), words());
  const found = filtered(accounts);
  show(byId("accounts"), accounts.length > 0 && [grid(found), rest(found)]);
}

function words() {
  if (state.state === "scanning") return state.rows ? `${counted(state.rows, "row")} read so far.` : "Reading the ledger.";
  if (state.state === "failed") return `They could not be counted: ${state.message}. ${state.hint}.`;
  if (state.state !== "ready") return "Counting reads the whole ledger: a second per some thousand records, and a read request for every few of them.";
  const { accounts, total } = state.accounts;
  const from = state.accounts.from === "ledger" ? "" : " (from the analysis)";
  return `${counted(accounts.length, "account")}, ${counted(total.files, "file")}${from}. Counted ${duration(now - state.at)} ago.`;
}

function filtered(accounts) {
  const text = byId("accounts-text").value.trim().toLowerCase();
  const matches = ({ accountName, accountId }) => `${accountName ?? ""}\n${accountId ?? ""}`.toLowerCase().includes(text);
  const { field, up } = sorted;
  const order = (x, y) => (field === "accountName" ? (x.accountName ?? "").localeCompare(y.accountName ?? "") : x[field] - y[field]);
  return accounts.filter((account) => !text || matches(account)).sort((x, y) => (up ? order(x, y) : order(y, x)));
}

function grid(accounts) {
  const columns = FIELDS.map(({ name, field, number: isNumber }) => {
    const isSorted = sorted.field === field;
    const arrow = isSorted ? (sorted.up ? " ▲" : " ▼") : "";
    return {
      number: isNumber,
      sorted: isSorted && (sorted.up ? "ascending" : "descending"),
      head: el("button", { type: "button", class: "sort", "data-do": "sort", "data-field": field }, name, el("span", { "aria-hidden": "true" }, arrow)),
    };
  });
  return table(columns, accounts.slice(0, limit).map(line), "Accounts");
}

function line(account) {
  return el("tr", { "data-account": account.accountId ?? "" },
    el("th", { scope: "row" }, el("span", { class: "name" }, foreign(account.accountName ?? "No account")),
      account.accountId && el("small", { class: "id" }, foreign(account.accountId))),
    FIELDS.slice(1).map(({ name, field, show: shown = number }) => {
      const isHot = field === "needsAttention" && account[field] > 0;
      return cell(name, { class: isHot ? "n hot" : "n", "data-field": field }, shown(account[field]));
    }));
}

function rest(found) {
  if (!found.length) return el("p", { class: "note" }, "No account matches.");
  if (found.length <= limit) return null;
  return el("p", { class: "note" }, `${number(limit)} of ${number(found.length)} are shown. `,
    el("button", { type: "button", "data-do": "more" }, "Show more"));
}
