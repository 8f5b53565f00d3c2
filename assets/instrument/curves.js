// The curves panel: cultural against global quality along α, from measured points only. The plot
// is drawn once a sweep; a drag moves one line, three rings and the sentence above.

import { alphaText, h, nearest, perFrame, s, schemeOf, setText } from "./dom.js";
import { labels, layout, margin, moveCursor, ranges, shapes, traces } from "./figure.js";
import { loadPlotly } from "./plotly.js";
import { markRow, sweepTable } from "./table.js";

const TONES = [
  "ink", "muted", "rule", "hairline", "panel", "cultural", "global", "grp", "human",
  "cultural-text", "global-text", "grp-text", "human-text", "cultural-band", "global-band",
];
const SPLITS = ["test", "validation"];

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

/** The measured point nearest to α, in the words of the readout. */
export function readoutParts(sweep, alpha, readonly) {
  const point = sweep.points[nearest(sweep.points.map((p) => p.alpha), alpha)];
  const base = sweep.points.find((p) => p.alpha === 0);
  const exact = Math.abs(point.alpha - alpha) < 0.0005;
  const verb = readonly ? "published" : "measured";
  const lead = exact ? verb[0].toUpperCase() + verb.slice(1) : `Nearest ${verb}`;
  const rise = base && point.alpha !== 0
    ? ` (${signed(point.regional.value - base.regional.value)} points against base)` : "";
  const kept = Number.isFinite(point.retention?.value)
    ? ` (retention ${(point.retention.value * 100).toFixed(1)} %)` : "";
  return {
    point,
    lead: `${lead}, α = ${alphaText(point.alpha)}:`,
    cultural: [point.regional.value.toFixed(1), rise],
    global: [point.global.value.toFixed(1), kept],
    grp: Number.isFinite(point.grp?.value) ? [point.grp.value.toFixed(1), ""] : null,
  };
}

/**
 * @param {HTMLElement} root the `.ggez` element, whose CSS variables are the palette
 * @param {Object} on
 * @param {(split: string) => void} on.split
 * @param {(alpha: number) => void} on.pick a measured point was clicked
 * @param {Promise} styled resolves once the palette can be read
 */
