// The trade-off as Plotly sees it: global quality across, cultural quality up, and the path that α
// takes from base to tuned. Pure, like figure.js, and with the same names.

import { alphaText } from "./dom.js";
import { axisOf, layoutOf, plain, rangeOf, titleOf } from "./figure.js";
import { bounded, floorOf, isAt, known, pointOf } from "./measured.js";

const margin = () => ({ l: 54, r: 18, t: 26, b: 46, pad: 0 });
/** `layout.shapes`: what follows α comes first, in this order. */
const [ISO, ACROSS, UP, RING] = [0, 1, 2, 3];

const shown = ({ sweep }) => sweep.points.filter(
  (point) => known(point.global) && known(point.regional));

/** Each split has its own range: in one that held both, either path would be a speck. */
const home = ({ sweep }) => ({
  x: rangeOf([sweep], ["global"]), y: rangeOf([sweep], ["regional"]),
});

function traces(now, colours) {
  const points = shown(now);
  const ends = points.map(({ alpha }) => alpha === 0 || alpha === 1);
  const colour = points.map(({ alpha }) => (alpha === 0 ? colours.global
    : alpha === 1 ? colours.cultural : colours.grp));
  const interval = (e) => (bounded(e) ? `, ${e.low.toFixed(1)}–${e.high.toFixed(1)}` : "");
  return [{
    type: "scatter", mode: "lines+markers", name: "path", showlegend: false,
    x: points.map((point) => point.global.value), y: points.map((point) => point.regional.value),
    customdata: points.map((point) => point.alpha),
    text: points.map((point) => `<b>α = ${alphaText(point.alpha)}</b>`
      + `<br>cultural ${point.regional.value.toFixed(1)}${interval(point.regional)}`
      + `<br>global ${point.global.value.toFixed(1)}${interval(point.global)}`),
    hovertemplate: "%{text}<extra></extra>",
    line: { color: colours.grp, width: 1.6 },
    marker: {
      color: colour, size: ends.map((end) => (end ? 11 : 6.5)), opacity: 1,
      symbol: points.map(({ alpha }) => (alpha === 0 ? "square" : "circle")),
      line: { width: 1.2, color: colours.panel },
    },
  }];
}

/** Two points of the line of equal GRP through a point, far outside any view. */
function level(point, w) {
  const [x, y] = [point.global?.value ?? 0, point.regional?.value ?? 0];
  const far = 300;
  return { x0: x - (1 - w) * far, y0: y + w * far, x1: x + (1 - w) * far, y1: y - w * far };
}

/** A current point's interval along one axis; a point without one shows none. */
function arm(point, key) {
  const e = point[key];
  const [low, high] = bounded(e) ? [e.low, e.high] : [e?.value ?? 0, e?.value ?? 0];
  const [x, y] = [point.global?.value ?? 0, point.regional?.value ?? 0];
  return key === "global" ? { x0: low, x1: high, y0: y, y1: y } : { x0: x, x1: x, y0: low, y1: high };
}

const axes = { xref: "x", yref: "y" };

function shapes(now, alpha, point, colours) {
  const style = (color, width, dash) => ({ color, width, ...(dash ? { dash } : {}) });
  const floor = floorOf(now.sweep);
  return [
    { type: "line", ...axes, ...level(point, now.w), layer: "below",
      line: style(colours.muted, 1, "dot") },
    { type: "line", ...axes, ...arm(point, "global"), line: style(colours.global, 2), layer: "below" },
    { type: "line", ...axes, ...arm(point, "regional"), line: style(colours.cultural, 2),
      layer: "below" },
    { type: "circle", ...axes, xsizemode: "pixel", ysizemode: "pixel", layer: "above",
      xanchor: point.global?.value ?? 0, yanchor: point.regional?.value ?? 0,
      x0: -9, x1: 9, y0: -9, y1: 9, line: style(colours.ink, 2), fillcolor: "rgba(0,0,0,0)" },
    ...(floor > 0 ? [{ type: "line", xref: "x", yref: "paper", x0: floor, x1: floor, y0: 0, y1: 1,
      layer: "below", line: style(colours.global, 1, "6px,4px") }] : []),
  ];
}

const patch = (index, values) => Object.fromEntries(
  Object.entries(values).map(([key, value]) => [`shapes[${index}].${key}`, value]));

function move(now, alpha, point, moved) {
  if (!moved) return null;
  return {
    ...patch(ISO, level(point, now.w)), ...patch(ACROSS, arm(point, "global")),
    ...patch(UP, arm(point, "regional")),
    ...patch(RING, { xanchor: point.global?.value ?? 0, yanchor: point.regional?.value ?? 0 }),
  };
}

/** Another weight turns the line of equal GRP and moves the name of α*. */
const reweigh = (now, point, view, size, colours) => ({
  data: {}, layout: { ...move(now, point.alpha, point, true),
    annotations: labels(now, view, size, colours) }, traces: [0],
});

