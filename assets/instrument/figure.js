// The curves as Plotly sees them: traces, shapes and labels from a sweep. Pure, so that the same
// sweep, theme and size always give the same picture. `now` is what the panel shows:
// {pair, sweep, all, ticks, w}.

import { nudge } from "./dom.js";
import { bounded, floorOf, known } from "./measured.js";

/** Room around the plot, px: known here, so that labels can be placed without asking Plotly. */
const margin = ({ width }) => ({ l: 54, r: 66, t: 30, b: width < 440 ? 64 : 46, pad: 0 });
/** `layout.shapes[0]` is the cursor, 1–3 ring the measured points the readout quotes. */
const CURSOR = 0;
const RINGS = 1;
const TICKS = 4;

/** The three curves, drawn last on top. */
const SERIES = [
  { key: "grp", name: "GRP", colour: "grp", dash: "solid", width: 1.4, symbol: "diamond", size: 6 },
  { key: "global", name: "global", colour: "global", dash: "dash", width: 2.4, symbol: "square",
    size: 6.5 },
  { key: "regional", name: "cultural", colour: "cultural", dash: "solid", width: 2.4,
    symbol: "circle", size: 7.5 },
];

/** Data as Plotly text: its pseudo-HTML must not see tags in names. */
export const plain = (text) => String(text)
  .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A range that holds an estimate's values and intervals in every sweep. */
export function rangeOf(sweeps, keys) {
  const values = [];
  for (const { points } of sweeps) {
    for (const e of points.flatMap((point) => keys.map((key) => point[key]))) {
      if (known(e)) values.push(e.value);
      if (bounded(e)) values.push(e.low, e.high);
    }
  }
  if (!values.length) return [0, 100];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max(1.5, (high - low) * 0.08);
  return [Math.max(0, low - pad), Math.min(101, high + pad)];
}

/** Ranges for every sweep of a pair, so that changing the split moves no axis. GRP lies between. */
const home = ({ all }) => ({ x: [-0.025, 1.025], y: rangeOf(all, ["regional", "global"]) });

function band(points, { key, colour }, colours) {
  const runs = [[]];
  for (const point of points) {
    if (bounded(point[key])) runs.at(-1).push(point);
    else if (runs.at(-1).length) runs.push([]);
  }
  return runs.filter((run) => run.length > 1).map((run) => {
    const back = [...run].reverse();
    return {
      type: "scatter", mode: "lines", fill: "toself", hoverinfo: "skip", showlegend: false,
      line: { width: 0 }, fillcolor: colours[`${colour}-band`],
      x: [...run, ...back].map((point) => point.alpha),
      y: [...run.map((point) => point[key].high), ...back.map((point) => point[key].low)],
    };
  });
}

function curve(points, series, colours) {
  const shown = points.filter((point) => known(point[series.key]));
  const colour = colours[series.colour];
  return {
    type: "scatter", mode: "lines+markers", name: series.name, showlegend: false,
    x: shown.map((point) => point.alpha),
    y: shown.map((point) => point[series.key].value),
    text: shown.map((point) => {
      const e = point[series.key];
      return bounded(e) ? `  ${e.low.toFixed(1)}–${e.high.toFixed(1)}` : "";
    }),
    hovertemplate: `${series.name} %{y:.1f}%{text}<extra></extra>`,
    line: { color: colour, width: series.width, dash: series.dash },
    marker: {
      symbol: series.symbol, size: series.size, color: colour,
      line: { width: 1.2, color: colours.panel },
    },
  };
}

/** Traces from back to front. */
function traces({ sweep }, colours) {
  const bands = ["global", "regional"].flatMap((key) => band(
    sweep.points, SERIES.find((series) => series.key === key), colours));
  return [...bands, ...SERIES.map((series) => curve(sweep.points, series, colours))];
}

function ring(x, y, colour, width) {
  const radius = 7.5;
  return {
    type: "circle", xref: "x", yref: "y", xsizemode: "pixel", ysizemode: "pixel",
    xanchor: x, yanchor: y, x0: -radius, x1: radius, y0: -radius, y1: radius,
    line: { color: colour, width }, fillcolor: "rgba(0,0,0,0)", layer: "above",
    visible: Number.isFinite(y),
  };
}

