// What is on show as CSV: every number in full, with its interval, under comments that say what it
// is. The columns are the table's.

import { alphaText } from "./dom.js";
import { countriesOf, known, regretOf } from "./measured.js";
import { columnsOf } from "./table.js";

const KEPT = {
  curves: ["regional", "global", "grp", "gain", "retention"],
  tradeoff: ["global", "regional", "grp"],
};

/** A field as RFC 4180 has it; a text that a spreadsheet would take for a formula is disarmed. */
export function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

const row = (values) => values.map(field).join(",");

function wide(sweep, columns) {
  const known_ = (e, key) => (known(e) ? e[key] : null);
  return [
    row(["alpha", ...columns.flatMap(({ key }) => [key, `${key}_low`, `${key}_high`, `${key}_n`])]),
    ...sweep.points.map((point) => row([point.alpha, ...columns.flatMap(({ of }) => {
      const e = of(point);
      return ["value", "low", "high", "n"].map((key) => known_(e, key));
    })])),
  ];
}

function long(sweep, nameOf) {
  return [
    row(["country", "name", "alpha", "cultural", "low", "high", "n", "lost_against_own_best",
      "own_best_alpha"]),
    ...countriesOf(sweep).flatMap((code) => sweep.points.flatMap((point) => {
      const e = point.countries?.[code];
      const regret = regretOf(sweep, code, point);
      if (!regret) return [];
      return [row([code, nameOf(code), point.alpha, e.value, e.low, e.high, e.n, regret.lost,
        regret.at])];
    })),
  ];
}

/**
 * @param {Object} now {pair, split, sweep, ticks, w, nameOf}
 * @param {string} view curves, tradeoff, countries or table
 * @param {number} alpha on the slider
 * @returns {string}
 */
export function csvOf(now, view, alpha) {
  const { pair, split, sweep, ticks, w, nameOf } = now;
  const comment = (name, value) => `# ${name}: ${String(value).replace(/[\r\n]+/g, " ")}`;
  const columns = columnsOf(sweep, nameOf);
  const kept = KEPT[view];
  const body = view === "countries" ? long(sweep, nameOf)
    : wide(sweep, kept ? kept.flatMap((key) => columns.filter((c) => c.key === key)) : columns);
  return [
    comment("pair", `${pair.id} (${pair.title})`), comment("split", split),
    comment("metric", sweep.metric ?? ""), comment("method", sweep.method ?? ""),
    comment("global_weight", w), comment("alpha_shown", alphaText(alpha)),
    ...ticks.map(({ label, alpha: at }) => comment(label, at)),
    ...Object.entries(sweep.digests ?? {}).map(([name, digest]) => comment(`digest ${name}`, digest)),
    comment("intervals", "two-sided 95 %; empty where there are too few items; "
      + "gain and retention are ratios"),
    ...body, "",
  ].join("\r\n");
}
