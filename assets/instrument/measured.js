// Arithmetic on a sweep's measured points. Nothing here interpolates: between two measured α there
// is no number, only the nearest measured one.

import { nearest } from "./dom.js";

/** Fewer items than this make no interval worth drawing. */
export const MIN_ITEMS = 8;
/** The share of the base's global quality that α₉₈ keeps. */
export const FLOOR = 0.98;
const EQUAL = 1e-9;

/** Whether an estimate has a value, and whether it has an interval. */
export const known = (e) => Boolean(e) && Number.isFinite(e.value);
export const bounded = (e) => known(e) && Number.isFinite(e.low) && Number.isFinite(e.high);

/** The measured point nearest to α. */
export const pointAt = (sweep, alpha) => (
  sweep.points[nearest(sweep.points.map((point) => point.alpha), alpha)]);

/** Whether a point was measured at this very α. */
export const isAt = (point, alpha) => Math.abs(point.alpha - alpha) < 0.0005;

/** The measured point at this very α, or null. */
export const pointOf = (sweep, alpha) => (
  sweep.points.find((point) => isAt(point, alpha)) ?? null);

/** 98 % of the base's global quality, or NaN where the base was not measured. */
export function floorOf(sweep) {
  const base = pointOf(sweep, 0);
  return known(base?.global) ? FLOOR * base.global.value : NaN;
}

/** w·global + (1 − w)·cultural, or NaN where one of them is missing. */
export const grpOf = (point, w) => (known(point.global) && known(point.regional)
  ? w * point.global.value + (1 - w) * point.regional.value : NaN);

/** The sweep under another weight: the values follow from the points, the intervals do not. */
export function reweighed(sweep, w) {
  const points = sweep.points.map((point) => ({
    ...point,
    grp: { value: grpOf(point, w), low: null, high: null, n: point.grp?.n ?? 0 },
  }));
  return { ...sweep, global_weight: w, points };
}

/** The measured α of most GRP; of equals the smallest, since it changes the base least. */
export function bestAlpha(sweep, w) {
  let best = null;
  for (const point of sweep.points) {
    const score = grpOf(point, w);
    if (Number.isFinite(score) && (!best || score > best.score + EQUAL)) {
      best = { alpha: point.alpha, score };
    }
  }
  return best?.alpha ?? null;
}

/** α* at each of 101 weights, as the server gives it; here for where it does not. */
export const bestByWeight = (sweep) => Array.from({ length: 101 }, (_, i) => (
  { w: i / 100, alpha: bestAlpha(sweep, i / 100) })).filter(({ alpha }) => alpha !== null);

/** α* at a weight, from such a list. */
export function starAt(byWeight, w) {
  if (!byWeight.length) return null;
  return byWeight[nearest(byWeight.map((entry) => entry.w), w)].alpha;
}

/** Codes of the countries that any point measures. */
export const countriesOf = (sweep) => (
  [...new Set(sweep.points.flatMap((point) => Object.keys(point.countries ?? {})))].sort());

/**
 * What a country loses at a measured point against its own best α.
 * @returns {{best: number, at: number, value: number, lost: number}|null} null where unmeasured
 */
export function regretOf(sweep, code, point) {
  const here = point.countries?.[code];
  if (!known(here)) return null;
  let best = null;
  for (const { alpha, countries } of sweep.points) {
    const e = countries?.[code];
    if (known(e) && (!best || e.value > best.value + EQUAL)) best = { alpha, value: e.value };
  }
  return {
    best: best.value, at: best.alpha, value: here.value, lost: Math.max(0, best.value - here.value),
  };
}