const line = (x0, x1, y0, y1, refs, style, layer = "below") => ({
  type: "line", x0, x1, y0, y1, ...refs, line: style, layer,
});

/** Cursor, rings, ticks, 98 % line and chance: in the order that the moves below count on. */
function shapes({ sweep, ticks }, alpha, point, colours) {
  const upright = { xref: "x", yref: "paper" };
  const across = (y, style) => (y > 0 ? [line(0, 1, y, y, { xref: "paper", yref: "y" }, style)] : []);
  return [
    line(alpha, alpha, 0, 1, upright, { color: colours.ink, width: 1.6 }, "above"),
    ...SERIES.map(({ key, colour }) => ring(
      point.alpha, point[key]?.value, colours[colour], key === "grp" ? 1.4 : 2)),
    ...ticks.map((tick) => line(tick.alpha, tick.alpha, 0, 1, upright, {
      color: tick.kind === "human" ? colours.human : colours.muted, width: 1,
      dash: tick.kind === "human" ? "dot" : "3px,3px",
    })),
    ...across(floorOf(sweep), { color: colours.global, width: 1, dash: "6px,4px" }),
    ...across(sweep.chance, { color: colours.muted, width: 1.2, dash: "dot" }),
  ];
}

/** The `Plotly.relayout` that moves the cursor and, where it changed, the rings. */
function move(_, alpha, point, moved) {
  const change = {
    [`shapes[${CURSOR}].x0`]: alpha,
    [`shapes[${CURSOR}].x1`]: alpha,
  };
  return moved ? { ...change, ...rings(point) } : change;
}

function rings(point) {
  const change = {};
  SERIES.forEach(({ key }, i) => {
    const value = point[key]?.value;
    change[`shapes[${RINGS + i}].xanchor`] = point.alpha;
    change[`shapes[${RINGS + i}].yanchor`] = Number.isFinite(value) ? value : 0;
    change[`shapes[${RINGS + i}].visible`] = Number.isFinite(value);
  });
  return change;
}

/** Another weight: the GRP line, its ring, the α* tick and the labels. */
function reweigh(now, point, view, size, colours) {
  const made = curve(now.sweep.points, SERIES[0], colours);
  const layoutChange = { ...rings(point), annotations: labels(now, view, size, colours) };
  now.ticks.forEach((tick, i) => {
    layoutChange[`shapes[${TICKS + i}].x0`] = tick.alpha;
    layoutChange[`shapes[${TICKS + i}].x1`] = tick.alpha;
  });
  const first = traces(now, colours).findIndex(({ name }) => name === SERIES[0].name);
  return { data: { y: [made.y], text: [made.text] }, layout: layoutChange, traces: [first] };
}

/** Height of a curve at `x`: only to place its label, never shown as a number. */
function heightAt(points, key, x) {
  const shown = points.filter((point) => known(point[key]));
  if (!shown.length) return NaN;
  const after = shown.findIndex((point) => point.alpha >= x);
  if (after === -1) return shown.at(-1)[key].value;
  if (after === 0) return shown[0][key].value;
  const [a, b] = [shown[after - 1], shown[after]];
  const t = (x - a.alpha) / (b.alpha - a.alpha);
  return a[key].value + t * (b[key].value - a[key].value);
}

/** Pixels of the plot for what is in view at this size. */
function scales({ x, y }, size) {
  const room = margin(size);
  const width = Math.max(40, size.width - room.l - room.r);
  const height = Math.max(40, size.height - room.t - room.b);
  return {
    room, width, height,
    toX: (value) => ((value - x[0]) / (x[1] - x[0])) * width,
    toY: (value) => ((y[1] - value) / (y[1] - y[0])) * height,
  };
}

/**
 * Where the ticks' names stand over the plot: `{tick, x}` in px from its left edge. `kept` px at the
 * right are someone else's.
 */
export function tickPlaces({ ticks }, view, size, kept = 0) {
  const { room, width, toX } = scales(view, size);
  const seen = ticks.filter(({ alpha }) => alpha >= view.x[0] && alpha <= view.x[1]);
  const places = nudge(seen.map((tick) => toX(tick.alpha)),
    seen.map(({ label }) => 14 + 7.5 * label.replace("_", "").length), -room.l / 2,
    Math.min(width + 30, size.width - room.l - kept), 2);
  return seen.map((tick, i) => ({ tick, x: room.l + places[i] }));
}

