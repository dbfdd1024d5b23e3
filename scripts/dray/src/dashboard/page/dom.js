// Builds elements, and changes what is on the page into what it should be. Foreign text only ever becomes text.

const SVG = "http://www.w3.org/2000/svg";
// Characters that are not seen, or that change how what is around them is read.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u;

export const byId = (id) => document.getElementById(id);

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...flat(children));
  return node;
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

export const el = (name, attributes = {}, ...children) =>
  build(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, name), attributes, children);

/** Text from Salesforce or a source: kept apart from the text around it, with invisible characters shown by their code. */
export function foreign(text) {
  const parts = [];
  let plain = "";
  for (const character of String(text)) {
    if (!INVISIBLE.test(character)) {
      plain += character;
      continue;
    }
    if (plain) parts.push(plain);
    plain = "";
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    parts.push(el("span", { class: "symbol" }, `U+${code}`));
  }
  if (plain) parts.push(plain);
  return el("bdi", {}, parts);
}

export const button = (text, action, data = {}, attributes = {}) =>
  el("button", { type: "button", "data-do": action, ...attributes, ...prefixed(data) }, text);

const prefixed = (data) =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));

/** Makes these the children of the target. What is there already stays, so that focus, selection and clicks survive. */
export function show(target, ...children) {
  patchChildren(target, flat(children));
}

function patchChildren(target, wanted) {
  wanted.forEach((fresh, index) => {
    const old = target.childNodes[index];
    if (!old) target.append(fresh);
    else if (!isSameKind(old, fresh)) old.replaceWith(fresh);
    else patch(old, fresh);
  });
  while (target.childNodes.length > wanted.length) target.lastChild.remove();
}

function isSameKind(old, fresh) {
  return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName
    && old.dataset?.key === fresh.dataset?.key;
}

function patch(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    // What a person has unfolded stays so.
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patchChildren(old, [...fresh.childNodes]);
}

/** Sets text only if it is another, so that nothing is announced twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A table whose cells name their column where columns do not fit. */
export function table(columns, rows, caption) {
  return el("table", { class: "stackable" },
    caption && el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, columns.map((column) =>
      el("th", { scope: "col", class: column.number && "n", "aria-sort": column.sorted }, column.head ?? column.name)))),
    el("tbody", {}, rows));
}

export const cell = (label, attributes, ...children) =>
  el("td", { "data-label": label, ...attributes }, el("div", {}, ...children));
