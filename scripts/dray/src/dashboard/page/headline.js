// The first thing to see: is every file accounted for, and what goes on?

import { byId, button, el, foreign, setText, show, svg } from "./dom.js";
import { a, capital, counted, duration, kindOf, number, share, sum, time } from "./format.js";

const MARKS = {
  ok: ["M7 12.5l3.4 3.4L17 9", "All well"],
  attention: ["M12 6.5v6.5M12 16.6v.4", "Needs a person"],
  unknown: ["M9 9.6a3 3 0 1 1 4.4 2.6c-.9.5-1.4 1-1.4 2M12 17v.3", "Not known yet"],
};

export function attentionOf(overview) {
  return sum(overview.ledger.needsAttention);
}

function headline(overview) {
  const open = attentionOf(overview);
  const need = `${counted(open, "record needs", "records need")} a person`;
  if (overview.accountedFor === true) {
    return open ? ["attention", `Every file is accounted for, and ${need}`] : ["ok", "Every file is accounted for"];
  }
  if (overview.accountedFor === false) return ["attention", open ? `Not every file is accounted for, and ${need}` : "Not every file is accounted for"];
  if (overview.current.some(({ run }) => run.kind === "backup" || run.kind === "single-phase")) return ["unknown", "The first backup is under way"];
  const some = overview.latest.some((run) => run.kind === "backup" && !run.dryRun);
  return ["unknown", some ? "No backup of all files has ended yet" : "Nothing has been backed up yet"];
}

/** `A backup is under way: 1,200 of 5,000 (24 %), about 3 min to go`. */
export function sentence({ run, rates, waitingFor }) {
  const noun = kindOf(run);
  const far = run.total ? `: ${number(run.done)} of ${number(run.total)} (${share(run.done, run.total)})` : "";
  const rest = waitingFor ? `, waits for ${waitingFor}` : rates?.etaSeconds ? `, about ${duration(rates.etaSeconds)} to go` : "";
  return `${capital(a(noun))} is under way${far}${rest}.`;
}

export function badge(org) {
  if (org.isSandbox === true) return el("span", { class: "badge" }, "sandbox");
  if (org.isSandbox === false) return el("span", { class: "badge production" }, "PRODUCTION");
  return el("span", { class: "badge production" }, "production or sandbox: unknown");
}

export const destination = ({ destinationBucket, destinationPrefix }) =>
  `s3://${destinationBucket}${destinationPrefix ? `/${destinationPrefix}` : ""}`;

const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));

export function showTop(overview) {
  const [tone, words] = headline(overview);
  const [path, status] = MARKS[tone];
  byId("top").className = tone;
  show(byId("stack"), "Drayage ", el("span", { class: "run" }, `${overview.stack.name} · ${overview.stack.region}`));
  show(byId("status"), el("p", { class: "status" },
    svg("svg", { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
      svg("circle", { cx: 12, cy: 12, r: 11 }), svg("path", { d: path })),
    status));
  setText(byId("headline"), words);
  setText(byId("lead"), overview.current.length ? overview.current.map(sentence).join(" ") : "Nothing goes on at the moment.");
  document.title = `${overview.current.length ? "● " : ""}${words} – Drayage ${overview.stack.name}`;
  const { org, schedule } = overview;
  show(byId("facts"),
    fact("Salesforce", org
      ? [foreign(org.name ?? "no name"), " ", badge(org), el("small", { class: "id" }, foreign(org.id))]
      : "known after the first run"),
    fact("Destination", foreign(destination(overview.stack))),
    fact("Next scheduled backup", next(schedule)),
    fact("Version", overview.stack.version));
  show(byId("toolbar"),
    button("Start …", "start", {}, { class: "primary" }),
    overview.paused ? button("Resume", "resume", {}, { class: "primary" }) : button("Pause", "pause"));
}

function next(schedule) {
  if (!schedule) return "not known";
  if (!schedule.enabled) return "disabled";
  return schedule.nextAt ? time(schedule.nextAt) : schedule.expression;
}

/** What is wrong with the stack as a whole. */
export function notices(overview) {
  const dead = overview.ledger.deadLetters;
  return [
    overview.paused && el("div", { class: "banner", "data-key": "paused" }, el("h2", {}, "The work is paused"),
      el("p", {}, "Since ", time(overview.paused.since), ", by ", foreign(overview.paused.by),
        ". No further batch is taken, and nothing more is read from or written into Salesforce, until somebody resumes it.")),
    dead > 0 && el("div", { class: "banner bad", "data-key": "dead" },
      el("h2", {}, `${counted(dead, "batch is", "batches are")} in the dead-letter queue`),
      el("p", {}, "They were delivered as often as allowed and are not retried by themselves. Their records are listed below once they are accounted for; start another backup to try them again.")),
  ];
}
