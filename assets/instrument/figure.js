// The curves as Plotly sees them: traces, shapes and labels from a sweep. Pure, so that the same
// sweep, theme and size always give the same picture.

import { alphaText, nudge } from "./dom.js";

/** Room around the plot, px: known here, so that labels can be placed without asking Plotly. */
export const margin = ({ width }) => ({ l: 54, r: 66, t: 30, b: width < 440 ? 64 : 46, pad: 0 });
/** `layout.shapes[0]` is the cursor, 1–3 ring the measured points the readout quotes. */
export const CURSOR = 0;
const RINGS = 1;

/** The three curves, drawn last on top. */
export const SERIES = [
  { key: "grp", name: "GRP", colour: "grp", dash: "solid", width: 1.4, symbol: "diamond", size: 6 },
  { key: "global", name: "global", colour: "global", dash: "dash", width: 2.4, symbol: "square",
    size: 6.5 },
  { key: "regional", name: "cultural", colour: "cultural", dash: "solid", width: 2.4,
    symbol: "circle", size: 7.5 },
];

const has = (estimate) => estimate && Number.isFinite(estimate.value);
const bounded = (e) => has(e) && Number.isFinite(e.low) && Number.isFinite(e.high);

/** Data as Plotly text: its pseudo-HTML must not see tags in names. */
export const plain = (text) => String(text)
  .replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Ranges that hold every sweep of a pair, so that changing the split moves no axis. */