/**
 * Labels at the ends of lines, placed for what is in view at this size. The ticks' names
 * are buttons over the plot; only a picture that leaves the page has them `printed`.
 */
function labels(now, view, size, colours, printed = false) {
  const { sweep } = now;
  const { x } = view;
  const { room, width, height, toX, toY } = scales(view, size);
  const note = (text, xshift, yshift, anchors, colour, font = 12) => ({
    showarrow: false, borderpad: 0, xref: "paper", yref: "paper", x: 0, y: 1, xshift, yshift, text,
    xanchor: anchors[0], yanchor: anchors[1], font: { size: font, color: colour },
  });

  const right = Math.min(1, x[1]);
  const ends = SERIES.map((series) => ({
    text: `<b>${series.name}</b>`, colour: colours[`${series.colour}-text`], font: 13,
    at: toY(heightAt(sweep.points, series.key, right)),
  }));
  ends.push({
    text: "98 % kept", colour: colours["global-text"], font: 11, at: toY(floorOf(sweep)),
    hovertext: "98 % of the base's global quality: α₉₈ keeps at least this",
  });
  const { chance } = sweep;
  if (chance > 0) {
    ends.push({ text: `chance ${chance.toFixed(1)}`, colour: colours.muted, font: 11,
      at: toY(chance) });
  }
  const shown = ends.filter((end) => end.at > -20 && end.at < height + 20);
  const rows = nudge(shown.map((end) => end.at), shown.map(() => 16), 0, height, 0);
  const left = Math.min(width, toX(1)) + 10;
  const made = shown.map(({ text, colour, font, hovertext }, i) => ({
    ...note(text, left, -rows[i], ["left", "middle"], colour, font),
    ...(hovertext ? { hovertext } : {}),
  }));

  if (printed) {
    for (const { tick, x: at } of tickPlaces(now, view, size)) {
      const [head, tail] = tick.label.split("_").map(plain);
      made.push(note(tail ? `${head}<sub>${tail}</sub>` : head, at - room.l, 4,
        ["center", "bottom"], tick.kind === "human" ? colours["human-text"] : colours.muted));
    }
  }
  return made;
}

/** What both figures' axes share. */
export const axisOf = (colours) => ({
  gridcolor: colours.hairline, linecolor: colours.rule, zeroline: false, ticks: "outside",
  ticklen: 4, tickcolor: colours.rule, tickfont: { size: 12, color: colours.muted },
});

export const titleOf = (colours, text) => ({
  font: { size: 12.5, color: colours.muted }, standoff: 8, text: plain(text),
});

/** What both figures' layouts share. A finger scrolls the page; zoom by touch would trap it. */
export const layoutOf = (colours, font, touch) => ({
  autosize: true, showlegend: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: font, color: colours.ink }, dragmode: touch ? false : "zoom",
  hoverlabel: {
    bgcolor: colours.panel, bordercolor: colours.rule, font: { color: colours.ink, size: 12 },
  },
});

/** Everything of the layout that does not move. */
function layout({ sweep }, view, size, colours, font, touch) {
  const axis = axisOf(colours);
  return {
    ...layoutOf(colours, font, touch), margin: margin(size), hovermode: "x unified",
    hoverdistance: 30,
    xaxis: {
      ...axis, range: [...view.x], showgrid: false, tickvals: [0, 0.2, 0.4, 0.6, 0.8, 1],
      ticktext: ["0<br>base", "0.2", "0.4", "0.6", "0.8", "1<br>tuned"], tickangle: 0,
      title: titleOf(colours, "α, share of the tuned checkpoint"),
      unifiedhovertitle: { text: "α = %{x:.2f}" },
    },
    yaxis: {
      ...axis, range: [...view.y], title: titleOf(colours, sweep.metric || "quality, 0–100"),
      nticks: 7,
    },
  };
}

/** A figure as `chart.js` draws it. */
export const curvesFigure = {
  name: "curves",
  label: "Cultural and global quality along α. The table lists every number.",
  home, margin, traces, layout, shapes, labels, move, reweigh,
  sameView: (a, b) => a.pair.id === b.pair.id,
  alphaOf: ({ x }) => x,
};
