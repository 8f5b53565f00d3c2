// One small curve for each country of the region, with what the α in hand costs that country
// against its own best. Each has its own height but all have one scale, so that equal losses look
// equal. Drawn by hand: eleven of them must follow a drag.

import { alphaText, h, perFrame, s, segments, setText } from "./dom.js";
import { bounded, countriesOf, known, MIN_ITEMS, pointAt, regretOf } from "./measured.js";

const HEAD = 18;     // name, value and loss
const UNDER = 7;     // between two rows
const AXIS = 15;     // 0, α and 1 under the last of each column
const GAP = 14;
const LEAST = 70;    // lower than this no curve can be read: the box scrolls instead
const GRID = 10;     // points between two lines
const NUMBERS = 74;  // px that value and loss take beside the name

const lostText = ({ lost }) => (lost < 0.05 ? "best" : `−${lost.toFixed(1)}`);
const digits = (value) => Math.round(value * 10) / 10;
const drawn = (e) => known(e) && e.n >= MIN_ITEMS && bounded(e);

/** Half of the points a cell holds: all values, and the intervals of all but the widest few. */
export function halfSpan(extents) {
  const values = Math.max(...extents.map(({ value }) => value));
  const bands = extents.map(({ band }) => band).sort((a, b) => a - b);
  return Math.max(2, values, bands[Math.floor((bands.length - 1) * 0.9)]) * 1.06;
}

/** The middle of a country's values, and how far from it values and intervals reach. */
export function extentOf(sweep, code) {
  const found = sweep.points.map((point) => point.countries?.[code]).filter(known);
  const values = found.map((e) => e.value);
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  const far = (all) => Math.max(0, ...all.map((value) => Math.abs(value - middle)));
  return { middle, value: far(values), band: far(found.filter(drawn).flatMap((e) => [e.low, e.high])) };
}

/**
 * @param {Object} on
 * @param {(alpha: number) => void} on.pick
 */
