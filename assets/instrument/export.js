// The export menu, and how a drawing becomes a file. Everything is made here and saved from memory:
// no request leaves the page.

import { h, s } from "./dom.js";

const STYLED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
  "stroke-linejoin", "opacity", "visibility", "font-family", "font-size", "font-weight",
  "font-variant-numeric", "text-anchor"];

const MARGIN = 14; // px

/** A file name that says what is in the file. */
export const fileName = (pair, split, view, ending) => (
  `${[pair, split, view].join("-").replace(/[^\p{L}\p{N}._-]+/gu, "-")}.${ending}`);

export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * A drawing on its own: colours and type written into it, on the panel's ground, with a margin.
 * @returns {{text: string, width: number, height: number}}
 */
export function standalone(svg, ground) {
  const copy = svg.cloneNode(true);
  const from = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((node, i) => {
    const style = getComputedStyle(from[i]);
    for (const key of STYLED) {
      const value = style.getPropertyValue(key);
      if (value && value !== "normal") node.setAttribute(key, value.replace(/"/g, "'"));
    }
    for (const name of ["class", "tabindex", "role"]) node.removeAttribute(name);
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const [width, height] = ["width", "height"].map((key) => Number(svg.getAttribute(key)) + 2 * MARGIN);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("viewBox", `${-MARGIN} ${-MARGIN} ${width} ${height}`);
  copy.prepend(s("rect", { x: -MARGIN, y: -MARGIN, width, height, fill: ground }));
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

/** An SVG text as a PNG of twice its size. */
export async function rasterised({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = h("canvas", { width: width * 2, height: height * 2 });
  canvas.getContext("2d").drawImage(image, 0, 0, width * 2, height * 2);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

/** A data URL as a Blob, without a fetch. */
export function blobOf(url) {
  const [head, body] = [url.slice(5, url.indexOf(",")), url.slice(url.indexOf(",") + 1)];
  const type = head.split(";")[0];
  if (!head.endsWith("base64")) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))], { type });
}

const ITEMS = [["csv", "CSV, every number"], ["svg", "SVG, to edit"], ["png", "PNG, to show"]];

/**
 * A button with a menu of file types.
 * @param {(type: string) => void} pick
 * @returns {{element, setPictures: (can: boolean) => void, setEnabled, destroy}}
 */
export function createExport(pick) {
  const life = new AbortController();
  const icon = s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" },
    s("path", { d: "M8 1.5v8M4.8 6.6 8 9.8l3.2-3.2M2.5 11v2.5h11V11" }));
  const button = h("button", { type: "button", class: "quiet export-button", "aria-haspopup": "menu",
    "aria-expanded": "false", "aria-label": "Export this view", "data-tip": "Export this view" }, icon);
  const items = ITEMS.map(([type, text]) => h("button", {
    type: "button", role: "menuitem", tabindex: -1, "data-type": type, onclick: () => {
      toggle(false);
      pick(type);
    },
  }, text));
  const menu = h("div", { class: "menu", role: "menu", "aria-label": "Export this view" }, ...items);
  const element = h("div", { class: "export" }, button, menu);
  const usable = () => items.filter((item) => !item.disabled);

  function toggle(open, focus = true) {
    if (open === menu.classList.contains("is-open")) return;
    menu.classList.toggle("is-open", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) usable()[0].focus();
    else if (focus) button.focus();
  }

  button.addEventListener("click", () => toggle(!menu.classList.contains("is-open")));
  element.addEventListener("keydown", (event) => {
    const open = menu.classList.contains("is-open");
    if (event.key === "Escape" && open) toggle(false);
    else if (event.key === "Tab") toggle(false, false);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return toggle(true);
      const all = usable();
      const step = event.key === "ArrowDown" ? 1 : -1;
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    }
    return undefined;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!element.contains(event.target)) toggle(false, false);
  }, { signal: life.signal });

  return {
    element,
    /** A table has no picture. */
    setPictures(can) {
      for (const item of items) item.disabled = item.dataset.type !== "csv" && !can;
    },
    setEnabled(enabled) {
      button.disabled = !enabled;
    },
    destroy: () => life.abort(),
  };
}