export function ranges(sweeps) {
  const values = [];
  for (const sweep of sweeps) {
    for (const point of sweep.points) {
      for (const { key } of SERIES) {
        if (has(point[key])) values.push(point[key].value);
        if (bounded(point[key])) values.push(point[key].low, point[key].high);
      }
    }
  }
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = Math.max(1.5, (high - low) * 0.08);
  const y = values.length ? [Math.max(0, low - pad), Math.min(101, high + pad)] : [0, 100];
  return { x: [-0.025, 1.025], y };
}

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
  const shown = points.filter((point) => has(point[series.key]));
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
export function traces(sweep, colours) {
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

/** Cursor, rings, ticks and chance level, in the order that `moveCursor` counts on. */
export function shapes(sweep, ticks, alpha, point, colours) {
  const upright = { xref: "x", yref: "paper" };
  return [
    line(alpha, alpha, 0, 1, upright, { color: colours.ink, width: 1.6 }, "above"),
    ...SERIES.map(({ key, colour }) => ring(
      point.alpha, point[key]?.value, colours[colour], key === "grp" ? 1.4 : 2)),
    ...ticks.map((tick) => line(tick.alpha, tick.alpha, 0, 1, upright, {
      color: tick.kind === "human" ? colours.human : colours.muted, width: 1,
      dash: tick.kind === "human" ? "dot" : "3px,3px",
    })),
    ...(Number.isFinite(sweep.chance) && sweep.chance > 0 ? [line(
      0, 1, sweep.chance, sweep.chance, { xref: "paper", yref: "y" },
      { color: colours.muted, width: 1.2, dash: "dot" })] : []),
  ];
}

/** The `Plotly.relayout` that moves the cursor and, where it changed, the rings. */
export function moveCursor(alpha, point) {
  const change = {
    [`shapes[${CURSOR}].x0`]: alpha,
    [`shapes[${CURSOR}].x1`]: alpha,
  };
  if (point) {
    SERIES.forEach(({ key }, i) => {
      const value = point[key]?.value;
      change[`shapes[${RINGS + i}].xanchor`] = point.alpha;
      change[`shapes[${RINGS + i}].yanchor`] = Number.isFinite(value) ? value : 0;
      change[`shapes[${RINGS + i}].visible`] = Number.isFinite(value);
    });
  }
  return change;
}

/** Height of a curve at `x`: only to place its label, never shown as a number. */
function heightAt(points, key, x) {
  const shown = points.filter((point) => has(point[key]));
  if (!shown.length) return NaN;
  const after = shown.findIndex((point) => point.alpha >= x);
  if (after === -1) return shown.at(-1)[key].value;
  if (after === 0) return shown[0][key].value;
  const [a, b] = [shown[after - 1], shown[after]];
  const t = (x - a.alpha) / (b.alpha - a.alpha);
  return a[key].value + t * (b[key].value - a[key].value);
}

/** Labels at the line ends, over the ticks, at chance: placed for what is in view at this size. */
export function labels(sweep, ticks, { x, y }, size, colours) {
  const room = margin(size);
  const width = Math.max(40, size.width - room.l - room.r);
  const height = Math.max(40, size.height - room.t - room.b);
  const toX = (value) => ((value - x[0]) / (x[1] - x[0])) * width;
  const toY = (value) => ((y[1] - value) / (y[1] - y[0])) * height;
  const base = { showarrow: false, borderpad: 0 };
  const note = (text, where, colour, size_ = 12) => ({
    ...base, ...where, text, font: { size: size_, color: colour },
  });

  const ends = SERIES.map((series) => ({
    ...series, at: toY(heightAt(sweep.points, series.key, Math.min(1, x[1]))),
  })).filter((end) => end.at > -20 && end.at < height + 20);
  const rows = nudge(ends.map((end) => end.at), ends.map(() => 17), 0, height, 0);
  const right = Math.min(width, toX(1)) + 12;
  const made = ends.map((end, i) => note(`<b>${end.name}</b>`, {
    xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "middle",
    xshift: right, yshift: -rows[i],
  }, colours[`${end.colour}-text`], 13));

  const seen = ticks.filter((tick) => tick.alpha >= x[0] && tick.alpha <= x[1]);
  const columns = nudge(seen.map((tick) => toX(tick.alpha)),
    seen.map((tick) => 10 + 7 * tick.label.replace("_", "").length), -20, width + 20, 2);
  seen.forEach((tick, i) => {
    const [head, tail] = tick.label.split("_").map(plain);
    made.push({
      ...note(tail ? `${head}<sub>${tail}</sub>` : head, {
        xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "center", yanchor: "bottom",
        xshift: columns[i], yshift: 4,
      }, tick.kind === "human" ? colours["human-text"] : colours.muted),
      hovertext: plain(`α = ${alphaText(tick.alpha)}${tick.title ? `: ${tick.title}` : ""}`),
    });
  });

  const chance = sweep.chance;
  if (Number.isFinite(chance) && chance > 0 && chance > y[0] && chance < y[1]) {
    made.push(note(`chance ${chance.toFixed(1)}`, {
      xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom",
      xshift: 6, yshift: -toY(chance) + 2,
    }, colours.muted, 11));
  }
  return made;
}

/** Everything of the layout that does not move. */
export function layout(sweep, view, size, colours, font, touch) {
  const axis = {
    gridcolor: colours.hairline, linecolor: colours.rule, zeroline: false, ticks: "outside",
    ticklen: 4, tickcolor: colours.rule, tickfont: { size: 12, color: colours.muted },
    title: { font: { size: 12.5, color: colours.muted }, standoff: 8 },
  };
  const title = (text) => ({ ...axis.title, text: plain(text) });
  return {
    margin: margin(size), autosize: true, showlegend: false,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, color: colours.ink },
    hovermode: "x unified", hoverdistance: 30,
    hoverlabel: {
      bgcolor: colours.panel, bordercolor: colours.rule, font: { color: colours.ink, size: 12 },
    },
    // A finger on the plot scrolls the page; zoom by touch would trap it there.
    dragmode: touch ? false : "zoom",
    xaxis: {
      ...axis, range: [...view.x], showgrid: false, tickvals: [0, 0.2, 0.4, 0.6, 0.8, 1],
      ticktext: ["0<br>base", "0.2", "0.4", "0.6", "0.8", "1<br>tuned"], tickangle: 0,
      title: title("α, share of the tuned checkpoint"), unifiedhovertitle: { text: "α = %{x:.2f}" },
    },
    yaxis: {
      ...axis, range: [...view.y], title: title(sweep.metric || "quality, 0–100"), nticks: 7,
    },
  };
}
