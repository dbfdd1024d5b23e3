// What can be decided: start, pause, resume, stop, approve, reject, and the schedule.

import { byId, el, foreign } from "./dom.js";
import { about, ask, refresh } from "./confirm.js";
import { counts } from "./accounts.js";
import { capital, counted, kindOf, number } from "./format.js";
import { send } from "./server.js";

const PRESETS = [
  ["analyze", {}, "Analyze", "Counts and measures what a migration would be about. Nothing is copied or written."],
  ["backup", {}, "Back up everything", "Copies every file that has no proven copy yet. Salesforce is only read."],
  ["backup", { mode: "incremental" }, "Back up what has changed", "Copies what is new or has changed since the last backup. Salesforce is only read."],
  ["backup", { dryRun: true }, "Back up: dry run", "Tells what a backup would copy. Nothing is copied."],
  ["migrate", {}, "Migrate: plan only", "Plans which records would be pointed at their copies. Nothing is written."],
  ["migrate", { execute: true, approval: true }, "Migrate, with approval", "Plans, waits for an approval, then writes the new URLs into Salesforce."],
  ["migrate", { execute: true }, "Migrate", "Writes the new URLs into Salesforce."],
  ["reconcile", {}, "Compare", "Compares the ledger with the destination. Nothing is changed."],
  ["rollback", { all: true }, "Roll back: plan only", "Plans which records would get their original URLs again. Nothing is written."],
  ["single-phase", {}, "Back up, and plan a migration", "Copies every file, then plans. Nothing is written into Salesforce."],
];

/** As dray decides it too; the server does not take the page's word for it. */
function writes(kind, input) {
  const is = (field) => field in input && input[field] !== false;
  if (["migrate", "rollback", "single-phase"].includes(kind)) return is("execute");
  if (kind === "reconcile") return (is("fix") || is("execute")) && !is("dryRun");
  return kind === "transfer" && !is("dryRun");
}

function inputOf(text) {
  const input = JSON.parse(text.trim() || "{}");
  if (input === null || typeof input !== "object" || Array.isArray(input)) throw new Error("it is no JSON object");
  return input;
}

/** How many records a start is about, as far as that is known before it has looked. */
function scope(kind, overview) {
  const known = counts();
  const last = overview.latest.find((run) => run.kind === "backup" && !run.dryRun);
  if (kind === "migrate" || kind === "rollback") {
    if (known) {
      return kind === "migrate" ? `${counted(known.total.verified, "record")} with a proven copy, still at the source` : `${counted(known.total.switched, "record")} at the copy`;
    }
    return "not counted yet: “Count now” under Accounts tells, and the plan names every one";
  }
  if (known) return `${number(known.total.files)} in the ledger`;
  return last?.total === undefined ? "not known before the first backup" : `${number(last.total)} in the last backup`;
}

function start(overview, done) {
  const select = el("select", { id: "start-what" }, PRESETS.map(([, , name], index) => el("option", { value: index }, name)));
  const input = el("textarea", { id: "start-input", rows: 3, spellcheck: "false", autocomplete: "off" });
  const words = el("p", { id: "start-words" });
  const facts = el("div", {});
  const problem = el("p", { class: "hot", role: "status" });
  const kind = () => PRESETS[select.value][0];
  const choose = () => {
    const [, preset, , meaning] = PRESETS[select.value];
    input.value = JSON.stringify(preset);
    words.textContent = meaning;
    facts.replaceChildren(about({ overview, records: scope(kind(), overview) }));
  };
  const word = () => {
    try {
      const isWrite = writes(kind(), inputOf(input.value));
      problem.textContent = "";
      return isWrite ? kind() : null;
    } catch (error) {
      problem.textContent = `The options cannot be understood: ${error.message}.`;
      return null;
    }
  };
  select.addEventListener("change", () => {
    choose();
    refresh();
  });
  choose();
  ask({
    title: "Start",
    body: [
      el("label", { for: "start-what" }, "What"), select, words,
      el("details", {}, el("summary", {}, "Options"), el("label", { for: "start-input" }, "Input of the execution, as JSON"), input, problem),
      facts,
    ],
    go: "Start",
    word,
    send: async () => {
      const { runId } = await send("start", { kind: kind(), input: inputOf(input.value), confirm: byId("dialog-word").value.trim() });
      return `Started ${runId}.`;
    },
    done,
  });
}

const paragraph = (...words) => el("p", {}, ...words);

function ofRun(name, progress, overview, done) {
  const { run } = progress;
  const records = run.total === undefined ? "not counted yet" : `${number(run.done)} of ${number(run.total)} done`;
  const which = paragraph(capital(kindOf(run)), " ", el("span", { class: "id" }, foreign(run.runId)));
  const reason = el("input", { id: "reason", type: "text", autocomplete: "off", required: true, maxlength: 1000 });
  const asked = {
    stop: {
      title: "Stop this run?", go: "Stop it", danger: true, said: "Stopped",
      body: ["No further file or record is begun; another run does the rest. What is in work may still end: a batch of files within 15 minutes, records that are being written within seconds."],
    },
    approve: {
      title: "Approve this plan?", go: "Approve", danger: true, said: "Approved", word: () => "approve",
      body: ["The new URLs are written into Salesforce then."],
    },
    reject: { title: "Reject this plan?", go: "Reject", said: "Rejected", body: ["The run ends, and nothing is written."] },
  }[name];
  ask({
    ...asked,
    body: [which, paragraph(...asked.body), about({ overview, records: name === "stop" ? records : number(run.total ?? 0) }),
      name === "reject" && el("label", { for: "reason" }, "Why"), name === "reject" && reason],
    send: async () => {
      const extra = name === "reject" ? { reason: reason.value } : name === "approve" ? { confirm: byId("dialog-word").value.trim() } : {};
      await send(name, { runId: run.runId, ...extra });
      return `${asked.said} ${run.runId}.`;
    },
    done,
  });
}

const SIMPLE = {
  pause: ["Pause the work?", "No further batch is taken, and nothing more is read from or written into Salesforce, until you resume. What is in work ends.", "Pause", "pause", {}, "Paused."],
  resume: ["Resume the work?", "Runs that wait go on where they are.", "Resume", "resume", {}, "Resumed."],
  enable: ["Enable the schedule?", "Incremental backups start by themselves then.", "Enable", "schedule", { enabled: true }, "The schedule is enabled."],
  disable: ["Disable the schedule?", "No backup starts by itself then.", "Disable", "schedule", { enabled: false }, "The schedule is disabled."],
};

function simple(name, overview, done) {
  const [title, meaning, go, action, body, said] = SIMPLE[name];
  const open = overview.current.reduce((all, { run }) => all + Math.max(0, (run.total ?? 0) - run.done), 0);
  const records = overview.current.length ? `${number(open)} under way and not done` : "nothing is under way";
  ask({
    title, go, done,
    body: [paragraph(meaning), about({ overview, records: action === "schedule" ? null : records })],
    send: async () => {
      await send(action, body);
      return said;
    },
  });
}

/** Asks about what a button stands for. */
export function decide(name, runId, overview, done) {
  if (name === "start") start(overview, done);
  else if (name in SIMPLE) simple(name, overview, done);
  else {
    const progress = overview.current.find(({ run }) => run.runId === runId);
    if (progress) ofRun(name, progress, overview, done);
  }
}
