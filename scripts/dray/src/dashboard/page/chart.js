// How fast a run goes, over the last minutes: a line, a sentence, and a table.

import { el, svg } from "./dom.js";
import { bytes, duration, number, perSecond } from "./format.js";

const WIDTH = 600;
const HEIGHT = 110;
const SECONDS = 600;
// Batches end together: over less than this the line would only show their size.
const BUCKET = 10;

/** Records per second in each ten seconds, the oldest first. */
export function buckets(samples, now) {
  const found = [];
  let start = null;
  for (const [at, items, size] of samples) {
    if (start === null) {
      start = [at, items, size];
    } else if (at - start[0] >= BUCKET) {
      const seconds = at - start[0];
      found.push({ ago: Math.max(0, now - at), items: Math.max(0, items - start[1]) / seconds, bytes: Math.max(0, size - start[2]) / seconds });
      start = [at, items, size];
    }
  }
  return found;
}

export function chart(samples, now) {
  const points = buckets(samples ?? [], now);
  if (points.length < 2) return el("p", { class: "note" }, "How fast it goes is drawn after half a minute.");
  const values = points.map((point) => point.items);
  const top = nice(Math.max(...values));
  const span = Math.min(SECONDS, Math.max(60, Math.ceil(points[0].ago / 60) * 60));
  const x = (ago) => WIDTH - (ago / span) * WIDTH;
  const y = (items) => HEIGHT - (items / top) * HEIGHT;
  const line = points.map((point) => `${x(point.ago).toFixed(1)},${y(point.items).toFixed(1)}`);
  const [first, last] = [line[0].split(",")[0], line.at(-1).split(",")[0]];
  const mean = values.reduce((all, value) => all + value, 0) / values.length;
  const words = `${perSecond(values.at(-1))} now, ${perSecond(Math.max(...values))} at most, ${perSecond(mean)} on average over the last ${duration(span)}`;
  return el("figure", { class: "throughput" },
    el("figcaption", {}, "Throughput: ", el("span", { class: "soft" }, words)),
    el("div", { class: "plot" },
      el("span", { class: "axis top", "aria-hidden": "true" }, perSecond(top)),
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Throughput: ${words}` },
        svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
        svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: 0, y2: 0 }),
        svg("polygon", { class: "area", points: `${first},${HEIGHT} ${line.join(" ")} ${last},${HEIGHT}` }),
        svg("polyline", { class: "line", points: line.join(" ") }),
        svg("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT })),
      el("span", { class: "axis from", "aria-hidden": "true" }, `${duration(span)} ago`),
      el("span", { class: "axis to", "aria-hidden": "true" }, "now")),
    asTable(points));
}

function nice(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

/** One row a minute. */
function asTable(points) {
  const minutes = new Map();
  for (const point of points) {
    const minute = Math.floor(point.ago / 60);
    minutes.set(minute, [...(minutes.get(minute) ?? []), point]);
  }
  const mean = (list, field) => list.reduce((all, point) => all + point[field], 0) / list.length;
  const rows = [...minutes].sort(([x], [y]) => x - y).map(([minute, list]) => el("tr", {},
    el("th", { scope: "row" }, minute ? `${number(minute)} to ${number(minute + 1)} min ago` : "Last minute"),
    el("td", { class: "n" }, perSecond(mean(list, "items"))),
    el("td", { class: "n" }, `${bytes(mean(list, "bytes"))}/s`)));
  return el("details", {}, el("summary", {}, "As a table"),
    el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "When"), el("th", { scope: "col", class: "n" }, "Records"),
        el("th", { scope: "col", class: "n" }, "Bytes"))),
      el("tbody", {}, rows)));
}