export function createCurves(root, on, styled) {
  let now = null;      // {pair, sweep, ticks, home}
  let point = null;    // the measured point the readout quotes
  let alpha = 0.5;
  let at = null;       // where the cursor is drawn
  let ringed = null;   // the point whose rings are drawn
  let zoom = null;
  let asTable = false;
  let table = null;
  let alive = true;
  let drawn = false;

  const value = (tone, name) => {
    const number = h("b", {});
    const rest = h("span", {});
    const item = h("span", { class: `stat is-${tone}` },
      h("span", { class: "stat-name" }, name, " "), number, rest);
    return { item, number, rest };
  };
  const parts = {
    cultural: value("cultural", "cultural"),
    global: value("global", "global"),
    grp: value("grp", "GRP"),
  };
  const lead = h("span", { class: "lead" });
  const sentence = h("p", { class: "sentence is-empty" }, lead, " ",
    parts.cultural.item, " ", parts.global.item, " ", parts.grp.item);
  const splits = h("div", { class: "segments", role: "group", "aria-label": "Split" },
    ...SPLITS.map((split) => h("button", {
      type: "button", "data-split": split, "aria-pressed": "false", onclick: () => on.split(split),
    }, split)));
  const reset = h("button", { type: "button", class: "quiet reset", onclick: unzoom }, "Reset zoom");
  const toggle = h("button", {
    type: "button", class: "quiet", "aria-pressed": "false", onclick: () => {
      asTable = !asTable;
      toggle.setAttribute("aria-pressed", String(asTable));
      arrange();
    },
  }, "Table");
  const plot = h("div", { class: "plot", role: "img",
    "aria-label": "Cultural and global quality along α. The Table button lists every number." });
  const tableBox = h("div", {
    class: "table-box", tabindex: 0, role: "region", "aria-label": "Every measured point",
  });
  const notice = h("div", { class: "notice" });
  const stage = h("div", { class: "stage", "data-mode": "loading" }, plot, tableBox, notice);
  const bar = s("svg", { class: "progress", "aria-hidden": "true" },
    s("rect", { class: "rest", width: "100%", height: "100%" }),
    s("rect", { class: "done", width: "0", height: "100%" }));
  const status = h("span", {});
  const foot = h("p", { class: "foot" }, bar, status);
  const element = h("section", { class: "panel curves", "aria-label": "Curves" },
    h("div", { class: "panel-head" }, h("h2", {}, "Quality along α"),
      h("div", { class: "tools" }, reset, splits, toggle)),
    sentence, stage, foot);

  const colours = () => {
    const style = getComputedStyle(root);
    return Object.fromEntries(TONES.map((t) => [t, style.getPropertyValue(`--${t}`).trim()]));
  };
  const size = () => ({ width: plot.clientWidth, height: plot.clientHeight });
  const view = () => ({ x: zoom?.x ?? now.home.x, y: zoom?.y ?? now.home.y });

  function arrange() {
    const mode = notice.childNodes.length ? "notice" : asTable ? "table" : "plot";
    stage.dataset.mode = now || mode === "notice" ? mode : "loading";
    reset.classList.toggle("is-on", Boolean(zoom) && mode === "plot");
    if (mode === "plot") resize();
  }

  function showSentence() {
    const said = readoutParts(now.sweep, alpha, now.pair.readonly);
    if (table && said.point !== point) markRow(table, said.point.alpha);
    point = said.point;
    setText(lead, said.lead);
    for (const key of ["cultural", "global", "grp"]) {
      parts[key].item.hidden = !said[key];
      if (!said[key]) continue;
      setText(parts[key].number, said[key][0]);
      setText(parts[key].rest, said[key][1]);
    }
  }

  async function draw() {
    const drawing = now;
    let Plotly;
    try {
      [Plotly] = await Promise.all([loadPlotly(now.plotlyUrl), styled]);
    } catch (problem) {
      if (!alive || now !== drawing) return;
      asTable = true;
      toggle.setAttribute("aria-pressed", "true");
      setText(status, `${problem.message} The table has every number.`);
      arrange();
      return;
    }
    if (!alive || now !== drawing || !plot.clientWidth) return;
    const tones = colours();
    const touch = window.matchMedia("(pointer: coarse)").matches;
    const made = layout(now.sweep, view(), size(), tones,
      getComputedStyle(root).fontFamily, touch);
    made.uirevision = now.pair.id;
    made.shapes = shapes(now.sweep, now.ticks, alpha, point, tones);
    made.annotations = labels(now.sweep, now.ticks, view(), size(), tones);
    [at, ringed] = [alpha, point];
    const config = { displayModeBar: false, displaylogo: false, doubleClick: false,
      showTips: false, scrollZoom: false };
    // Under a <base> Plotly names its clip paths by the page's address; ours changes with every
    // α, and each name would then be fetched. Without one they are names within the page.
    const base = document.querySelector("base[href]");
    const href = base?.getAttribute("href");
    base?.removeAttribute("href");
    const figure = Plotly.react(plot, traces(now.sweep, tones), made, config);
    base?.setAttribute("href", href);
    await figure;
    if (!drawn && alive) {
      drawn = true;
      plot.on("plotly_relayout", zoomed);
      plot.on("plotly_doubleclick", unzoom);
      plot.on("plotly_click", (event) => {
        if (event.points?.length) on.pick(event.points[0].x);
      });
    }
    stage.classList.add("is-drawn");
    cursor(); // it may have moved while Plotly was loading
  }

  function zoomed(change) {
    const axes = { x: "xaxis", y: "yaxis" };
    const next = { x: view().x, y: view().y };
    let touched = false;
    for (const [axis, name] of Object.entries(axes)) {
      if (`${name}.range[0]` in change) {
        next[axis] = [change[`${name}.range[0]`], change[`${name}.range[1]`]];
        touched = true;
      }
    }
    if (!touched) return;
    zoom = next;
    relabel();
    arrange();
  }

  function unzoom() {
    if (!zoom || !now) return;
    zoom = null;
    const { x, y } = now.home;
    window.Plotly.relayout(plot, {
      "xaxis.range": [...x], "yaxis.range": [...y],
      annotations: labels(now.sweep, now.ticks, now.home, size(), colours()),
    });
    arrange();
  }

  function relabel() {
    window.Plotly.relayout(plot, {
      annotations: labels(now.sweep, now.ticks, view(), size(), colours()),
    });
  }

  const cursor = perFrame(() => {
    if (!now) return;
    showSentence();
    if (!drawn || stage.dataset.mode !== "plot") return; // caught up when it is shown again
    if (at === alpha && ringed === point) return;
    window.Plotly.relayout(plot, moveCursor(alpha, ringed === point ? null : point));
    [at, ringed] = [alpha, point];
  });

  const resize = perFrame(() => {
    if (!now || stage.dataset.mode !== "plot" || !plot.clientWidth) return;
    if (!drawn) {
      draw();
      return;
    }
    const { width, height } = size();
    if (plot.layout.width !== width || plot.layout.height !== height) {
      window.Plotly.relayout(plot, {
        width, height, margin: margin(size()),
        annotations: labels(now.sweep, now.ticks, view(), size(), colours()),
      });
    }
    cursor();
  });
  const observer = new ResizeObserver(resize);
  observer.observe(plot);

  let scheme = schemeOf(root);
  const recolour = () => {
    if (schemeOf(root) === scheme) return;
    scheme = schemeOf(root);
    root.dataset.scheme = scheme;
    if (now && drawn) draw();
  };
  const themes = new MutationObserver(recolour);
  for (const node of [document.documentElement, document.body, root, root.parentElement]) {
    if (node) themes.observe(node, { attributes: true, attributeFilter: ["class", "data-theme"] });
  }
  root.dataset.scheme = scheme;

  function showStatus(state) {
    const { sweepStatus = {}, split, sweeps } = state;
    const running = sweepStatus.state === "running";
    const share = running && sweepStatus.total ? sweepStatus.done / sweepStatus.total : 0;
    bar.classList.toggle("is-on", running);
    bar.lastChild.setAttribute("width", `${share * 100}%`);
    const sweep = sweeps?.[split];
    const said = [];
    if (running) {
      said.push(`Measuring ${sweepStatus.done} of ${sweepStatus.total} α`);
    } else if (sweepStatus.state === "stale") {
      said.push(`Out of date: run python -m ggez sweep ${state.pair.id}`);
    }
    if (sweepStatus.message) said.push(sweepStatus.message);
    if (sweep && !running) {
      const bands = sweep.points.some((p) => Number.isFinite(p.regional?.low));
      const n = sweep.points[0]?.regional?.n;
      said.push(state.pair.readonly
        ? `${sweep.points.length} published points, no intervals`
        : `${split} split, ${sweep.points.length} measured α${n ? `, ${n} regional cases` : ""}`
          + `${bands ? ", bands are 95 % intervals" : ""}`);
    }
    setText(status, said.join(" · "));
    foot.title = status.textContent;
  }

  function showNotice(state) {
    const sweep = state.sweeps?.[state.split];
    if (sweep?.points?.length) {
      notice.replaceChildren();
      return;
    }
    const running = state.sweepStatus?.state === "running";
    notice.replaceChildren(h("h3", {}, running ? "Being measured" : "Not measured yet"),
      h("p", {}, running
        ? "The curves appear here as soon as the first α are measured."
        : `This pair has no sweep of the ${state.split} split. A sweep measures cultural and `
          + "global quality at each α; it can be interrupted and goes on where it stopped."),
      ...(running ? [] : [h("code", {}, `python -m ggez sweep ${state.pair.id}`
        + `${state.split === "test" ? "" : ` --split ${state.split}`}`)]));
  }

  return {
    element,
    /** Show a state's sweep. Draws only if the sweep, its ticks or the pair differ. */
    show(state, next) {
      alpha = next;
      for (const button of splits.children) {
        const missing = !state.sweeps?.[button.dataset.split];
        button.setAttribute("aria-pressed", String(button.dataset.split === state.split));
        button.disabled = missing && button.dataset.split !== state.split;
        button.title = missing ? "not measured" : "";
      }
      showStatus(state);
      showNotice(state);
      const sweep = state.sweeps?.[state.split];
      sentence.classList.toggle("is-empty", !sweep?.points?.length);
      if (!sweep?.points?.length) {
        now = null;
        arrange();
        return;
      }
      const ticks = (state.ticks ?? []).filter((tick) => Number.isFinite(tick.alpha));
      if (now?.sweep === sweep && now.given === state.ticks) return;
      if (now?.pair.id !== state.pair.id) zoom = null;
      const all = SPLITS.map((name) => state.sweeps[name]).filter((found) => found?.points.length);
      now = { pair: state.pair, sweep, ticks, home: ranges(all), given: state.ticks,
        plotlyUrl: state.plotlyUrl };
      point = null;
      table = sweepTable(sweep, `${sweep.metric ?? ""}, ${state.pair.title}, ${
        state.pair.readonly ? "published" : state.split}; low–high are 95 % intervals`);
      tableBox.replaceChildren(table);
      showSentence();
      arrange();
      if (stage.dataset.mode === "plot" || drawn) draw();
    },
    /** Another pair is on its way. */
    clear() {
      now = null;
      point = null;
      table = null;
      sentence.classList.add("is-empty");
      notice.replaceChildren();
      setText(status, "");
      stage.classList.remove("is-drawn");
      arrange();
    },
    cursor(next) {
      alpha = next;
      cursor();
    },
    /** The sentence for an α, for the live region. */
    said(next) {
      alpha = next;
      if (!now) return "";
      showSentence();
      return sentence.textContent.trim();
    },
    destroy() {
      alive = false;
      observer.disconnect();
      themes.disconnect();
      cursor.cancel();
      resize.cancel();
      if (drawn) window.Plotly.purge(plot);
    },
  };
}
