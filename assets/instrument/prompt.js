// The top row: which pair, which query, examples to start from, and the one line that says what
// went wrong. Checks here save a round trip; the server checks again.

import { h, langOf, setText } from "./dom.js";

export const LONGEST_QUERY = 300;

/** Why a query cannot be asked, in one line, or null. */
export function queryProblem(query) {
  if (!query) return "Type what to look for first, or choose an example.";
  if (query.length > LONGEST_QUERY) {
    return `The query has ${query.length} characters; at most ${LONGEST_QUERY} are searched. `
      + "Shorten it.";
  }
  return null;
}

/**
 * @param {Object} on
 * @param {(query: string) => void} on.query a query that passed the checks
 * @param {(pair: string) => void} on.pair another pair was picked
 * @returns {{element, setState, setQuery, setBusy, setPair, say}}
 */
export function createPrompt(on) {
  const picker = h("select", { id: "ggez-pair", class: "picker" });
  const input = h("input", {
    id: "ggez-query", class: "query", type: "text", autocomplete: "off", dir: "auto",
    placeholder: "What should the pictures show? Any language", enterkeyhint: "search",
    "aria-describedby": "ggez-line",
  });
  const button = h("button", { type: "submit", class: "search" },
    h("span", { class: "spinner", "aria-hidden": "true" }), h("span", {}, "Search"));
  const form = h("form", { class: "prompt-form", role: "search" }, input, button);
  const facts = h("p", { class: "facts" });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Example queries" });
  const line = h("p", { id: "ggez-line", class: "line", role: "status", "aria-live": "polite" });
  const element = h("div", { class: "prompt" },
    h("div", { class: "field field-pair" },
      h("label", { for: "ggez-pair", class: "label" }, "Pair"), picker, facts),
    h("div", { class: "field field-query" },
      h("label", { for: "ggez-query", class: "label" }, "Query"), form, chips, line));
  let shown = "";

  function say(text) {
    setText(line, text ?? "");
    line.title = text ?? "";
  }

  function ask() {
    const query = input.value.trim();
    const problem = queryProblem(query);
    say(problem);
    if (!problem) on.query(query);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  picker.addEventListener("change", () => on.pair(picker.value));

  return {
    element,
    say,
    /** Fill picker, examples and the facts line from a whole state. */
    setState(state) {
      const pair = state.pair;
      shown = pair?.id ?? "";
      picker.replaceChildren(...(state.pairs ?? []).map((entry) => h("option", {
        value: entry.id, selected: entry.id === shown,
      }, entry.readonly ? `${entry.title} (published)` : entry.title)));
      setText(facts, pair ? [pair.family, pair.region?.name].filter(Boolean).join(" · ") : "");
      facts.title = pair?.note ?? "";
      const examples = pair?.readonly ? [] : state.examples ?? [];
      chips.replaceChildren(...examples.map((example) => {
        const title = [example.gloss, example.langName].filter(Boolean).join(", ");
        return h("button", {
          type: "button", class: "chip", title, onclick: () => {
            input.value = example.text;
            ask();
          },
        }, h("span", { lang: langOf(example.text, example.lang), dir: "auto" }, example.text),
        example.langName ? h("small", {}, example.langName) : null);
      }));
      input.disabled = button.disabled = !pair || pair.readonly;
      input.placeholder = pair?.readonly
        ? "Published numbers only: nothing to search here"
        : "What should the pictures show? Any language";
    },
    setQuery(query) {
      input.value = query ?? "";
    },
    setPair(id) {
      picker.value = id;
    },
    setBusy(busy) {
      button.setAttribute("aria-busy", String(busy));
    },
  };
}
