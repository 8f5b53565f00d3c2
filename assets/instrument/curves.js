// The quality panel: the measured points of a pair as curves, as a trade-off, by country and as a
// table, one sentence about the α in hand, and w. It lays the views out and tells each what to
// show; a drag moves what follows α and draws nothing anew.

import { createChart } from "./chart.js";
import { createCountries } from "./countries.js";
import { csvOf } from "./csv.js";
import { h, perFrame, schemeOf, segments } from "./dom.js";
import { notMeasured } from "./empty.js";
import { blobOf, createExport, fileName, rasterised, save, standalone } from "./export.js";
import { curvesFigure, tickPlaces } from "./figure.js";
import { createFoot } from "./foot.js";
import { createJumps } from "./jumps.js";
import { reweighed } from "./measured.js";
import { planeFigure } from "./plane.js";
import { createSentence } from "./sentence.js";
import { sweepTable } from "./table.js";
import { createWeight } from "./weight.js";

export const VIEWS = { curves: "Curves", tradeoff: "Trade-off", countries: "Countries", table: "Table" };
const SPLITS = { test: "test", validation: "validation" };

const countryNames = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

const LONG = 14; // letters

/**
 * A country's name as the pictures have it, so that the page says one name; the browser's where
 * they have none, or a long official one.
 */
function namer(pictures) {
  const places = new Map(Object.values(pictures ?? {})
    .filter(({ countries, place }) => countries?.length === 1 && place)
    .map(({ countries, place }) => [countries[0], place]));
  return (code) => {
    const [own, common] = [places.get(code), /^[A-Z]{2}$/.test(code) ? countryNames.of(code) : code];
    return own && (own.length <= LONG || own.length <= common.length) ? own : common;
  };
}

/**
 * @param {HTMLElement} root the `.ggez` element, whose CSS variables are the palette
 * @param {Object} on
 * @param {(split: string) => void} on.split
 * @param {(view: string) => void} on.view
 * @param {(alpha: number) => void} on.pick a measured point or a tick was clicked
 * @param {{input, hold, release}} on.weight movements of w
 * @param {() => void} [on.measure] absent where the server cannot
 * @param {() => void} [on.cancel]
 * @param {Promise} styled resolves once the palette can be read
 */
