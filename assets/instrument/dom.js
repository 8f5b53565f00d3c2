// Small helpers shared by the parts of the instrument. Data only ever becomes text nodes and
// attributes here, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Build an element. Strings among the children become text nodes.
 * @param {string} tag
 * @param {Object<string, *>} [props] attributes; `onclick`-style keys become listeners; null,
 *   undefined and false are left out.
 * @param {...(Node|string|null|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same as `h` for SVG elements. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Write text only where it differs: untouched nodes cost no layout during a drag. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A row of buttons of which one is pressed.
 * @param {string} label for screen readers
 * @param {Object<string, string>} options key → text
 * @param {(key: string) => void} pick
 * @returns {{element: HTMLElement, buttons: Object<string, HTMLElement>, set: (key: string) => void}}
 */
export function segments(label, options, pick) {
  const buttons = Object.fromEntries(Object.entries(options).map(([key, text]) => [key, h("button", {
    type: "button", "data-key": key, "aria-pressed": "false", onclick: () => pick(key),
  }, text)]));
  return {
    element: h("div", { class: "segments", role: "group", "aria-label": label },
      ...Object.values(buttons)),
    buttons,
    set(key) {
      for (const [own, button] of Object.entries(buttons)) {
        button.setAttribute("aria-pressed", String(own === key));
      }
    },
  };
}

/** α with two digits, the way it is shown everywhere. */
export const alphaText = (alpha) => alpha.toFixed(2);

/** Clamp to 0..1 and to the slider's step of 0.01. */
export const snapAlpha = (alpha) => Math.round(Math.min(1, Math.max(0, alpha)) * 100) / 100;

/** Index of the entry of `values` that lies nearest to `alpha`. */
export function nearest(values, alpha) {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) {
    if (Math.abs(values[i] - alpha) < Math.abs(values[best] - alpha) - 1e-9) best = i;
  }
  return best;
}

/** Call `work` at most once a frame; the latest call wins. */
export function perFrame(work) {
  let handle = 0;
  const run = () => {
    if (!handle) {
      handle = requestAnimationFrame(() => {
        handle = 0;
        work();
      });
    }
  };
  run.cancel = () => {
    cancelAnimationFrame(handle);
    handle = 0;
  };
  return run;
}

/**
 * Move labels apart as little as possible (least squares, by pooling neighbours that collide).
 * @param {number[]} centres wanted centres, in pixels, any order
 * @param {number[]} widths of the labels
 * @param {number} low @param {number} high the labels stay between these
 * @param {number} gap between two labels
 * @returns {number[]} centres in the order given
 */
export function nudge(centres, widths, low, high, gap) {
  const order = centres.map((_, i) => i).sort((a, b) => centres[a] - centres[b] || a - b);
  const offsets = [];
  order.forEach((i, rank) => {
    const before = order[rank - 1];
    offsets.push(rank ? offsets[rank - 1] + (widths[before] + widths[i]) / 2 + gap : 0);
  });
  const pools = [];
  order.forEach((i, rank) => {
    pools.push({ sum: centres[i] - offsets[rank], size: 1 });
    while (pools.length > 1) {
      const [a, b] = pools.slice(-2);
      if (a.sum / a.size <= b.sum / b.size) break;
      pools.splice(-2, 2, { sum: a.sum + b.sum, size: a.size + b.size });
    }
  });
  const result = new Array(centres.length);
  const last = order.length - 1;
  const floor = low + widths[order[0]] / 2;
  const ceiling = high - widths[order[last]] / 2 - offsets[last];
  let rank = 0;
  for (const pool of pools) {
    const start = Math.max(floor, Math.min(ceiling, pool.sum / pool.size));
    for (let k = 0; k < pool.size; k += 1, rank += 1) result[order[rank]] = start + offsets[rank];
  }
  return result;
}

/** "α_KOF" as α with a subscript; any other label as it is. */
export function labelNodes(label) {
  const [head, tail] = label.split("_");
  return tail ? [head, h("sub", {}, tail)] : [label];
}

// ISO 639-3 (the project's codes) to what browsers' fonts and screen readers know.
const SHORT = {
  tha: "th", lao: "lo", khm: "km", mya: "my", vie: "vi", ind: "id", msa: "ms", zsm: "ms",
  tgl: "tl", tam: "ta", zho: "zh", cmn: "zh", jav: "jv", sun: "su", eng: "en", jpn: "ja",
  kor: "ko", hin: "hi", ben: "bn", urd: "ur", ara: "ar", fas: "fa", tur: "tr", rus: "ru",
  ell: "el", heb: "he", spa: "es", por: "pt", fra: "fr", deu: "de", ita: "it", swa: "sw",
  amh: "am", uzb: "uz", kaz: "kk", nep: "ne", sin: "si",
};
const SCRIPTS = [
  ["th", /\p{Script=Thai}/u], ["lo", /\p{Script=Lao}/u], ["km", /\p{Script=Khmer}/u],
  ["my", /\p{Script=Myanmar}/u], ["ta", /\p{Script=Tamil}/u], ["ja", /[\u3040-\u30ff]/u],
  ["ko", /\p{Script=Hangul}/u], ["zh", /\p{Script=Han}/u], ["ar", /\p{Script=Arabic}/u],
  ["he", /\p{Script=Hebrew}/u], ["el", /\p{Script=Greek}/u], ["hi", /\p{Script=Devanagari}/u],
  ["vi", /[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/iu],
];

/**
 * The `lang` attribute of a text: its declared language, else what its script gives away.
 * @param {string} text
 * @param {string} [lang] ISO 639-3
 * @returns {string|null}
 */
export function langOf(text, lang) {
  if (lang) return SHORT[lang] ?? lang;
  const found = SCRIPTS.find(([, script]) => script.test(text));
  return found ? found[0] : null;
}

/** Write a text in its own language, with `lang` and `dir`. */
export function setLocal(node, text, lang) {
  setText(node, text);
  const tag = langOf(text, lang);
  if (tag) node.setAttribute("lang", tag);
  else node.removeAttribute("lang");
  node.setAttribute("dir", "auto");
}

/** "dark" or "light" for `element`: the nearest `data-theme`, else Gradio's `body.dark`. */
export function schemeOf(element) {
  const own = element.closest("[data-theme]")?.dataset.theme;
  if (own === "dark" || own === "light") return own;
  return document.body.classList.contains("dark") ? "dark" : "light";
}
