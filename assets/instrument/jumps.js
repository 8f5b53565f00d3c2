// The ticks' names over the curves, as buttons: one click, or Enter, takes α there. Placed by the
// figure, so that they stand where a printed figure has its labels.

import { alphaText, h, labelNodes } from "./dom.js";

const KEYS = { grp: "alpha_grp", 98: "alpha_98", kof: "alpha_kof", human: "alpha_human",
  maximin: "alpha_maximin" };

/** What a tick is, and what it brings in the words of the recommendation where it has some. */
export function tickWords(tick, recommendation) {
  const said = `${tick.label.replace("_", " ")} = ${alphaText(tick.alpha)}`;
  const words = recommendation?.[KEYS[tick.kind]]?.words;
  return [tick.title ? `${said}, ${tick.title}` : said, words].filter(Boolean).join(". ");
}

/** Dress a button as a tick; the same button serves again when its tick moves. */
export function dressTick(button, tick, words) {
  button.className = `${button.dataset.role} is-${tick.kind}`;
  button.dataset.alpha = tick.alpha;
  button.dataset.tip = words;
  button.setAttribute("aria-label", `go to ${words}`);
}

/**
 * Buttons for a list of ticks, reused in place so that focus and hover survive a moving tick.
 * @param {HTMLElement} row
 * @param {string} role their class
 * @param {(tick: Object) => Array} content
 * @param {(alpha: number) => void} pick
 */
export function syncTicks(row, role, ticks, wordsOf, content, pick) {
  while (row.children.length > ticks.length) row.lastChild.remove();
  while (row.children.length < ticks.length) {
    const button = h("button", { type: "button", "data-role": role });
    button.addEventListener("click", () => pick(Number(button.dataset.alpha)));
    row.append(button);
  }
  ticks.forEach((tick, i) => {
    const button = row.children[i];
    dressTick(button, tick, wordsOf(tick));
    const shown = `${tick.label} ${tick.alpha}`;
    if (button.dataset.shown === shown) return;
    button.dataset.shown = shown;
    button.replaceChildren(...content(tick));
  });
}

/** @param {(alpha: number) => void} pick */
export function createJumps(pick) {
  const element = h("div", { class: "jumps", role: "group", "aria-label": "Jump to a marked α" });
  return {
    element,
    /** @param {{tick: Object, x: number}[]} places px from the left edge of the figure */
    place(places, recommendation) {
      syncTicks(element, "jump", places.map(({ tick }) => tick),
        (tick) => tickWords(tick, recommendation), (tick) => labelNodes(tick.label), pick);
      places.forEach(({ x }, i) => { element.children[i].style.left = `${x}px`; });
    },
  };
}