export function createCurves(root, on, styled) {
  let now = null;      // {pair, split, sweep, all, ticks, recommendation, w, nameOf, plotlyUrl}
  let given = null;    // the state's own sweep and ticks, of which `now` may be a reweighed copy
  let point = null;    // the measured point the sentence speaks of
  let alpha = 0.5;
  let view = "curves";
  let table = null;

  const sentence = createSentence();
  const jumps = createJumps(on.pick);
  const foot = createFoot(on);
  const weight = createWeight(on.weight);
  const countries = createCountries({ pick: on.pick });
  const exporting = createExport(exportView);
  const views = segments("View", VIEWS, on.view);
  const splits = segments("Split", SPLITS, on.split);
  const reset = h("button", { type: "button", class: "quiet reset", "aria-label": "Reset zoom",
    "data-tip": "Show the whole range again", onclick: () => charts[view]?.unzoom() }, "Reset zoom");
  const chart = (figure, placed) => createChart(root, figure, {
    pick: on.pick, failed, placed, zoomed: arrange,
    drawn: () => stage.classList.add("is-drawn"),
  }, styled);
  const charts = {
    curves: chart(curvesFigure, (inView, size) => jumps.place(tickPlaces(
      now, inView, size, charts.curves.isZoomed() ? reset.offsetWidth : 0), now.recommendation)),
    tradeoff: chart(planeFigure),
  };
  const tableBox = h("div", {
    class: "table-box", tabindex: 0, role: "region", "aria-label": "Every measured number",
  });
  const notice = h("div", { class: "notice" });
  const stage = h("div", { class: "stage", "data-mode": "loading" },
    h("div", { class: "curves-view" }, charts.curves.element, jumps.element),
    charts.tradeoff.element, countries.element, tableBox, notice, reset);
  const element = h("section", { class: "panel curves", "aria-label": "Quality along α" },
    h("div", { class: "panel-head" }, h("h2", { class: "unseen" }, "Quality along α"),
      views.element, h("div", { class: "tools" }, splits.element, exporting.element)),
    sentence.element, stage, weight.element, foot.element);

  function mode() {
    if (notice.childNodes.length) return "notice";
    if (!now) return "loading";
    if (view === "countries" && !countries.has(now.sweep)) return "table";
    return view;
  }

  function arrange() {
    const shown = mode();
    stage.dataset.mode = shown;
    views.set(view);
    reset.classList.toggle("is-on", Boolean(charts[shown]?.isZoomed()));
    for (const [name, own] of Object.entries(charts)) own.setActive(shown === name);
    exporting.setEnabled(Boolean(now));
    exporting.setPictures(shown !== "table");
    if (!now) return;
    if (shown === "table") showTable();
    if (shown === "countries") countries.show(now, alpha, point);
  }

  function failed(problem) {
    view = "table";
    foot.say(`${problem.message} The table has every number.`);
    arrange();
  }

  /** The table is built when it is first looked at: it has a column for every language. */
  function showTable() {
    if (table?.of !== given.sweep) {
      const made = sweepTable(now.sweep, `${now.sweep.metric || "quality"}, ${
        now.pair.readonly ? "published" : `${now.split}; in small, 95 % intervals`}`, now.nameOf);
      table = { ...made, of: given.sweep, marked: null };
      const first = !tableBox.firstChild;
      tableBox.replaceChildren(table.element);
      table.mark(point.alpha);
      if (first) reveal();
    }
    if (table.marked !== point.alpha) table.mark(point.alpha);
    table.marked = point.alpha;
  }

  /** The row of α into view: when the table comes to the front, and never under a drag. */
  function reveal() {
    const row = tableBox.querySelector("[aria-current]");
    if (row) tableBox.scrollTop = row.offsetTop - tableBox.clientHeight / 2;
  }

  const follow = perFrame(() => {
    if (!now) return;
    point = sentence.show(now.sweep, alpha, now.pair.readonly);
    for (const own of Object.values(charts)) own.cursor(alpha, point);
    if (stage.dataset.mode === "countries") countries.cursor(alpha, point);
    if (stage.dataset.mode === "table") showTable();
  });

  const weigh = perFrame(() => {
    if (!now) return;
    point = sentence.show(now.sweep, alpha, now.pair.readonly);
    for (const own of Object.values(charts)) own.reweigh(now, point);
    table?.reweigh(now.sweep);
  });

  async function exportView(type) {
    const shown = stage.dataset.mode;
    const name = fileName(now.pair.id, now.split, shown, type);
    try {
      if (type === "csv") {
        save(new Blob([`\ufeff${csvOf(now, shown, alpha)}`], { type: "text/csv;charset=utf-8" }), name);
      } else if (charts[shown]) {
        save(blobOf(await charts[shown].image(type)), name);
      } else {
        const alone = standalone(countries.svg(), getComputedStyle(element).backgroundColor);
        save(type === "svg" ? new Blob([alone.text], { type: "image/svg+xml" })
          : await rasterised(alone), name);
      }
    } catch (problem) {
      foot.say(`The picture could not be made (${problem?.message ?? problem}). Try SVG or CSV.`);
    }
  }

  let scheme = schemeOf(root);
  const themes = new MutationObserver(() => {
    if (schemeOf(root) === scheme) return;
    scheme = schemeOf(root);
    root.dataset.scheme = scheme;
    for (const own of Object.values(charts)) own.recolour();
  });
  for (const node of [document.documentElement, document.body, root, root.parentElement]) {
    if (node) themes.observe(node, { attributes: true, attributeFilter: ["class", "data-theme"] });
  }
  root.dataset.scheme = scheme;

  return {
    element,
    /** Show a state's sweep. Draws only if the sweep, its ticks or the pair differ. */
    show(state, next, { w, kof, byWeight, canWeigh }) {
      alpha = next;
      for (const [split, button] of Object.entries(splits.buttons)) {
        const missing = !state.sweeps?.[split];
        button.disabled = missing && split !== state.split;
        button.title = missing ? "not measured" : "";
      }
      splits.set(state.split);
      foot.show(state);
      const sweep = state.sweeps?.[state.split];
      const any = Boolean(sweep?.points?.length);
      notice.replaceChildren(...(any ? [] : notMeasured(state)));
      sentence.setEmpty(!any);
      weight.set({ w, kof, byWeight });
      weight.show(canWeigh);
      if (!any) {
        now = null;
        charts.curves.clear();
        charts.tradeoff.clear();
        arrange();
        return;
      }
      if (now && given?.sweep === sweep && given.ticks === state.ticks && given.w === w
        && now.sweep === sweep) return;
      given = { sweep, ticks: state.ticks, w };
      now = {
        pair: state.pair, split: state.split, sweep, w, nameOf: namer(state.pictures),
        ticks: (state.ticks ?? []).filter((tick) => Number.isFinite(tick.alpha)),
        all: Object.keys(SPLITS).map((name) => state.sweeps[name])
          .filter((found) => found?.points?.length),
        recommendation: state.recommendation, plotlyUrl: state.plotlyUrl,
      };
      point = sentence.show(sweep, alpha, state.pair.readonly);
      table = null;
      arrange();
      for (const own of Object.values(charts)) own.show(now, alpha, point);
    },
    /** Another weight, while it is being chosen: values follow at once, intervals are gone. */
    reweigh(w, ticks) {
      if (!now) return;
      now = { ...now, w, sweep: reweighed(given.sweep, w), recommendation: null,
        ticks: ticks.filter((tick) => Number.isFinite(tick.alpha)) };
      weigh();
    },
    setView(next) {
      view = next;
      arrange();
      if (now && stage.dataset.mode === "table") reveal();
    },
    cursor(next) {
      alpha = next;
      follow();
    },
    /** A movement ended. The sentence for the live region. */
    said(next) {
      alpha = next;
      if (!now) return "";
      point = sentence.show(now.sweep, alpha, now.pair.readonly);
      countries.cursor(alpha, point);
      countries.settle();
      return sentence.said();
    },
    isWeighing: weight.isDragging,
    retry: foot.release,
    destroy() {
      themes.disconnect();
      follow.cancel();
      weigh.cancel();
      weight.destroy();
      exporting.destroy();
      countries.destroy();
      for (const own of Object.values(charts)) own.destroy();
    },
  };
}
