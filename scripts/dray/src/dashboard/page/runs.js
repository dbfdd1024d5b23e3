// The history of runs, and the schedule.

import { button, cell, el, foreign, show, table } from "./dom.js";
import { between, capital, counted, kindOf, number, time } from "./format.js";

const STATUS = {
  running: ["●", "Under way", "plain"], waitingForApproval: ["‖", "Waits for approval", "attention"], paused: ["‖", "Paused", "unknown"],
  succeeded: ["✓", "Succeeded", "ok"], failed: ["!", "Failed", "attention"], stopped: ["■", "Stopped", "unknown"],
  timedOut: ["!", "Timed out", "attention"], skipped: ["–", "Skipped", "plain"], lost: ["?", "Lost", "unknown"],
};
const COLUMNS = [{ name: "Run" }, { name: "Status" }, { name: "Started" }, { name: "Took" }, { name: "Records", number: true }, { name: "Needs a person", number: true }];

export const statusOf = ({ status }) => STATUS[status] ?? ["?", status, "unknown"];

export function showRuns(target, { runs, more }) {
  if (!runs.length) {
    show(target, el("p", { class: "none" }, "No run yet."));
    return;
  }
  show(target, table(COLUMNS, runs.map(line), "Runs, the newest first"),
    more && el("p", { class: "note" }, "There are older ones: dray status --runs has them."));
}

function line(run) {
  const [symbol, words, tone] = statusOf(run);
  return el("tr", { "data-run": run.runId },
    el("th", { scope: "row" }, el("span", { class: "name" }, capital(kindOf(run)), run.mode && el("span", { class: "soft" }, ` ${run.mode}`)),
      el("small", { class: "id" }, foreign(run.runId))),
    cell("Status", {}, el("span", { class: `glyph mark-${tone}`, "aria-hidden": "true" }, symbol), el("strong", { class: "state" }, words),
      run.error && el("small", {}, foreign(`${run.error.name}: ${run.error.cause}`)),
      run.error && el("small", {}, run.error.hint)),
    cell("Started", { class: "when" }, time(run.startedAt)),
    cell("Took", { class: "when" }, run.endedAt ? between(run.startedAt, run.endedAt) : "goes on"),
    cell("Records", { class: "n" }, run.total === undefined || run.total === run.done ? number(run.done) : `${number(run.done)} of ${number(run.total)}`),
    cell("Needs a person", { class: run.needsAttention ? "n hot" : "n" }, number(run.needsAttention)));
}

const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));

export function showSchedule(target, schedule) {
  show(target,
    el("dl", { class: "numbers" },
      fact("State", el("span", { class: `glyph mark-${schedule.enabled ? "ok" : "unknown"}`, "aria-hidden": "true" }, schedule.enabled ? "✓" : "‖"),
        el("strong", { class: "state" }, schedule.enabled ? "Enabled" : "Disabled")),
      fact("When", el("code", {}, foreign(schedule.expression)), " ", foreign(schedule.timezone)),
      schedule.enabled && fact("Next", schedule.nextAt ? time(schedule.nextAt) : "not known"),
      fact("Starts", el("code", {}, foreign(schedule.input)))),
    schedule.undelivered > 0 && el("p", { class: "hot" },
      `${counted(schedule.undelivered, "start")} could not be delivered; look into the schedule's dead-letter queue.`),
    el("div", { class: "toolbar" },
      button(schedule.enabled ? "Disable the schedule …" : "Enable the schedule …", schedule.enabled ? "disable" : "enable")));
}
