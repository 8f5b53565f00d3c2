// What the α in hand gained and what it cost, in words: one line of numbers and one sentence.

import { alphaText, h, setText } from "./dom.js";
import { bounded, isAt, known, pointAt, pointOf } from "./measured.js";

const minus = (text) => text.replace("-", "−");
const number = (value) => minus(value.toFixed(1));
export const signed = (value) => `${value < 0 ? "" : "+"}${number(value)}`;
const range = (low, high) => ` (${number(low)} to ${number(high)})`;

/** The part about gain: words before the number, the number, words after it, and what joins on. */
export function gainWords(gain) {
  if (!known(gain)) return [" has no gain to tell: the base scores nothing", "", "", "; it"];
  const value = gain.value * 100;
  const verb = value < 0 ? " loses " : " gains ";
  const size = `${number(Math.abs(value))} %`;
  if (!bounded(gain)) return [verb, size, " culturally", " and"];
  const [low, high] = [gain.low * 100, gain.high * 100];
  if (low <= 0 && high >= 0) {
    return [", no gain shown: ", `${signed(value)} %`, range(low, high), "; it"];
  }
  return [verb, size,
    ` culturally${value < 0 ? range(-high, -low) : range(low, high)}`, " and"];
}

/** The part about what is kept, in the same four pieces less the last. */
export function keepWords(retention) {
  if (!known(retention)) return [" keeps an unknown share of global quality", "", "."];
  // The lower end is cut, not rounded: 97.96 must not read as the 98 it misses.
  const interval = bounded(retention)
    ? range(Math.floor(retention.low * 1000 + 1e-6) / 10, retention.high * 100) : "";
  return [" keeps ", `${number(retention.value * 100)} %`, ` of global quality${interval}.`];
}

/**
 * The sentence in pieces, for the measured point nearest to α.
 * @returns {{point: Object, lead: string, gain: string[], keep: string[]}}
 */
export function sentenceParts(sweep, alpha, readonly = false) {
  const point = pointAt(sweep, alpha);
  const who = `α = ${alphaText(point.alpha)}`;
  const lead = isAt(point, alpha) ? who : `Nearest ${readonly ? "published" : "measured"} ${who}`;
  if (point.alpha === 0) {
    return { point, lead, gain: [" is the base: gain and loss are told against it", "", ""],
      keep: ["", "", "."] };
  }
  const gain = gainWords(point.gain);
  const keep = keepWords(point.retention);
  return { point, lead, gain: gain.slice(0, 3), keep: [gain[3] + keep[0], ...keep.slice(1)] };
}

export const sentenceText = (...given) => {
  const { lead, gain, keep } = sentenceParts(...given);
  return [lead, ...gain, ...keep].join("");
};

/** The line of numbers and the sentence: fixed elements, so that a drag only writes text. */
export function createSentence() {
  const stat = (tone, name) => {
    const value = h("b", {});
    const change = h("span", { class: "change" });
    const item = h("span", { class: `stat is-${tone}` },
      h("span", { class: "stat-name" }, name, " "), value, " ", change);
    return { item, value, change };
  };
  const stats = {
    regional: stat("cultural", "cultural"), global: stat("global", "global"), grp: stat("grp", "GRP"),
  };
  const against = h("span", { class: "against" }, "against base");
  const pieces = (tone) => [h("span", {}), h("b", { class: `is-${tone}` }), h("span", {})];
  const lead = h("span", { class: "lead" });
  const gain = pieces("cultural");
  const keep = pieces("global");
  const words = h("span", { class: "words" }, lead, ...gain, ...keep);
  const element = h("p", { class: "sentence is-empty" },
    h("span", { class: "stats", title: "small: points against base" },
      ...Object.values(stats).flatMap(({ item }) => [item, " "]),
      against), " ", words);

  return {
    element,
    /** @returns {Object} the point it speaks of */
    show(sweep, alpha, readonly) {
      const said = sentenceParts(sweep, alpha, readonly);
      const base = pointOf(sweep, 0);
      setText(lead, said.lead);
      said.gain.forEach((text, i) => setText(gain[i], text));
      said.keep.forEach((text, i) => setText(keep[i], text));
      let compared = false;
      for (const [key, { item, value, change }] of Object.entries(stats)) {
        const here = said.point[key];
        item.hidden = !known(here);
        if (item.hidden) continue;
        setText(value, number(here.value));
        const told = said.point !== base && known(base?.[key]);
        compared ||= told;
        setText(change, told ? signed(here.value - base[key].value) : "");
      }
      against.classList.toggle("is-off", !compared);
      return said.point;
    },
    /** For the live region. */
    said: () => words.textContent,
    setEmpty(empty) {
      element.classList.toggle("is-empty", empty);
    },
  };
}
