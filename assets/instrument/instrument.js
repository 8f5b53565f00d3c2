// The instrument: one α over a pair of checkpoints, its retrieval results and its curves. This
// file lays the parts out and decides what happens when; each part draws itself.
//
// A drag calls no server: it shows what was measured or prepared for the nearest grid α. A
// release asks once for the exact α. See panel.md for what a panel is.

import { createCurves, VIEWS } from "./curves.js";
import { alphaText, h, nearest, perFrame, setText, snapAlpha } from "./dom.js";
import { noPanel, published, skeleton } from "./empty.js";
import { createPrompt, queryProblem } from "./prompt.js";
import {
  call, createExact, createPoll, createStore, readAddress, writeAddress,
} from "./session.js";
import { createSlider } from "./slider.js";
import { ensureStyles } from "./styles.js";
import { createTip } from "./tip.js";
import { createWeighing } from "./weighing.js";

// The panel of each family. To add one is to add its file: it is loaded when a pair needs it.
const PANELS = { embedding: "./retrieval.js", diffusion: "./generation.js", vlm: "./answers.js" };

/**
 * Show the instrument in `element`.
 * @param {HTMLElement} element emptied, and given back empty by `destroy()`
 * @param {Object} state plain JSON: plotlyUrl, pairs, pair, grid, globalWeight, sweeps,
 *   sweepStatus, ticks, recommendation, alphaByWeight, examples, pictures, preview, initial, split
 *   (docs: panel.md)
 * @param {Object} server async `preview`, `exact`, `open`, `status`, and where it has them `weigh`,
 *   `measure`, `cancel`; each may answer `{error}`
 * @returns {{destroy: () => void}}
 */
