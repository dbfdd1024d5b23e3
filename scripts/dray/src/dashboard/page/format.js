// Numbers, sizes, durations and times as people read them, in the units of the reports.

import { el } from "./dom.js";

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const GROUPED = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const number = (value) => GROUPED.format(value);

export const counted = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

export function bytes(value) {
  if (value < 1024) return counted(Math.round(value), "byte");
  let size = value / 1024;
  let unit = 0;
  while (size >= 1023.95 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 99.95 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

/** Never rounds to nothing or to all. */
export function share(part, whole) {
  if (!part || !whole) return "0\u00a0%";
  if (part >= whole) return "100\u00a0%";
  const percent = Math.floor((part / whole) * 1000) / 10;
  return percent < 0.1 ? "<\u00a00.1\u00a0%" : `${percent.toFixed(1)}\u00a0%`;
}

export const perSecond = (value) => `${value >= 10 || value === 0 ? number(value) : value.toFixed(1)}/s`;

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return `${whole} s`;
}

const two = (value) => String(value).padStart(2, "0");

/** In this machine's zone; the exact time in UTC is its title. */
export function time(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return String(text);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const shown = `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
  return el("time", { datetime: at.toISOString(), title: at.toISOString() }, shown);
}

export function between(start, end) {
  const seconds = (new Date(end) - new Date(start)) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? duration(seconds) : "";
}

export const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0);

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const KINDS = {
  analyze: "analysis", backup: "backup", migrate: "migration", rollback: "rollback", reconcile: "comparison",
  transfer: "transfer", "single-phase": "backup and migration",
};

export const kindOf = (run) => (KINDS[run.kind] ?? run.kind) + (run.dryRun ? " (dry run)" : "");

export const a = (noun) => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
