// One tooltip for everything that carries `data-tip`: by mouse and by keyboard, never by touch,
// where the tap already acts.

import { h, setText } from "./dom.js";

const GAP = 8;

/**
 * @param {HTMLElement} root positioned; the tooltip stays within its width
 * @returns {{destroy: () => void}}
 */
export function createTip(root) {
  const life = new AbortController();
  const bubble = h("div", { class: "tip", role: "tooltip", id: "ggez-tip" });
  let owner = null;
  root.append(bubble);

  function show(target) {
    if (owner === target) return;
    hide();
    owner = target;
    setText(bubble, target.dataset.tip);
    target.setAttribute("aria-describedby", bubble.id);
    bubble.classList.add("is-on");
    const [own, all, size] = [target, root, bubble].map((node) => node.getBoundingClientRect());
    const centre = own.left + own.width / 2 - all.left;
    const x = Math.max(GAP, Math.min(all.width - size.width - GAP, centre - size.width / 2));
    const above = own.top - size.height - GAP;
    const y = above > GAP ? above : own.bottom + GAP;
    bubble.style.transform = `translate(${Math.round(x)}px, ${Math.round(y - all.top)}px)`;
  }

  function hide() {
    owner?.removeAttribute("aria-describedby");
    owner = null;
    bubble.classList.remove("is-on");
  }

  const on = (type, work) => root.addEventListener(type, work, { signal: life.signal });
  const tipped = (event) => event.target.closest?.("[data-tip]");
  on("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const target = tipped(event);
    if (target?.dataset.tip) show(target);
    else if (owner && owner !== document.activeElement) hide();
  });
  on("pointerleave", hide);
  on("pointerdown", hide);
  on("focusin", (event) => {
    const target = tipped(event);
    if (target?.dataset.tip && target.matches(":focus-visible")) show(target);
  });
  on("focusout", hide);
  on("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  return { destroy: () => life.abort() };
}
