// What stands where results would: while a pair loads, and where only published numbers exist.

import { h } from "./dom.js";

/** The retrieval panel's shape without content, so that nothing jumps when it arrives. */
export function skeleton() {
  const tile = (rank) => h("li", { class: "tile", "data-rank": rank },
    h("div", { class: "holder" }, h("div", { class: "frame" })), h("div", { class: "caption" }));
  const column = (key) => h("section", { class: `column is-${key}` },
    h("header", { class: "column-head" }, h("h3", {}, key), h("span", { class: "badge" }, "α"),
      h("span", { class: "model" }), h("div", { class: "found-line" })),
    h("ol", { class: "tiles" }, ...Array.from({ length: 8 }, (_, i) => tile(i + 1))));
  return h("section", { class: "panel retrieval is-empty is-loading", "aria-label": "Loading" },
    h("div", { class: "panel-head" }, h("h2", {}, "Opening the pair …")),
    h("div", { class: "columns", "aria-hidden": "true" }, ...["base", "merged", "tuned"].map(column)),
    h("p", { class: "foot" }));
}

/** For a read-only pair: what is here, what is not, and where the numbers come from. */
export function published({ pair, sweeps, split }) {
  const points = (sweeps?.[split] ?? sweeps?.test ?? sweeps?.validation)?.points ?? [];
  const alphas = points.map((point) => String(point.alpha)).join(", ");
  const link = /^https?:\/\//.test(pair.source ?? "")
    ? h("a", { href: pair.source, target: "_blank", rel: "noopener noreferrer" }, pair.source)
    : pair.source || null;
  return h("section", { class: "panel published", "aria-label": "Published numbers" },
    h("div", { class: "panel-head" }, h("h2", {}, "Published numbers only")),
    h("div", { class: "prose-box" },
      h("p", {}, `The curves show what was reported for ${pair.title}`
        + `${alphas ? `, at α = ${alphas}` : ""}. Nothing between these points was measured.`),
      h("dl", {},
        h("dt", {}, "Here"), h("dd", {}, "the reported cultural and global quality at each α"),
        h("dt", {}, "Not here"), h("dd", {}, "the checkpoints; so no retrieval, no merge, no export"),
        h("dt", {}, "Intervals"), h("dd", {}, "none were reported, so none are drawn"),
        ...(link ? [h("dt", {}, "Source"), h("dd", {}, link)] : [])),
      pair.note ? h("p", { class: "note" }, pair.note) : null));
}

/** For a family whose panel is not there yet. */
export function noPanel(family) {
  return h("section", { class: "panel published", "aria-label": "Results" },
    h("div", { class: "panel-head" }, h("h2", {}, "Curves only")),
    h("div", { class: "prose-box" }, h("p", {}, `There is no panel for the family “${family}” here `
      + "yet. Its curves are measured like any other's.")));
}

/** For a split without a measured point: how it comes to have some. */
export function notMeasured({ pair, split, sweepStatus }) {
  const running = sweepStatus?.state === "running";
  return [h("h3", {}, running ? "Being measured" : "Not measured yet"),
    h("p", {}, running
      ? "The curves appear here as soon as the first α are measured."
      : `This pair has no sweep of the ${split} split. A sweep measures cultural and `
        + "global quality at each α; it can be interrupted and goes on where it stopped."),
    ...(running ? [] : [h("code", {}, `python -m ggez sweep ${pair.id}`
      + `${split === "test" ? "" : ` --split ${split}`}`)])];
}
