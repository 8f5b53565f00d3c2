// The line under the curves: what they were measured on, how far a measurement is, and the button
// that starts or stops one.

import { h, s, setText } from "./dom.js";
import { bounded } from "./measured.js";

/** What can be done in each state of a sweep. */
const ACTIONS = { stale: "measure", cancelled: "measure", missing: "measure", running: "cancel" };

/** The line in words. */
export function statusText(state) {
  const { sweepStatus = {}, split, sweeps, pair, recommendation } = state;
  const running = sweepStatus.state === "running";
  const sweep = sweeps?.[split];
  const said = [];
  if (running && sweepStatus.total) {
    said.push(`Measuring ${sweepStatus.done} of ${sweepStatus.total} α`);
  } else if (running) said.push("Measuring");
  else if (sweepStatus.state === "stale") said.push("Out of date");
  else if (sweepStatus.state === "cancelled") said.push("Stopped; what was measured is kept");
  if (sweepStatus.message) said.push(sweepStatus.message);
  if (sweep?.points?.length && !running) {
    const bands = sweep.points.some((p) => bounded(p.regional));
    const n = sweep.points[0]?.regional?.n;
    said.push(pair.readonly
      ? `${sweep.points.length} published points, no intervals`
      : `${split} split, ${sweep.points.length} measured α${n ? `, ${n} regional items` : ""}`
        + `${bands ? ", 95 % intervals" : ""}`);
  }
  const none = recommendation?.alpha_98;
  if (none && none.alpha === null && none.reason) said.push(`no α₉₈: ${none.reason}`);
  return said.join(" · ");
}

/**
 * @param {Object} on
 * @param {() => void} [on.measure] absent where the server cannot
 * @param {() => void} [on.cancel]
 */
export function createFoot(on) {
  const bar = s("svg", { class: "progress", "aria-hidden": "true" },
    s("rect", { class: "rest", width: "100%", height: "100%" }),
    s("rect", { class: "done", width: "0", height: "100%" }));
  const status = h("span", { class: "status" });
  let action = null;
  const button = h("button", { type: "button", class: "quiet action", onclick: () => {
    button.disabled = true; // until the next status: one press, one call
    on[action]();
  } });
  const element = h("div", { class: "foot" }, bar, status, button);

  return {
    element,
    show(state) {
      const { sweepStatus = {}, sweeps, pair } = state;
      const running = sweepStatus.state === "running";
      const share = running && sweepStatus.total ? sweepStatus.done / sweepStatus.total : 0;
      bar.classList.toggle("is-on", running);
      bar.lastChild.setAttribute("width", `${share * 100}%`);
      setText(status, statusText(state));
      status.title = status.textContent;
      action = pair.readonly ? null : ACTIONS[sweepStatus.state] ?? null;
      const can = action && on[action];
      button.classList.toggle("is-on", Boolean(can));
      button.disabled = !can;
      const any = sweeps?.test || sweeps?.validation;
      setText(button, action === "cancel" ? "Cancel" : any ? "Measure again" : "Measure now");
    },
    say(text) {
      setText(status, text);
    },
    clear() {
      setText(status, "");
      button.classList.remove("is-on");
      bar.classList.remove("is-on");
    },
    /** A call failed: it may be tried again. */
    release() {
      button.disabled = false;
    },
  };
}
