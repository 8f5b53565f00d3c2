// The retrieval panel: what base, merged and tuned find for the query, side by side. Pictures are
// <img> elements decoded beforehand and moved between fixed frames, so a drag loads and decodes
// nothing and no frame is ever empty for a moment.

import { alphaText, h, s, setLocal, setText } from "./dom.js";

const SHOWN = 8;
const UNVERIFIED = "name not yet verified by a native speaker";
const COLUMNS = [
  { key: "base", title: "base", frame: 0 },
  { key: "merged", title: "merged", frame: null },
  { key: "tuned", title: "tuned", frame: -1 },
];

const countryNames = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

function placeOf(picture) {
  if (picture.place) return picture.place;
  return (picture.countries ?? []).map((code) => countryNames.of(code)).join(", ");
}

function check() {
  return s("svg", { class: "check", viewBox: "0 0 20 20", "aria-hidden": "true" },
    s("circle", { cx: 10, cy: 10, r: 10 }), s("path", { d: "M5.6 10.4l3 3 5.8-6.6" }));
}

/** How a rank compares with base: `["▲2", "up 2 against base"]`, `["new", …]` or empty. */
export function rankChange(rank, baseRank) {
  if (!baseRank) return ["new", `not in the first ${SHOWN} of base`];
  const up = baseRank - rank;
  if (up > 0) return [`▲${up}`, `up ${up} against base`];
  if (up < 0) return [`▼${-up}`, `down ${-up} against base`];
  return ["", ""];
}

/** "first correct at rank 2", or that there is none, or nothing where no answer is known. */
export function firstCorrect(results, relevant) {
  if (!relevant) return "";
  const at = results.findIndex(({ id }) => relevant.includes(id));
  return at < 0 ? `no correct one in the first ${results.length}`
    : `first correct at rank ${at + 1}`;
}

function createTile(rank) {
  const frame = h("div", { class: "frame" });
  const delta = h("span", { class: "delta", "aria-hidden": "true" });
  const local = h("span", { class: "local" });
  const mark = h("abbr", { class: "unverified", title: UNVERIFIED, hidden: true }, "†");
  const english = h("span", { class: "english" });
  const place = h("span", { class: "place" });
  const element = h("li", { class: "tile", "data-rank": rank },
    h("div", { class: "holder" }, frame, check()),
    h("div", { class: "caption" },
      h("span", { class: "meta", "aria-hidden": "true" }, h("span", { class: "rank" }, String(rank)), delta),
      h("span", { class: "name" }, local, mark), english, place));
  return { element, frame, delta, local, mark, english, place, shown: "" };
}

function createColumn({ key, title }) {
  const name = h("span", { class: "model" });
  const badge = h("span", { class: "badge" },
    h("span", { class: "spinner", "aria-hidden": "true" }), h("span", { class: "badge-text" }));
  const found = h("p", { class: "found" });
  const tiles = Array.from({ length: SHOWN }, (_, i) => createTile(i + 1));
  const winner = h("span", { class: "winner" });
  const element = h("section", { class: `column is-${key}`, "aria-label": title },
    h("header", { class: "column-head" },
      h("h3", {}, title), badge, name, h("div", { class: "found-line" }, found, winner)),
    h("ol", { class: "tiles" }, ...tiles.map((tile) => tile.element)));
  return { element, name, badge, found, winner, tiles, images: new Map(), drawn: null };
}

/**
 * A panel as `panel.md` describes it.
 * @param {{pair: Object, pictures: Object<string, Object>}} context
 */
