// The α slider: a native range input (keyboard and screen readers come with it) in a drawn track,
// tick buttons above it, and the readout one can type into. It knows nothing of servers.

import { alphaText, h, labelNodes, nudge, perFrame, s, setText, snapAlpha } from "./dom.js";
import { syncTicks, tickWords } from "./jumps.js";

const PAGE = 0.05;
const NAME = "α, share of the tuned checkpoint";
const KEYS = {
  Home: () => 0,
  End: () => 1,
  PageUp: (alpha) => alpha + PAGE,
  PageDown: (alpha) => alpha - PAGE,
};

/** What a screen reader says for a position: "0.45, between base and SEA-tuned". */
export function valueText(alpha, pair) {
  const region = pair?.region;
  const short = region?.id?.length <= 4 ? region.id.toUpperCase() : region?.name;
  const tuned = short ? `${short}-tuned` : "tuned";
  if (alpha === 0) return `${alphaText(alpha)}, base`;
  if (alpha === 1) return `${alphaText(alpha)}, ${tuned}`;
  return `${alphaText(alpha)}, between base and ${tuned}`;
}

/**
 * @param {Object} on
 * @param {(alpha: number) => void} on.input every movement, at most once an event
 * @param {() => void} on.hold a drag begins
 * @param {() => void} on.release a movement ended (mouse, touch, keyboard, tick, typed number);
 *   may come twice for one movement
 * @param {(line: string) => void} on.problem what was typed cannot be α
 * @returns {{element, set, setPair, setTicks, setEnabled, isDragging, destroy}}
 */
export function createSlider(on) {
  let alpha = 0.5;
  let pair = null;
  let ticks = [];
  let dragging = false;
  const life = new AbortController();

  const range = h("input", {
    type: "range", min: 0, max: 1, step: 0.01, class: "range", "aria-label": NAME,
  });
  const field = h("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", class: "number",
    "aria-label": "α as a number from 0 to 1", maxlength: 12,
  });
  const leaders = s("svg", { class: "leaders", "aria-hidden": "true" });
  const tickRow = h("div", { class: "ticks", role: "group", "aria-label": "Jump to a marked α" });
  const baseEnd = h("span", { class: "end-name" });
  const tunedEnd = h("span", { class: "end-name" });
  const notches = s("svg", { class: "notches", "aria-hidden": "true" });
  for (let i = 0; i <= 20; i += 1) {
    const x = `${i * 5}%`;
    notches.append(s("line", { x1: x, x2: x, y1: 0, y2: i % 5 ? 4 : 7 }));
  }

  const rail = h("div", { class: "rail" },
    h("div", { class: "tick-area" }, leaders, tickRow),
    h("div", { class: "track-area" }, h("div", { class: "track" }), notches, range),
    h("div", { class: "ends" },
      h("span", { class: "end end-base" }, h("b", {}, "base"), " ", baseEnd),
      h("span", { class: "end end-tuned" }, h("b", {}, "tuned"), " ", tunedEnd)));
  const element = h("div", { class: "alpha", role: "group", "aria-label": "α" },
    h("div", { class: "readout" },
      h("span", { class: "readout-value" },
        h("span", { class: "readout-name", "aria-hidden": "true" }, "α"), field),
      h("span", { class: "readout-note" }, "share of the tuned checkpoint")),
    rail);

  function draw() {
    range.value = String(alpha);
    range.setAttribute("aria-valuetext", valueText(alpha, pair));
    if (document.activeElement !== field || dragging) field.value = alphaText(alpha);
    for (const button of tickRow.children) {
      button.classList.toggle("is-here", Math.abs(Number(button.dataset.alpha) - alpha) < 0.005);
    }
  }

  function move(next) {
    alpha = snapAlpha(next);
    draw();
    on.input(alpha);
  }

  function jump(next) {
    move(next);
    on.release();
  }

  range.addEventListener("input", () => move(Number(range.value)));
  range.addEventListener("change", () => on.release());
  range.addEventListener("keydown", (event) => {
    const target = KEYS[event.key];
    if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // browsers page by 0.10, we by one grid step
    jump(target(alpha));
  });
  range.addEventListener("pointerdown", () => {
    if (range.disabled) return;
    dragging = true;
    element.classList.add("is-dragging");
    on.hold();
  });
  const letGo = () => {
    if (!dragging) return;
    dragging = false;
    element.classList.remove("is-dragging");
    on.release();
  };
  // On window: a mouse may be released anywhere. A drag back to where it began fires no `change`.
  window.addEventListener("pointerup", letGo, { signal: life.signal });
  window.addEventListener("pointercancel", letGo, { signal: life.signal });
  window.addEventListener("blur", letGo, { signal: life.signal });

  function typed() {
    const text = field.value.trim().replace(",", ".");
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
    if (!(value >= 0 && value <= 1)) {
      on.problem(`“${field.value.trim()}” is not an α: type a number from 0 to 1, such as 0.45.`);
      field.value = alphaText(alpha);
      return;
    }
    field.value = alphaText(snapAlpha(value));
    if (snapAlpha(value) !== alpha) jump(value);
  }
  field.addEventListener("change", typed);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") field.value = alphaText(alpha);
    if (event.key === "Enter") field.select();
  });
  field.addEventListener("focus", () => field.select());

  // Labels need their measured widths, so they are placed after layout and after each resize.
  const place = perFrame(() => {
    const width = tickRow.clientWidth;
    if (!width || !ticks.length) return leaders.replaceChildren();
    const thumb = parseFloat(getComputedStyle(element).getPropertyValue("--thumb")) || 28;
    const buttons = [...tickRow.children];
    const at = ticks.map((tick) => thumb / 2 + tick.alpha * (width - thumb));
    const centres = nudge(at, buttons.map((b) => b.offsetWidth), 0, width, 4);
    buttons.forEach((button, i) => { button.style.left = `${centres[i]}px`; });
    const bottom = tickRow.clientHeight;
    leaders.replaceChildren(...ticks.map((tick, i) => s("polyline", {
      class: `leader is-${tick.kind}`,
      points: `${centres[i]},${bottom - 5} ${at[i]},${bottom + 2} ${at[i]},${bottom + 12}`,
    })));
    return undefined;
  });
  const observer = new ResizeObserver(place);
  observer.observe(tickRow);

  return {
    element,
    /** Show an α without telling anyone. */
    set(next) {
      alpha = snapAlpha(next);
      draw();
    },
    setPair(next) {
      pair = next;
      setText(baseEnd, next?.base?.name ?? "");
      setText(tunedEnd, next?.tuned?.name ?? "");
      draw();
    },
    /**
     * @param {{kind: string, alpha: number, label: string, title: string}[]} next
     * @param {Object} [recommendation] whose words explain them
     */
    setTicks(next, recommendation) {
      ticks = (next ?? []).filter((tick) => Number.isFinite(tick.alpha));
      syncTicks(tickRow, "tick", ticks, (tick) => tickWords(tick, recommendation), (tick) => [
        h("span", { class: "tick-label" }, ...labelNodes(tick.label)),
        h("span", { class: "tick-value" }, alphaText(tick.alpha)),
      ], jump);
      draw();
      place();
    },
    setEnabled(enabled) {
      range.disabled = !enabled;
      field.disabled = !enabled;
    },
    isDragging: () => dragging,
    destroy() {
      life.abort();
      observer.disconnect();
      place.cancel();
    },
  };
}