export function createCountries(on) {
  let now = null;
  let point = null;
  let alpha = 0.5;
  let codes = [];
  let cells = [];
  let order = "regret";
  let geometry = null;
  const sort = segments("Order of the countries", { regret: "by loss", name: "by name" }, (key) => {
    order = key;
    sort.set(key);
    arrange();
  });
  sort.set(order);
  const svg = s("svg", { class: "multiples", role: "group", "aria-label": "Countries" });
  const scroll = h("div", { class: "multiples-box" }, svg);
  const lead = h("span", { class: "multiples-lead" }, 
    "Points lost at this α against each country’s own best. Lines are ten points apart.");
  const element = h("div", { class: "countries" },
    h("div", { class: "multiples-head" }, lead, sort.element), scroll);

  function cell(code) {
    const name = now.nameOf(code);
    const shown = now.sweep.points.filter((p) => known(p.countries?.[code]));
    const many = shown.some((p) => p.countries[code].n >= MIN_ITEMS);
    const parts = {
      code, name, many, shown,
      ground: s("rect", { class: "cell-ground", rx: 4 }),
      title: s("title", {}, name),
      label: s("text", { class: "cell-name", y: 12 }),
      written: s("tspan", {}, name),
      value: s("tspan", { class: "cell-value", dx: 6 }),
      lost: s("text", { class: "cell-lost", y: 12, "text-anchor": "end" }),
      grid: s("g", { class: "cell-grid" }),
      band: s("path", { class: "cell-band" }),
      curve: s("path", { class: "cell-curve" }),
      dots: s("path", { class: "cell-dots" }),
      best: s("path", { class: "cell-best" }),
      cursor: s("line", { class: "cell-cursor" }),
      here: s("circle", { class: "cell-here", r: 4 }),
    };
    parts.label.append(parts.written, parts.value);
    parts.element = s("g", { class: "cell", tabindex: 0, role: "button", "data-code": code },
      parts.ground, parts.grid, parts.band, parts.curve, parts.dots, parts.best, parts.cursor,
      parts.here, parts.label, parts.lost, parts.title);
    parts.element.addEventListener("click", (event) => {
      const box = parts.ground.getBoundingClientRect();
      const at = (event.clientX - box.left) / box.width;
      on.pick(pointAt(now.sweep, Math.min(1, Math.max(0, at))).alpha);
    });
    parts.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const regret = regretOf(now.sweep, code, point);
      if (regret) on.pick(regret.at);
    });
    return parts;
  }

  /** Sizes from the box; then every curve. Nothing here depends on α. */
  const layout = perFrame(() => {
    const [width, height] = [scroll.clientWidth, scroll.clientHeight];
    if (!now || !width || !height) return;
    const columns = Math.max(1, Math.min(cells.length, width < 450 ? 2 : width < 620 ? 3 : 4));
    const rows = Math.ceil(cells.length / columns);
    const cellHeight = Math.max(LEAST, Math.floor((height - AXIS) / rows));
    const cellWidth = (width - GAP * (columns - 1)) / columns;
    const extents = new Map(codes.map((code) => [code, extentOf(now.sweep, code)]));
    geometry = { columns, cellHeight, cellWidth, extents, half: halfSpan([...extents.values()]),
      bottom: cellHeight - UNDER };
    const total = cellHeight * rows + AXIS - UNDER;
    for (const [key, value] of Object.entries({ width, height: total, viewBox: `0 0 ${width} ${total}` })) {
      svg.setAttribute(key, value);
    }
    cells.forEach(drawCell);
    arrange();
    cells.forEach(fitName);
  });

  /** A long name ends in an ellipsis before it runs into the numbers. */
  function fitName({ written, name }) {
    const room = geometry.cellWidth - NUMBERS;
    setText(written, name);
    for (let end = name.length - 1; end > 2 && written.getComputedTextLength() > room; end -= 1) {
      setText(written, `${name.slice(0, end).trimEnd()}…`);
    }
  }

  const toX = (value) => value * geometry.cellWidth;
  /** What lies beyond the cell is drawn at its edge. */
  const toY = (code, value) => {
    const { bottom, half, extents } = geometry;
    const share = (half - (value - extents.get(code).middle)) / (2 * half);
    return HEAD + Math.min(1, Math.max(0, share)) * (bottom - HEAD);
  };

  function drawCell(parts) {
    const { cellWidth, bottom, half, extents } = geometry;
    const { code, shown, many } = parts;
    const at = (p, key = "value") => (
      `${toX(p.alpha).toFixed(1)},${toY(code, p.countries[code][key]).toFixed(1)}`);
    const size = { x: 0, y: HEAD, width: cellWidth, height: bottom - HEAD };
    for (const [key, value] of Object.entries(size)) parts.ground.setAttribute(key, value);
    parts.lost.setAttribute("x", cellWidth);
    const { middle } = extents.get(code);
    const first = Math.ceil((middle - half) / GRID);
    const count = Math.floor((middle + half) / GRID) - first + 1;
    parts.grid.replaceChildren(...Array.from({ length: count }, (_, i) => {
      const y = toY(code, (first + i) * GRID);
      return s("line", { x1: 0, x2: cellWidth, y1: y, y2: y });
    }));
    const banded = shown.filter((p) => drawn(p.countries[code]));
    parts.band.setAttribute("d", banded.length > 1 ? `M${banded.map((p) => at(p, "high")).join("L")}L${
      [...banded].reverse().map((p) => at(p, "low")).join("L")}Z` : "");
    parts.curve.setAttribute("d", many ? `M${shown.map((p) => at(p)).join("L")}` : "");
    // A dot is a stroke of no length with round ends.
    parts.dots.setAttribute("d", many ? "" : shown.map((p) => `M${at(p)}h0`).join(""));
    parts.cursor.setAttribute("y1", HEAD);
    parts.cursor.setAttribute("y2", bottom);
    const regret = regretOf(now.sweep, code, shown[0]);
    const x = Math.min(cellWidth - 4, Math.max(4, toX(regret.at)));
    const y = Math.max(HEAD + 1, toY(code, regret.best) - 10);
    parts.best.setAttribute("d", `M${x - 3.5},${y}h7l-3.5,5z`);
  }

  /** Where each country stands, and the scale beside the first of each row. */
  function arrange() {
    if (!geometry) return;
    const { columns, cellHeight, cellWidth, bottom } = geometry;
    const loss = (code) => regretOf(now.sweep, code, point)?.lost ?? -1;
    const placed = [...cells].sort((a, b) => (order === "regret"
      ? digits(loss(b.code)) - digits(loss(a.code)) : 0) || a.name.localeCompare(b.name));
    const axis = [];
    placed.forEach((parts, i) => {
      const x = (i % columns) * (cellWidth + GAP);
      const y = Math.floor(i / columns) * cellHeight;
      parts.element.setAttribute("transform", `translate(${x.toFixed(1)},${y})`);
      if (i + columns < placed.length) return;
      for (const [text, share, anchor] of [["0", 0, "start"], ["α", 0.5, "middle"], ["1", 1, "end"]]) {
        axis.push(s("text", { class: "cell-axis", x: x + share * cellWidth, y: y + bottom + 11,
          "text-anchor": anchor }, text));
      }
    });
    svg.replaceChildren(s("g", { "aria-hidden": "true" }, ...axis),
      ...placed.map((parts) => parts.element)); // the order of tabbing is the order seen
    move();
  }

  function move() {
    if (!geometry || !now) return;
    for (const parts of cells) {
      const regret = regretOf(now.sweep, parts.code, point);
      const x = toX(alpha);
      parts.cursor.setAttribute("x1", x);
      parts.cursor.setAttribute("x2", x);
      parts.here.setAttribute("visibility", regret ? "inherit" : "hidden");
      setText(parts.value, regret ? regret.value.toFixed(1) : "");
      setText(parts.lost, regret ? lostText(regret) : "");
      parts.lost.classList.toggle("is-best", Boolean(regret && regret.lost < 0.05));
      if (!regret) continue;
      parts.here.setAttribute("cx", toX(point.alpha));
      parts.here.setAttribute("cy", toY(parts.code, regret.value));
    }
  }

  function describe() {
    for (const { code, name, element: node, many } of cells) {
      const regret = regretOf(now.sweep, code, point);
      node.setAttribute("aria-label", regret ? `${name}: cultural ${regret.value.toFixed(1)} at α = ${
        alphaText(point.alpha)}, ${regret.lost.toFixed(1)} points below its best, ${
        regret.best.toFixed(1)} at α = ${alphaText(regret.at)}${
        many ? "" : `; fewer than ${MIN_ITEMS} items, no interval`}` : `${name}: not measured`);
    }
  }

  const follow = perFrame(move);
  const observer = new ResizeObserver(layout);
  observer.observe(scroll);

  return {
    element,
    /** @param {{sweep: Object, nameOf: (code: string) => string}} next */
    show(next, nextAlpha, nextPoint) {
      const same = now && next.sweep.points === now.sweep.points;
      now = next;
      [alpha, point] = [nextAlpha, nextPoint];
      if (same) return;
      codes = countriesOf(now.sweep);
      cells = codes.map(cell);
      geometry = null;
      svg.replaceChildren();
      describe();
      layout();
    },
    /** Whether there is anything to show. */
    has: (sweep) => countriesOf(sweep).length > 0,
    cursor(nextAlpha, nextPoint) {
      [alpha, point] = [nextAlpha, nextPoint];
      follow();
    },
    /** A movement ended: only now may the order change. */
    settle() {
      if (!geometry || !now) return;
      describe();
      if (order === "regret") arrange();
    },
    /** The drawing, for export. */
    svg: () => svg,
    destroy() {
      observer.disconnect();
      layout.cancel();
      follow.cancel();
    },
  };
}