/** The named points: both ends, and the ticks that were measured here. One name a point. */
function named(now, colours) {
  const points = new Map();
  const add = (point, name, tone) => {
    if (!point) return;
    const entry = points.get(point) ?? { point, names: [], tone };
    entry.names.push(name);
    points.set(point, entry);
  };
  const find = (alpha) => pointOf({ points: shown(now) }, alpha);
  add(find(0), "<b>base</b>", colours["global-text"]);
  add(find(1), "<b>tuned</b>", colours["cultural-text"]);
  for (const { kind, alpha, label } of now.ticks) {
    if (kind !== "grp" && kind !== "98") continue;
    const [head, tail] = label.split("_").map(plain);
    add(find(alpha), tail ? `${head}<sub>${tail}</sub>` : head, colours.ink);
  }
  return [...points.values()].map(({ point, names, tone }) => ({
    point, tone,
    text: `${names.join(", ")}${isAt(point, 0) || isAt(point, 1) ? "" : ` ${alphaText(point.alpha)}`}`,
    width: 7.2 * (names.join(", ").replace(/<[^>]*>/g, "").length
      + (isAt(point, 0) || isAt(point, 1) ? 0 : 5)) + 8,
  }));
}

const HEIGHT = 18;
const overlap = (a, b) => Math.max(0, Math.min(a.x + a.w / 2, b.x + b.w / 2)
  - Math.max(a.x - a.w / 2, b.x - b.w / 2)) * Math.max(0, Math.min(a.y + a.h / 2, b.y + b.h / 2)
  - Math.max(a.y - a.h / 2, b.y - b.h / 2));

/** Each name goes where it covers least: other names, the path, the edge; near before far. */
function labels(now, view, size, colours) {
  const room = margin();
  const width = Math.max(40, size.width - room.l - room.r);
  const height = Math.max(40, size.height - room.t - room.b);
  const place = (point) => ({
    x: ((point.global.value - view.x[0]) / (view.x[1] - view.x[0])) * width,
    y: ((view.y[1] - point.regional.value) / (view.y[1] - view.y[0])) * height,
  });
  const path = shown(now).map(place);
  const along = path.flatMap((p, i) => (i ? [0.25, 0.5, 0.75].map((t) => ({
    x: p.x + (path[i - 1].x - p.x) * t, y: p.y + (path[i - 1].y - p.y) * t, w: 4, h: 4 })) : []));
  const taken = [...path.map((p) => ({ ...p, w: 18, h: 18 })), ...along];
  const floor = ((floorOf(now.sweep) - view.x[0]) / (view.x[1] - view.x[0])) * width;
  const made = [];
  if (floor > 0 && floor < width) {
    const left = floor > 70;
    made.push({
      showarrow: false, xref: "paper", yref: "paper", x: 0, y: 0, xanchor: left ? "right" : "left",
      yanchor: "bottom", xshift: floor + (left ? -5 : 5), yshift: 3, text: "98 % kept",
      font: { size: 11, color: colours["global-text"] },
      hovertext: "98 % of the base's global quality: α₉₈ keeps at least this",
    });
    taken.push({ x: floor + (left ? -32 : 32), y: height - 10, w: 64, h: HEIGHT },
      { x: floor, y: height / 2, w: 6, h: height });
  }
  made.push({
    showarrow: false, xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom",
    xshift: -4, yshift: 4, font: { size: 11, color: colours.muted },
    text: `${shown(now).some((p) => bounded(p.global)) ? "cross: 95 % intervals · " : ""}dotted: equal GRP`,
  });
  for (const { point, text, tone, width: w } of named(now, colours)) {
    const at = place(point);
    if (at.x < -5 || at.x > width + 5 || at.y < -5 || at.y > height + 5) continue;
    let best = null;
    for (const radius of [20, 32, 46, 64]) {
      for (let turn = 0; turn < 16; turn += 1) {
        const angle = (turn / 16) * 2 * Math.PI;
        const box = { x: at.x + Math.cos(angle) * (radius + w / 2 - 6),
          y: at.y + Math.sin(angle) * (radius + 2), w, h: HEIGHT };
        const out = Math.max(0, w / 2 - box.x) + Math.max(0, box.x + w / 2 - width)
          + Math.max(0, HEIGHT / 2 - box.y) + Math.max(0, box.y + HEIGHT / 2 - height);
        const cost = out * 40 + radius + taken.reduce((sum, other) => sum + overlap(box, other), 0);
        if (!best || cost < best.cost) best = { ...box, cost };
      }
    }
    taken.push(best);
    made.push({
      ...axes, x: point.global.value, y: point.regional.value, ax: best.x - at.x, ay: best.y - at.y,
      showarrow: true, arrowhead: 0, arrowwidth: 1, arrowcolor: colours.rule, standoff: 7,
      text, font: { size: 13, color: tone }, borderpad: 1, captureevents: true,
      name: String(point.alpha),
    });
  }
  return made;
}

function layout(now, view, size, colours, font, touch) {
  const axis = { ...axisOf(colours), nticks: 6 };
  return {
    ...layoutOf(colours, font, touch), margin: margin(), hovermode: "closest", hoverdistance: 24,
    xaxis: { ...axis, range: [...view.x], title: titleOf(colours, "global quality →") },
    yaxis: { ...axis, range: [...view.y], title: titleOf(colours, "cultural quality →") },
  };
}

/** A figure as `chart.js` draws it. */
export const planeFigure = {
  name: "plane",
  label: "Cultural against global quality, with the path from base to tuned. "
    + "The table lists every number.",
  home, margin, traces, layout, shapes, labels, move, reweigh,
  sameView: (a, b) => a.pair.id === b.pair.id && a.split === b.split,
  alphaOf: ({ customdata }) => customdata,
};
