// What is asked of the server, and when. Nothing here touches the page.

/** Where a value changes in one place and everyone hears of it. */
export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(patch) {
      value = { ...value, ...patch };
      for (const listener of listeners) listener(value);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Call a server function; a thrown error becomes the `{error}` that replies carry anyway. */
export async function call(work, request) {
  try {
    return (await work(request)) ?? { error: "The server gave no answer. Try again." };
  } catch (problem) {
    return { error: `The server did not answer (${problem?.message ?? problem}). Try again.` };
  }
}

/**
 * The one call that follows a release. Requests within `delay` ms become one; each carries
 * an increasing `seq`; a reply is only delivered while it is the awaited one.
 * @param {(request: Object) => Promise<Object>} work `server.exact`, or another such call
 * @param {(reply: Object, current: () => boolean) => void} deliver `current()` still tells later
 *   whether anything has overtaken this reply
 * @param {(waiting: boolean) => void} onWaiting
 * @param {number} [delay] ms
 */
export function createExact(work, deliver, onWaiting, delay = 150) {
  let seq = 0;
  let awaited = 0;
  let asked = null;
  let timer = 0;

  async function send(request) {
    timer = 0;
    seq += 1;
    const mine = seq;
    awaited = mine;
    const current = () => awaited === mine;
    const reply = await call(work, { ...request, seq: mine });
    const late = reply.seq !== undefined && reply.seq !== mine;
    if (!current()) return;
    if (!late) await deliver(reply, current);
    if (current()) {
      awaited = 0;
      asked = null;
      onWaiting(false);
    }
  }

  return {
    /** Ask after the debounce, `soon` without it. */
    ask(request, soon = false) {
      clearTimeout(timer);
      awaited = 0;
      asked = request;
      onWaiting(true);
      timer = setTimeout(send, soon ? 0 : delay, request);
    },
    /** A drag begins: nothing may be sent, but a reply under way is still welcome. */
    hold() {
      if (timer) {
        clearTimeout(timer);
        timer = 0;
        asked = null;
        onWaiting(false);
      }
    },
    /** What was asked no longer fits what is shown. */
    drop() {
      clearTimeout(timer);
      timer = 0;
      awaited = 0;
      if (asked) onWaiting(false);
      asked = null;
    },
    /** The request that is being asked, or null. */
    pending: () => asked,
  };
}

/**
 * Ask `work` every `period` ms while `wanted()`; skip while `busy()`.
 * @returns {{wake: () => void, stop: () => void}}
 */
export function createPoll(work, wanted, busy, period = 2000) {
  let timer = 0;
  let stopped = false;
  async function tick() {
    timer = 0;
    if (!busy() && wanted()) await work();
    if (!stopped) wake();
  }
  function wake() {
    if (!timer && !stopped && wanted()) timer = setTimeout(tick, period);
  }
  return {
    wake,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Read α, query, pair and view from an address; what is wrong is told and left out.
 * @param {string} search `location.search`
 * @param {string[]} pairs known ids
 * @param {(query: string) => string|null} queryProblem
 * @param {string[]} views known names
 * @returns {{alpha?: number, query?: string, pair?: string, view?: string, lines: string[]}}
 */
export function readAddress(search, pairs, queryProblem, views) {
  const params = new URLSearchParams(search);
  const found = { lines: [] };
  const alpha = params.get("alpha");
  if (alpha !== null) {
    const value = alpha.trim() === "" ? NaN : Number(alpha);
    if (!Number.isFinite(value)) {
      found.lines.push(`The address asks for α = “${alpha.slice(0, 20)}”, which is no number.`);
    } else {
      found.alpha = Math.round(Math.min(1, Math.max(0, value)) * 100) / 100;
      if (value < 0 || value > 1) {
        found.lines.push(`The address asks for α = ${value}; α runs from 0 to 1.`);
      }
    }
  }
  const query = params.get("q")?.trim();
  if (query) {
    if (queryProblem(query)) found.lines.push("The query in the address is too long.");
    else found.query = query;
  }
  const pair = params.get("pair");
  if (pair !== null) {
    if (pairs.includes(pair)) found.pair = pair;
    else found.lines.push(`The address asks for the pair “${pair.slice(0, 40)}”, unknown here.`);
  }
  const view = params.get("view");
  if (view !== null) {
    if (views.includes(view)) found.view = view;
    else found.lines.push(`The address asks for the view “${view.slice(0, 40)}”, unknown here.`);
  }
  return found;
}

/** Put α, query, pair and view into the address, leaving everything else in it alone. */
export function writeAddress({ pair, alpha, query, view }) {
  const url = new URL(window.location.href);
  if (pair) url.searchParams.set("pair", pair);
  url.searchParams.set("alpha", String(alpha));
  if (query) url.searchParams.set("q", query);
  else url.searchParams.delete("q");
  if (view && view !== "curves") url.searchParams.set("view", view);
  else url.searchParams.delete("view");
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
}
