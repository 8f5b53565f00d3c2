// One Plotly figure in its box: drawn once a sweep, kept in size, colours and zoom, and moved along
// with α. What it shows is a figure's business (figure.js, plane.js).

import { h, perFrame } from "./dom.js";
import { loadPlotly } from "./plotly.js";

const TONES = [
  "ink", "muted", "rule", "hairline", "panel", "cultural", "global", "grp", "human",
  "cultural-text", "global-text", "grp-text", "human-text", "cultural-band", "global-band",
];
const CONFIG = { displayModeBar: false, displaylogo: false, doubleClick: false, showTips: false,
  scrollZoom: false };

/**
 * Under a <base> Plotly names its clip paths by the page's address; ours changes with every α,
 * and each name would then be fetched. Without one they are names within the page.
 */
function withoutBase(work) {
  const base = document.querySelector("base[href]");
  const href = base?.getAttribute("href");
  base?.removeAttribute("href");
  const made = work();
  base?.setAttribute("href", href);
  return made;
}

/**
 * @param {HTMLElement} root the `.ggez` element, whose CSS variables are the palette
 * @param {Object} figure
 * @param {Object} on
 * @param {(alpha: number) => void} on.pick a measured point was clicked
 * @param {() => void} on.drawn
 * @param {(problem: Error) => void} on.failed Plotly is not to be had
 * @param {(view: Object, size: Object) => void} on.placed what is in view, or its size, changed
 * @param {() => void} on.zoomed or no longer so
 * @param {Promise} styled resolves once the palette can be read
 */
export function createChart(root, figure, on, styled) {
  let now = null;
  let shown = null;    // the last that was, though there may be nothing now
  let home = null;
  let alpha = 0.5;
  let point = null;    // the measured point that is ringed
  let at = null;       // where the cursor is drawn
  let ringed = null;   // the point whose ring is drawn
  let zoom = null;
  let active = false;  // in front
  let drawn = false;
  let dirty = false;   // what is drawn is not what is to be shown
  let alive = true;
  const element = h("div", { class: `plot is-${figure.name}`, role: "img",
    "aria-label": figure.label });

  const colours = () => {
    const style = getComputedStyle(root);
    return Object.fromEntries(TONES.map((t) => [t, style.getPropertyValue(`--${t}`).trim()]));
  };
  const size = () => ({ width: element.clientWidth, height: element.clientHeight });
  const view = () => ({ x: zoom?.x ?? home.x, y: zoom?.y ?? home.y });
  const ready = () => now && drawn && active && !dirty && element.clientWidth;
  const relayout = (change) => window.Plotly.relayout(element, change);
  const relabel = (change = {}) => {
    relayout({ ...change, annotations: figure.labels(now, view(), size(), colours()) });
    on.placed?.(view(), size());
  };

  async function draw() {
    const drawing = now;
    dirty = true;
    if (!active || !now) return;
    let Plotly;
    try {
      [Plotly] = await Promise.all([loadPlotly(now.plotlyUrl), styled]);
    } catch (problem) {
      if (alive && now === drawing) on.failed(problem);
      return;
    }
    if (!alive || now !== drawing || !active || !element.clientWidth) return;
    const tones = colours();
    const touch = window.matchMedia("(pointer: coarse)").matches;
    const made = figure.layout(now, view(), size(), tones, getComputedStyle(root).fontFamily, touch);
    made.uirevision = now.pair.id; // ranges are always given; this keeps the rest
    made.shapes = figure.shapes(now, alpha, point, tones);
    made.annotations = figure.labels(now, view(), size(), tones);
    [at, ringed] = [alpha, point];
    dirty = false;
    await withoutBase(() => Plotly.react(element, figure.traces(now, tones), made, CONFIG));
    if (!alive) return;
    if (!drawn) listen();
    drawn = true;
    on.placed?.(view(), size());
    on.drawn();
    cursor(); // it may have moved while Plotly was loading
  }

  function listen() {
    element.on("plotly_relayout", zoomed);
    element.on("plotly_doubleclick", unzoom);
    element.on("plotly_click", (event) => {
      if (event.points?.length) on.pick(figure.alphaOf(event.points[0]));
    });
    element.on("plotly_clickannotation", ({ annotation }) => {
      if (annotation?.name) on.pick(Number(annotation.name));
    });
  }

  function zoomed(change) {
    const next = { ...view() };
    let touched = false;
    for (const axis of ["x", "y"]) {
      const range = [change[`${axis}axis.range[0]`], change[`${axis}axis.range[1]`]];
      if (range[0] === undefined) continue;
      next[axis] = range;
      touched = true;
    }
    if (!touched) return;
    zoom = next;
    relabel();
    on.zoomed();
  }

  function unzoom() {
    if (!zoom || !now) return;
    zoom = null;
    if (ready()) relabel({ "xaxis.range": [...home.x], "yaxis.range": [...home.y] });
    on.zoomed();
  }

  const cursor = perFrame(() => {
    if (!ready() || (at === alpha && ringed === point)) return;
    const change = figure.move(now, alpha, point, ringed !== point);
    if (change) relayout(change);
    [at, ringed] = [alpha, point];
  });

  const fit = perFrame(() => {
    if (!now || !active || !element.clientWidth) return;
    if (!drawn || dirty) {
      draw();
      return;
    }
    const { width, height } = size();
    if (element.layout.width !== width || element.layout.height !== height) {
      relabel({ width, height, margin: figure.margin(size()) });
    }
    cursor();
  });
  const observer = new ResizeObserver(fit);
  observer.observe(element);

  return {
    element,
    /** Show a sweep. A zoom lives as long as the figure says that it is of the same thing. */
    show(next, nextAlpha, nextPoint) {
      const lost = zoom && !(shown && figure.sameView(shown, next));
      [now, shown] = [next, next];
      if (lost) {
        zoom = null;
        on.zoomed();
      }
      home = figure.home(next);
      [alpha, point] = [nextAlpha, nextPoint];
      draw();
    },
    clear() {
      now = null;
    },
    cursor(nextAlpha, nextPoint) {
      [alpha, point] = [nextAlpha, nextPoint];
      cursor();
    },
    /** The same sweep under another weight: what follows from it moves, nothing is drawn anew. */
    reweigh(next, nextPoint) {
      now = next;
      point = nextPoint;
      if (!ready()) {
        dirty = true;
        return;
      }
      const change = figure.reweigh(now, point, view(), size(), colours());
      ringed = point;
      window.Plotly.update(element, change.data, change.layout, change.traces);
      on.placed?.(view(), size());
    },
    /** To the front, or behind another view. */
    setActive(next) {
      active = next;
      if (active) fit();
    },
    isZoomed: () => Boolean(zoom),
    unzoom,
    recolour() {
      if (now && drawn) draw();
    },
    /** The figure as it stands, as a data URL of "png" or "svg" with the names of its ticks. */
    image(format) {
      const tones = colours();
      const layout = { ...element.layout, paper_bgcolor: tones.panel,
        annotations: figure.labels(now, view(), size(), tones, true) };
      return withoutBase(() => window.Plotly.toImage({ data: element.data, layout, config: CONFIG },
        { format, ...size(), scale: format === "png" ? 2 : 1 }));
    },
    destroy() {
      alive = false;
      observer.disconnect();
      cursor.cancel();
      fit.cancel();
      if (drawn) window.Plotly.purge(element);
    },
  };
}
