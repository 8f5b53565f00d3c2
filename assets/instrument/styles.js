// The stylesheet, in case the host did not bring it.

import { h } from "./dom.js";

/**
 * The host may have brought the stylesheet; otherwise it comes from beside this file.
 * @param {HTMLElement} root
 * @returns {Promise} once colours can be read
 */
export function ensureStyles(root) {
  if (getComputedStyle(root).getPropertyValue("--thumb")) return Promise.resolve();
  const href = new URL("./instrument.css", import.meta.url).href;
  const link = h("link", { rel: "stylesheet", href });
  root.style.visibility = "hidden"; // unstyled pictures at full size would flash
  document.head.append(link);
  return new Promise((resolve) => {
    const reveal = () => {
      root.style.visibility = "";
      resolve();
    };
    link.addEventListener("load", reveal);
    link.addEventListener("error", reveal);
  });
}
