// Plotly is 5 MB: it comes after everything else is usable, once a page, from the host's own copy.

import { h } from "./dom.js";

let loading = null;

/**
 * @param {string} url where the host serves plotly.min.js
 * @returns {Promise<Object>} `window.Plotly`
 */
export function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = h("script", { src: url, async: true });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      script.remove();
      reject(new Error(`The plotting library did not load from ${url}.`));
    });
    document.head.append(script);
  });
  return loading;
}
