// What follows from w, the weight of global quality, and when the server is asked: while w is
// dragged everything is reckoned here from measured points; a release asks once for the intervals.

import { bestByWeight, starAt } from "./measured.js";
import { createExact } from "./session.js";

const SAME = 1e-9;

/**
 * @param {Object} on
 * @param {Object|null} on.server with `weigh`, or null where there is none
 * @param {() => Object} on.state the state that is shown
 * @param {() => boolean} on.busy w is being dragged
 * @param {(w: number, ticks: Object[]) => void} on.show values under another weight
 * @param {(changes: Object) => void} on.settle the server's answer for it
 * @param {(line: string) => void} on.problem
 */
export function createWeighing(on) {
  let kof = 0.5;       // what KOF gives: the state's own weight when the pair was opened
  let w = 0.5;         // what is shown
  let settled = 0.5;   // what the state was computed with
  let byWeight = [];
  let from = null;     // what byWeight was made of

  const ask = createExact((request) => on.server.weigh(request), (reply) => {
    if (reply.error) {
      on.problem(reply.error);
      return;
    }
    settled = w;
    const { sweeps, ticks, recommendation } = reply;
    on.settle({ sweeps, ticks, ...(recommendation === undefined ? {} : { recommendation }) });
  }, () => {});

  /** α* at each w, as the server has it; else from the sweep on which it is chosen. */
  function steps() {
    const { alphaByWeight, sweeps } = on.state();
    const sweep = sweeps?.validation ?? sweeps?.test;
    const source = alphaByWeight?.length ? alphaByWeight : sweep;
    if (source !== from) {
      from = source;
      byWeight = alphaByWeight?.length ? alphaByWeight : sweep ? bestByWeight(sweep) : [];
    }
    return byWeight;
  }

  const own = () => Math.abs(w - settled) > SAME;

  /** The ticks that hang on w, where they will be: α* and 1 − w. */
  function show() {
    const star = starAt(steps(), w);
    const moved = { grp: star, kof: Math.round((1 - w) * 100) / 100 };
    on.show(w, (on.state().ticks ?? []).map((tick) => ({
      ...tick, alpha: moved[tick.kind] ?? tick.alpha })));
  }

  return {
    /** A pair's state: its weight is KOF's until someone thinks otherwise. */
    begin(state) {
      ask.drop();
      kof = w = settled = Number.isFinite(state.globalWeight) ? state.globalWeight : 0.5;
    },
    /** What the slider shows. A published pair needs no server: it has no intervals to ask for. */
    now() {
      const { pair } = on.state();
      return { w, kof, byWeight: steps(), canWeigh: Boolean(on.server || pair?.readonly) };
    },
    /** Whether w is the user's and no longer KOF's. */
    isOwn: () => Math.abs(w - kof) > SAME,
    input(next) {
      ask.drop();
      w = next;
      show();
    },
    /** A state was shown that was computed under another weight. */
    renew() {
      if (own()) show();
    },
    hold: () => ask.hold(),
    release(next) {
      const { pair } = on.state();
      if (on.busy() || !pair) return;
      w = next;
      if (!own()) on.settle({}); // back where it was: the intervals are at hand
      else if (on.server && !pair.readonly && ask.pending()?.w !== w) ask.ask({ pair: pair.id, w });
    },
    /** The sweeps changed under a weight of the user's. */
    again() {
      const { pair } = on.state();
      if (on.server && pair && !on.busy()) ask.ask({ pair: pair.id, w }, true);
    },
    drop: () => ask.drop(),
  };
}
