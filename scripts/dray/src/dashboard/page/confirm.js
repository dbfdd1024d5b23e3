// One dialog for every decision. It names what it is about, and what writes needs a word that is typed.

import { byId, el, foreign, setText, show } from "./dom.js";
import { badge, destination } from "./headline.js";

let question = null;

const dialog = () => byId("dialog");

/** The org, the bucket and the number of records that a decision is about. */
export function about({ overview, records }) {
  const { org } = overview;
  const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
  return el("dl", { class: "about" },
    fact("Salesforce", org ? [foreign(org.name ?? "no name"), " ", badge(org), el("small", { class: "id" }, foreign(org.id))] : "not known before the first run"),
    fact("Bucket", foreign(destination(overview.stack))),
    records && fact("Records", records));
}

/**
 * Asks.
 * @param {{title: string, body: any[], go: string, danger?: boolean, word?: () => string | null, send: () => Promise<string>,
 *   done: (words: string) => void}} asked
 */
export function ask(asked) {
  question = asked;
  setText(byId("dialog-title"), asked.title);
  byId("dialog-body").replaceChildren(...asked.body.filter(Boolean));
  setText(byId("dialog-error"), "");
  byId("dialog-word").value = "";
  const go = byId("dialog-go");
  setText(go, asked.go);
  go.className = asked.danger ? "danger solid" : "primary";
  refresh();
  dialog().showModal();
  (dialog().querySelector("select, textarea") ?? byId("dialog-cancel")).focus();
}

/** Whether the word is asked for, and whether it was typed. */
export function refresh() {
  if (!question) return;
  const word = question.word?.() ?? null;
  byId("dialog-typed").hidden = !word;
  show(byId("dialog-label"), word && ["This writes. Type ", el("strong", {}, word), " to go on:"]);
  byId("dialog-go").disabled = Boolean(word) && byId("dialog-word").value.trim() !== word;
}

async function decide(event) {
  event.preventDefault();
  const asked = question;
  const go = byId("dialog-go");
  if (!asked || go.disabled) return;
  go.disabled = true;
  setText(byId("dialog-error"), "");
  try {
    const words = await asked.send();
    dialog().close();
    asked.done(words);
  } catch (error) {
    setText(byId("dialog-error"), error.message);
    refresh();
  }
}

export function prepare() {
  byId("dialog-form").addEventListener("submit", decide);
  byId("dialog-form").addEventListener("input", refresh);
  byId("dialog-cancel").addEventListener("click", () => dialog().close());
  dialog().addEventListener("close", () => {
    question = null;
  });
}