export function createPanel({ pair, pictures }) {
  const columns = Object.fromEntries(COLUMNS.map((spec) => [spec.key, createColumn(spec)]));
  const asked = h("span", { class: "asked" });
  const unknown = h("span", { class: "unknown" });
  const legend = h("p", { class: "foot" },
    h("span", { class: "legend" }, check(), " correct"),
    h("span", { class: "legend" }, "▲▼ rank against base"),
    h("span", { class: "legend" }, h("abbr", { title: UNVERIFIED }, "†"), ` ${UNVERIFIED}`));
  const receipt = h("span", { class: "receipt" });
  legend.append(receipt);
  const hint = h("p", { class: "hint" },
    h("span", { class: "hint-idle" }, "Search, or choose an example above."),
    h("span", { class: "hint-busy" }, "Looking through the pictures at 21 α…"));
  const body = h("div", { class: "columns" },
    ...COLUMNS.map(({ key }) => columns[key].element), hint);
  const element = h("section", { class: "panel retrieval is-empty", "aria-label": "Retrieval" },
    h("div", { class: "panel-head" }, h("h2", {}, "Retrieval"), asked, unknown), body, legend);
  setText(columns.base.name, pair.base?.name ?? "");
  setText(columns.merged.name, "");
  setText(columns.tuned.name, pair.tuned?.name ?? "");
  setText(columns.base.badge.lastChild, "α = 0");
  setText(columns.tuned.badge.lastChild, "α = 1");

  function imageOf(column, id) {
    let image = column.images.get(id);
    if (!image) {
      const picture = pictures[id];
      image = h("img", {
        width: 128, height: 128, draggable: "false", decoding: "sync", alt: describe(picture, id),
      });
      if (picture?.url) image.src = picture.url;
      column.images.set(id, image);
    }
    return image;
  }

  function describe(picture, id) {
    if (!picture) return `picture ${id}`;
    return [picture.english || picture.name, placeOf(picture)].filter(Boolean).join(", ");
  }

  function fill(tile, result, rank, relevant, baseRanks, column) {
    const picture = pictures[result.id] ?? {};
    const correct = Boolean(relevant?.includes(result.id));
    const [mark, said] = baseRanks ? rankChange(rank, baseRanks.get(result.id)) : ["", ""];
    const image = imageOf(column, result.id);
    if (tile.frame.firstChild !== image) tile.frame.replaceChildren(image);
    tile.element.classList.toggle("is-correct", correct);
    setText(tile.delta, mark);
    tile.delta.classList.toggle("is-up", mark.startsWith("▲") || mark === "new");
    const local = picture.name || picture.english || result.id;
    setLocal(tile.local, local, picture.lang);
    setText(tile.english, picture.english && picture.english !== local ? picture.english : "");
    setText(tile.place, placeOf(picture));
    tile.mark.hidden = picture.verified !== false;
    image.alt = [`rank ${rank}`, describe(pictures[result.id], result.id),
      correct ? "correct" : "", said].filter(Boolean).join(", ");
    tile.element.title = [local, tile.english.textContent, placeOf(picture), said,
      Number.isFinite(result.score) ? `similarity ${result.score.toFixed(3)}` : "",
      picture.verified === false ? UNVERIFIED : ""].filter(Boolean).join("\n");
  }

  function draw(key, results, relevant, baseRanks) {
    const column = columns[key];
    if (column.drawn?.results === results && column.drawn.relevant === relevant) return;
    column.drawn = { results, relevant };
    column.tiles.forEach((tile, i) => {
      tile.element.classList.toggle("is-absent", !results[i]);
      if (results[i]) fill(tile, results[i], i + 1, relevant, baseRanks, column);
      else tile.frame.replaceChildren();
    });
    setText(column.found, firstCorrect(results, relevant));
    const first = pictures[results[0]?.id];
    setLocal(column.winner, first ? first.name || first.english : "", first?.lang);
  }

  function drawBadge({ exact, waiting, grid, frame }) {
    const { badge, name } = columns.merged;
    const text = exact ? `exact α = ${alphaText(exact.alpha)}`
      : `preview α = ${alphaText(grid[frame])}`;
    setText(badge.lastChild, text);
    badge.classList.toggle("is-exact", Boolean(exact));
    badge.classList.toggle("is-waiting", waiting);
    const facts = exact ? [exact.weights ? `weights ${exact.weights}` : "",
      Number.isFinite(exact.ms) ? `${Math.round(exact.ms)} ms` : ""].filter(Boolean).join(", ") : "";
    setText(receipt, facts);
    const share = exact ? exact.alpha : grid[frame];
    setText(name, `${Math.round((1 - share) * 100)} % base, ${Math.round(share * 100)} % tuned`);
  }

  return {
    element,
    /** Decode every picture these frames can show. Resolves when a drag can be instant. */
    async prepare(frames) {
      const wanted = [];
      const want = (key, results) => {
        for (const { id } of results) wanted.push(imageOf(columns[key], id));
      };
      for (const results of frames) want("merged", results);
      if (frames.length > 1) {
        want("base", frames[0]);
        want("tuned", frames.at(-1));
      }
      await Promise.all([...new Set(wanted)].map((image) => (
        image.src ? image.decode().catch(() => image.classList.add("is-broken")) : null)));
    },
    /** Draw a view: synchronous and cheap, called at most once an animation frame. */
    update(view) {
      const { preview, exact } = view;
      element.classList.toggle("is-empty", !preview);
      if (!preview) {
        setText(asked, "");
        setText(unknown, "");
        return;
      }
      const [base, tuned] = [preview.frames[0], preview.frames.at(-1)];
      const merged = exact ? exact.results : preview.frames[view.frame];
      const relevant = preview.relevant ?? null;
      const baseRanks = new Map(base.map(({ id }, i) => [id, i + 1]));
      draw("base", base, relevant, null);
      draw("merged", merged, relevant, baseRanks);
      draw("tuned", tuned, relevant, baseRanks);
      setLocal(asked, `“${preview.query}”`, preview.lang);
      setText(unknown, relevant ? "" : "no known answer for this query");
      drawBadge(view);
    },
    /** What changed, in a few words for the live region. */
    said: () => (element.classList.contains("is-empty") ? "" : COLUMNS
      .map(({ key, title }) => [title, columns[key].found.textContent])
      .filter(([, found]) => found).map(([title, found]) => `${title}: ${found}`).join("; ")),
    destroy() {
      element.remove();
    },
  };
}
