// w, the weight of global quality in GRP: a second slider, since it is a value judgement and no
// measurement. Under it, what α* becomes at each w.

import { alphaText, h, perFrame, s, setText } from "./dom.js";
import { starAt } from "./measured.js";

const SAME = 0.005;
const STAR = 60; // px that the name of the current α* takes

/** A slider's step, or exactly what KOF gives where that is the nearest step. */
export const snapWeight = (w, kof) => {
  const step = Math.round(Math.min(1, Math.max(0, w)) * 100) / 100;
  return Math.abs(step - kof) < SAME ? kof : step;
};

/** Corners of the steps of α* over w, both from 0 to 1. */
export function stepsOf(byWeight) {
  const corners = [];
  byWeight.forEach(({ w, alpha }, i) => {
    const last = byWeight[i - 1];
    if (!last) corners.push([0, alpha]);
    else if (last.alpha !== alpha) {
      const at = (last.w + w) / 2;
      corners.push([at, last.alpha], [at, alpha]);
    }
  });
  if (byWeight.length) corners.push([1, byWeight.at(-1).alpha]);
  return corners;
}

/**
 * @param {Object} on
 * @param {(w: number) => void} on.input every movement
 * @param {() => void} on.hold
 * @param {(w: number) => void} on.release
 */
export function createWeight(on) {
  let w = 0.5;
  let kof = 0.5;
  let byWeight = [];
  let dragging = false;
  const life = new AbortController();

  const range = h("input", { type: "range", min: 0, max: 1, step: 0.01, class: "w-range",
    "aria-label": "w, weight of global quality" });
  const value = h("b", {});
  const kofText = h("span", {});
  const mark = h("button", { type: "button", class: "w-kof", onclick: () => jump(kof) },
    h("span", { class: "w-kof-mark", "aria-hidden": "true" }), kofText);
  const reset = h("button", { type: "button", class: "link", onclick: () => jump(kof) }, "Reset");
  const path = s("path", { class: "steps-path" });
  const guide = s("line", { class: "steps-guide" });
  const dot = s("circle", { class: "steps-dot", r: 3.5 });
  const star = s("text", { class: "steps-star" });
  const top = s("text", { class: "steps-scale", x: -6, "text-anchor": "end" }, "α* 1");
  const bottom = s("text", { class: "steps-scale", x: -6, "text-anchor": "end" }, "0");
  const floor = s("line", { class: "steps-floor" });
  const steps = s("svg", { class: "steps", role: "img" }, floor, guide, path, dot, star, top, bottom);
  const element = h("div", { class: "weight", role: "group", "aria-label": "Weight of global quality" },
    h("div", { class: "weight-say" },
      h("p", { class: "weight-name" }, h("i", {}, "w"), value, reset),
      h("p", { class: "weight-why" }, "weight of global quality, a value judgement")),
    h("div", { class: "weight-rail" },
      h("div", { class: "w-area" }, h("div", { class: "w-track" }), mark, range), steps));

  function draw() {
    const own = Math.abs(w - kof) < SAME;
    range.value = String(w);
    range.setAttribute("aria-valuetext", `${alphaText(w)}${own ? ", as KOF gives it" : ""}`);
    setText(value, alphaText(w));
    mark.classList.toggle("is-here", own);
    reset.classList.toggle("is-on", !own);
    const share = { w, alpha: starAt(byWeight, w) };
    const { clientWidth: width, clientHeight: height } = steps;
    if (!width || share.alpha === null) return;
    const [x, y] = [w * width, place(share.alpha, height)];
    for (const [key, at] of Object.entries({ x1: x, x2: x, y1: -4, y2: height - 1 })) {
      guide.setAttribute(key, at);
    }
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    setText(star, `α* ${alphaText(share.alpha)}`);
    // Steps go down to the right: above right and below left of the dot is free of them.
    const above = y >= 10 && x < width - STAR;
    const left = !above && x > STAR;
    star.setAttribute("x", x + (left ? -8 : 8));
    star.setAttribute("text-anchor", left ? "end" : "start");
    star.setAttribute("y", above || y > height - 14 ? y - 5 : y + 14);
    steps.setAttribute("aria-label",
      `α* is ${alphaText(share.alpha)} at w = ${alphaText(w)}; steps of α* over w from ${
        alphaText(byWeight[0].alpha)} at 0 to ${alphaText(byWeight.at(-1).alpha)} at 1`);
  }

  const place = (alpha, height) => 5 + (1 - alpha) * (height - 10);

  const layout = perFrame(() => {
    const { clientWidth: width, clientHeight: height } = steps;
    if (!width) return;
    path.setAttribute("d", byWeight.length ? `M${stepsOf(byWeight)
      .map(([at, alpha]) => `${(at * width).toFixed(1)},${place(alpha, height).toFixed(1)}`).join("L")}` : "");
    const line = { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 };
    for (const [key, at] of Object.entries(line)) {
      floor.setAttribute(key, at);
    }
    top.setAttribute("y", 9);
    bottom.setAttribute("y", height - 1);
    mark.style.setProperty("--kof", kof);
    draw();
  });
  const observer = new ResizeObserver(layout);
  observer.observe(steps);

  function move(next) {
    w = next;
    draw();
    on.input(w);
  }
  function jump(next) {
    move(next);
    on.release(w);
  }
  range.addEventListener("input", () => move(snapWeight(Number(range.value), kof)));
  range.addEventListener("change", () => on.release(w));
  range.addEventListener("pointerdown", () => {
    dragging = true;
    on.hold();
  });
  const letGo = () => {
    if (!dragging) return;
    dragging = false;
    on.release(w);
  };
  for (const type of ["pointerup", "pointercancel", "blur"]) {
    window.addEventListener(type, letGo, { signal: life.signal });
  }

  return {
    element,
    isDragging: () => dragging,
    /** @param {{w: number, kof: number, byWeight: {w: number, alpha: number}[]}} next */
    set(next) {
      ({ w, kof, byWeight } = next);
      element.classList.toggle("is-empty", !byWeight.length);
      setText(kofText, `KOF gives ${alphaText(kof)}`);
      mark.dataset.tip = `w = ${kof}: the weight of global quality by the KOF index`;
      mark.setAttribute("aria-label", `set w to ${alphaText(kof)}, as KOF gives it`);
      layout();
      draw();
    },
    show(shown) {
      element.hidden = !shown;
      if (shown) layout();
    },
    destroy() {
      life.abort();
      observer.disconnect();
      layout.cancel();
    },
  };
}
