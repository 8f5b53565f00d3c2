// Every measured number as a plain HTML table: for screen readers, for copying, for checking. And
// the columns themselves, which the CSV shares.

import { alphaText, h } from "./dom.js";
import { bounded, countriesOf, known, MIN_ITEMS } from "./measured.js";

const languageNames = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

/** The name of a language by its ISO 639-3 code; a code it does not know stays one. */
function languageName(code) {
  try {
    return languageNames.of(code);
  } catch {
    return code;
  }
}

const ratio = (name) => /^(gain|retention)/.test(name);
const keysOf = (sweep, group) => (
  [...new Set(sweep.points.flatMap((point) => Object.keys(point[group] ?? {})))]);

const QUALITY = [
  ["regional", "cultural"], ["global", "global"], ["grp", "GRP"], ["gain", "gain"],
  ["retention", "retention"], ["global_all", "global, region included"],
];

/**
 * Every column of a sweep.
 * @param {Object} sweep
 * @param {(code: string) => string} countryName
 * @returns {{group: string, key: string, name: string, percent: boolean, of: Function}[]} `of`
 *   takes a point and gives its estimate, which may be missing
 */
export function columnsOf(sweep, countryName) {
  const inner = (group, title, keys, nameOf) => keys.map((key) => ({
    group: title, key: `${group}_${key}`, name: nameOf(key), percent: ratio(key),
    of: (point) => point[group]?.[key],
  }));
  return [
    ...QUALITY.map(([key, name]) => ({
      group: "Quality", key, name, percent: ratio(key), of: (point) => point[key],
    })),
    ...inner("countries", "Countries", countriesOf(sweep), countryName),
    ...inner("aspects", "Aspects", keysOf(sweep, "aspects"), (key) => key),
    ...inner("languages", "Languages", keysOf(sweep, "languages"), languageName),
    ...inner("metrics", "Other measures", keysOf(sweep, "metrics"), (key) => key.replace(/_/g, " ")),
  ].filter(({ of }) => sweep.points.some((point) => known(of(point))));
}

const minus = (text) => text.replace(/-/g, "−");

/** A cell: the value, and its interval where there is one. */
function cell({ percent, key }, e) {
  if (!known(e)) return ["–", ""];
  const scale = percent ? 100 : 1;
  const show = (value) => minus((value * scale).toFixed(1));
  const sign = key === "gain" && e.value >= 0 ? "+" : "";
  return [`${sign}${show(e.value)}${percent ? " %" : ""}`,
    bounded(e) ? ` ${show(e.low)} to ${show(e.high)}` : ""];
}

function write(td, column, e) {
  const [value, interval] = cell(column, e);
  td.replaceChildren(value, ...(interval ? [h("small", {}, interval)] : []));
}

/**
 * @param {Object} sweep the design's sweep JSON
 * @param {string} caption
 * @param {(code: string) => string} countryName
 * @returns {{element: HTMLTableElement, mark: (alpha: number) => void,
 *   reweigh: (sweep: Object) => void}}
 */
export function sweepTable(sweep, caption, countryName) {
  const columns = columnsOf(sweep, countryName);
  const groups = [...new Set(columns.map(({ group }) => group))];
  const size = (group) => columns.filter((column) => column.group === group).length;
  const starts = new Set(groups.map((group) => columns.find((c) => c.group === group)));
  const edge = (column) => (starts.has(column) ? "edge" : null);
  const few = (column) => (column.key.startsWith("countries_")
    && column.of(sweep.points[0])?.n < MIN_ITEMS ? `fewer than ${MIN_ITEMS} items: no interval` : null);
  const cells = new Map(); // GRP's, by α
  const rows = sweep.points.map((point) => h("tr", { "data-alpha": point.alpha },
    h("th", { scope: "row" }, alphaText(point.alpha)),
    ...columns.map((column) => {
      const td = h("td", { class: edge(column) });
      write(td, column, column.of(point));
      if (column.key === "grp") cells.set(point.alpha, { td, column });
      return td;
    })));
  const element = h("table", { class: "numbers" }, h("caption", {}, caption),
    h("thead", {},
      h("tr", { class: "groups" }, h("th", { scope: "col", rowspan: 2 }, "α"),
        ...groups.map((group) => h("th", { scope: "colgroup", colspan: size(group), class: "edge" },
          h("span", {}, group)))),
      h("tr", {}, ...columns.map((column) => h("th", {
        scope: "col", class: edge(column), title: few(column),
      }, column.name)))),
    h("tbody", {}, ...rows));

  return {
    element,
    /** Mark the row the sentence speaks of. */
    mark(alpha) {
      for (const row of element.tBodies[0].rows) {
        if (Number(row.dataset.alpha) === alpha) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
      }
    },
    /** Only GRP follows from the weight. */
    reweigh({ points }) {
      for (const point of points) {
        const found = cells.get(point.alpha);
        if (found) write(found.td, found.column, point.grp);
      }
    },
  };
}
