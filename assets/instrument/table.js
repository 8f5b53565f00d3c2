// Every measured point as a plain HTML table: for screen readers, for copying, for checking.

import { alphaText, h } from "./dom.js";

const COLUMNS = [
  ["cultural", (p) => estimate(p.regional)],
  ["global", (p) => estimate(p.global)],
  ["GRP", (p) => estimate(p.grp)],
  ["gain", (p) => percent(p.gain, true)],
  ["retention", (p) => percent(p.retention)],
];

const known = (e) => e && Number.isFinite(e.value);

function estimate(e) {
  if (!known(e)) return ["–", ""];
  const interval = e.low === null || e.low === undefined || e.high === null || e.high === undefined
    ? "" : `${e.low.toFixed(1)}–${e.high.toFixed(1)}`;
  return [e.value.toFixed(1), interval];
}

function percent(e, signed = false) {
  if (!known(e)) return ["–", ""];
  const value = e.value * 100;
  return [`${signed && value >= 0 ? "+" : ""}${value.toFixed(1)} %`.replace("-", "−"), ""];
}

/**
 * @param {Object} sweep the design's sweep JSON
 * @param {string} caption
 * @returns {HTMLTableElement}
 */
export function sweepTable(sweep, caption) {
  const head = h("tr", {}, h("th", { scope: "col" }, "α"),
    ...COLUMNS.map(([name]) => h("th", { scope: "col" }, name)));
  const rows = sweep.points.map((point) => h("tr", { "data-alpha": point.alpha },
    h("th", { scope: "row" }, alphaText(point.alpha)),
    ...COLUMNS.map(([, cells]) => {
      const [value, interval] = cells(point);
      return h("td", {}, value, interval ? h("small", {}, " ", interval) : null);
    })));
  return h("table", { class: "numbers" }, h("caption", {}, caption),
    h("thead", {}, head), h("tbody", {}, ...rows));
}

/** Mark the row the readout speaks of. */
export function markRow(table, alpha) {
  for (const row of table.tBodies[0].rows) {
    const here = Number(row.dataset.alpha) === alpha;
    if (here) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}