export function mount(element, state, server) {
  const life = new AbortController();
  let panel = null;
  let opening = false;
  let turn = 0;
  let failed = false;

  const store = createStore({
    state, split: "test", view: "curves", alpha: 0.5, frame: 10, preview: null, exact: null,
    waiting: false,
  });
  const can = (name) => typeof server?.[name] === "function";
  const prompt = createPrompt({ query: (query) => search(query), pair: (id) => open(id) });
  const slider = createSlider({
    input: moved, hold: () => exact.hold(), release: released, problem: (line) => prompt.say(line),
  });
  const live = h("p", { class: "unseen live", role: "status", "aria-live": "polite" });
  const slot = h("div", { class: "slot" });
  const root = h("div", { class: "ggez" });
  element.replaceChildren(root);
  const styled = ensureStyles(root);
  const curves = createCurves(root, {
    split(split) {
      store.set({ split });
      showCurves();
    },
    view(view) {
      store.set({ view });
      curves.setView(view);
      tellAddress();
    },
    pick(alpha) {
      slider.set(alpha);
      moved(alpha);
      released();
    },
    weight: {
      input: (w) => weighing.input(w), hold: () => weighing.hold(), release: (w) => weighing.release(w),
    },
    measure: can("measure") ? () => follow("measure") : null,
    cancel: can("cancel") ? () => follow("cancel") : null,
  }, styled);
  const tip = createTip(root);
  const weighing = createWeighing({
    server: can("weigh") ? server : null,
    state: () => store.get().state,
    busy: () => curves.isWeighing(),
    show(w, ticks) {
      curves.reweigh(w, ticks);
      slider.setTicks(ticks);
    },
    settle: takeOver,
    problem: (line) => prompt.say(line),
  });
  root.append(h("div", { class: "bar" }, prompt.element, slider.element),
    h("div", { class: "row" }, curves.element, slot), live);

  // Everything that follows α is drawn here, once a frame, from the latest values.
  const draw = perFrame(() => {
    const view = store.get();
    panel?.update({ ...view, grid: view.state.grid });
    curves.cursor(view.alpha);
  });
  const listening = [store.subscribe(draw)];

  const exact = createExact((request) => server.exact(request), landed,
    (waiting) => store.set({ waiting }));
  const poll = createPoll(() => follow("status"), () => store.get().state.sweepStatus?.state === "running",
    () => slider.isDragging() || curves.isWeighing());

  const explorable = () => {
    const { pair } = store.get().state;
    return pair && !pair.readonly;
  };

  // Whoever comes back to the page may have changed an eval set in the meantime.
  window.addEventListener("focus", () => {
    if (explorable() && !opening && !slider.isDragging()) follow("status");
  }, { signal: life.signal });

  function moved(alpha) {
    exact.drop();
    prompt.say("");
    store.set({ alpha, frame: nearest(store.get().state.grid, alpha), exact: null });
  }

  function released() {
    if (slider.isDragging() || !store.get().state.pair) return;
    tellAddress();
    announce();
    askExact();
  }

  function askExact(soon = false) {
    const { alpha, preview, state: { pair }, exact: known } = store.get();
    if (!explorable() || opening || !preview || slider.isDragging()) return;
    if (known?.alpha === alpha || exact.pending()?.alpha === alpha) return;
    exact.ask({ pair: pair.id, alpha, query: preview.query }, soon);
  }

  async function landed(reply, current) {
    if (reply.error) {
      failed = true;
      prompt.say(reply.error);
      return;
    }
    await panel?.prepare([reply.results]);
    if (!current()) return;
    if (failed) prompt.say("");
    failed = false;
    store.set({ exact: { ...reply, alpha: snapAlpha(reply.alpha ?? store.get().alpha) } });
  }

  async function search(query) {
    if (!explorable() || opening) return;
    const current = claim();
    const { id } = store.get().state.pair;
    exact.drop();
    prompt.setBusy(true);
    root.classList.add("is-searching");
    const reply = await call((request) => server.preview(request), { pair: id, query });
    if (!reply.error && current()) await panel?.prepare(reply.frames);
    if (!current()) return;
    prompt.setBusy(false);
    root.classList.remove("is-searching");
    if (reply.error) prompt.say(reply.error); // what was shown before stays
    else {
      store.set({ preview: reply, exact: null });
      prompt.say(reply.note || store.get().state.notice || "");
    }
    tellAddress();
    askExact(true);
  }

  /** Open another pair. What is shown stays, dimmed, until the new one is here. */
  async function open(id, wishes = {}, otherwise = null) {
    const current = claim();
    opening = true;
    exact.drop();
    weighing.drop();
    prompt.setBusy(false);
    root.setAttribute("aria-busy", "true");
    const reply = await call((request) => server.open(request), { pair: id });
    if (!current()) return;
    opening = false;
    root.removeAttribute("aria-busy");
    if (!reply.error) {
      if (!otherwise) prompt.say("");
      await begin(reply, { ...reply.initial, ...wishes });
    } else {
      prompt.say(reply.error);
      if (otherwise) await begin(otherwise, { ...otherwise.initial, ...wishes });
      else prompt.setPair(store.get().state.pair?.id ?? "");
      askExact(true);
    }
  }

  /** Take over a whole state: the first one, or that of another pair. */
  async function begin(next, { alpha, query }) {
    const current = claim();
    const at = snapAlpha(Number.isFinite(alpha) ? alpha : 0.5);
    panel?.destroy();
    panel = null;
    store.set({
      state: next, split: firstSplit(next), alpha: at, frame: nearest(next.grid, at),
      preview: null, exact: null, waiting: false,
    });
    const wanted = query ?? next.preview?.query ?? "";
    weighing.begin(next);
    prompt.setState(next);
    prompt.setQuery(wanted);
    slider.setPair(next.pair);
    slider.set(at);
    slider.setTicks(next.ticks, next.recommendation);
    slider.setEnabled(Boolean(next.pair));
    if (!next.pair) {
      slot.replaceChildren(skeleton());
      return;
    }
    showCurves();
    poll.wake();
    if (next.notice) prompt.say(next.notice);
    if (next.pair.readonly) {
      slot.replaceChildren(published(next));
      return;
    }
    slot.replaceChildren(skeleton());
    const made = await loadPanel(next);
    if (!current()) {
      // Overtaken by a search (the panel is wanted) or by another pair (it is not).
      if (store.get().state === next && !life.signal.aborted) install(made);
      return;
    }
    install(made);
    if (!panel) return;
    if (next.preview && next.preview.query === wanted) {
      await panel.prepare(next.preview.frames);
      if (!current()) return;
      store.set({ preview: next.preview });
      askExact(true);
    } else if (wanted) {
      await search(wanted);
    }
  }

  function install(made) {
    panel = made.update ? made : null;
    slot.replaceChildren(made.element);
    draw();
  }

  /** The newest request for what is shown wins; the older ones learn that they are overtaken. */
  function claim() {
    turn += 1;
    const mine = turn;
    return () => mine === turn && !life.signal.aborted;
  }

  function showCurves() {
    const { state: now, split, alpha } = store.get();
    if (!now.pair) return;
    curves.show({ ...now, split }, alpha, weighing.now());
    weighing.renew();
  }

  /** What changed of a state, from a status or under another weight. */
  function takeOver(changes) {
    const { state: before, split } = store.get();
    const next = { ...before };
    for (const [key, value] of Object.entries(changes)) {
      // What is equal stays the same object, and so is not drawn again.
      if (JSON.stringify(value) !== JSON.stringify(before[key])) next[key] = value;
    }
    store.set({ state: next, split: next.sweeps?.[split] ? split : firstSplit(next) });
    slider.setTicks(next.ticks, next.recommendation);
    showCurves();
    poll.wake();
  }

  /** Ask for a status, or for a measurement to start or stop, and take over what it says. */
  async function follow(name) {
    const { id } = store.get().state.pair;
    const reply = await call((request) => server[name](request), { pair: id });
    if (store.get().state.pair?.id !== id || life.signal.aborted) return;
    if (reply.error) {
      curves.retry();
      if (name !== "status") prompt.say(reply.error);
      return;
    }
    // While w is the user's own, what hangs on it is not the status's but asked for anew.
    const keys = weighing.isOwn() ? ["sweepStatus", "alphaByWeight"]
      : ["sweepStatus", "sweeps", "ticks", "recommendation", "alphaByWeight"];
    takeOver(Object.fromEntries(keys.filter((key) => reply[key] !== undefined)
      .map((key) => [key, reply[key]])));
    if (weighing.isOwn() && reply.sweeps) weighing.again();
  }

  function tellAddress() {
    const { alpha, preview, view, state: { pair } } = store.get();
    if (pair) writeAddress({ pair: pair.id, alpha, query: preview?.query, view });
  }

  function announce() {
    const view = store.get();
    panel?.update({ ...view, grid: view.state.grid });
    const at = `α = ${alphaText(view.alpha)}`;
    const said = curves.said(view.alpha);
    setText(live, [said.startsWith(at) ? "" : `${at}.`, said, panel?.said() ?? ""]
      .filter(Boolean).join(" "));
  }

  // What the address asks for comes before what the state starts with.
  const address = readAddress(window.location.search,
    (state.pairs ?? []).map((pair) => pair.id), queryProblem, Object.keys(VIEWS));
  if (address.view) {
    store.set({ view: address.view });
    curves.setView(address.view);
  }
  const wishes = {};
  if (address.alpha !== undefined) wishes.alpha = address.alpha;
  if (address.query) wishes.query = address.query;
  const first = address.pair ?? state.pair?.id ?? state.pairs?.[0]?.id;
  if (first && first !== state.pair?.id) {
    begin({ ...state, pair: null }, { ...state.initial, ...wishes });
    open(first, wishes, state);
  } else {
    begin(state, { ...state.initial, ...wishes });
  }
  prompt.say(address.lines.join(" "));

  return {
    destroy() {
      life.abort();
      exact.drop();
      weighing.drop();
      poll.stop();
      tip.destroy();
      draw.cancel();
      listening.forEach((stop) => stop());
      panel?.destroy();
      slider.destroy();
      curves.destroy();
      root.remove();
    },
  };
}

async function loadPanel(state) {
  const { family } = state.pair;
  try {
    const { createPanel } = await import(PANELS[family]);
    return createPanel(state);
  } catch {
    return { element: noPanel(family) };
  }
}

/** The split a state asks for, if it is measured; else one that is. */
function firstSplit({ split = "test", sweeps }) {
  if (sweeps?.[split]) return split;
  return ["test", "validation"].find((name) => sweeps?.[name]) ?? split;
}
