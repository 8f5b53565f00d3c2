// A deterministic stand-in for the workbench: 24 items, two pairs' sweeps, and a server whose
// latency, order and errors the tests choose through `window.behaviour`.

const ROWS = `
som-tam|ส้มตำ|tha|som tam green papaya salad|TH LA KH|Thailand, Laos, Cambodia|sea
khon-mask|หัวโขน|tha|khon demon mask|TH|Thailand|sea
tuk-tuk|ตุ๊กตุ๊ก|tha|tuk-tuk three-wheeler|TH|Thailand|sea
patuxai|ປະຕູໄຊ|lao|Patuxai victory gate|LA|Laos|sea
khaen|ແຄນ|lao|khaen mouth organ|LA|Laos|sea
angkor-wat|អង្គរវត្ត|khm|Angkor Wat|KH|Cambodia|sea
krama|ក្រមា|khm|krama checked scarf|KH|Cambodia|sea
saung-gauk|စောင်းကောက်|mya|saung gauk arched harp|MM|Myanmar|sea
mohinga|မုန့်ဟင်းခါး|mya|mohinga fish noodle soup|MM|Myanmar|sea
non-la|nón lá|vie|non la conical hat|VN|Viet Nam|sea
banh-mi|bánh mì|vie|banh mi baguette sandwich|VN|Viet Nam|sea
wayang|wayang kulit|jav|wayang kulit shadow puppet|ID|Indonesia|sea
tumpeng|tumpeng|ind|tumpeng rice cone|ID|Indonesia|sea
jeepney|dyipni|fil|jeepney|PH|Philippines|sea
wau|wau bulan|msa|wau bulan moon kite|MY|Malaysia|sea
mokorotlo|mokorotlo|sot|mokorotlo straw hat|LS|Lesotho|global
sombrero|sombrero|spa|sombrero|MX|Mexico|global
greek-salad|χωριάτικη σαλάτα|ell|Greek salad|GR|Greece|global
celtic-harp|cláirseach|gle|Celtic harp|IE|Ireland|global
arc|Arc de Triomphe|fra|Arc de Triomphe|FR|France|global
hannya|般若|jpn|hannya mask|JP|Japan|global
baguette|baguette|fra|baguette|FR|France|global
plov|палов|uzb|plov pilaf|UZ|Uzbekistan|global
rickshaw|ریکشا|urd|painted rickshaw|PK|Pakistan|global`;

const ITEMS = ROWS.trim().split("\n").map((row) => {
  const [item, name, lang, english, countries, place, region] = row.split("|");
  return { item, name, lang, english, countries: countries.split(" "), place, region };
});
export const GRID = Array.from({ length: 21 }, (_, i) => Math.round(i * 5) / 100);

/** A number in 0..1 from any text. */
function hash(text) {
  let value = 2166136261;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 16777619);
  return ((value ^ (value >>> 13)) >>> 0) / 4294967296;
}

function pictures() {
  return Object.fromEntries(ITEMS.flatMap((entry, i) => [0, 1].map((copy) => [
    `${entry.item}-${copy}`, {
      url: `/pictures/${entry.item}-${copy}.svg`, item: entry.item, name: entry.name,
      english: entry.english, countries: entry.countries, place: entry.place,
      regional: entry.region === "sea", verified: i % 4 !== 1,
    }])));
}

function relevantTo(query) {
  const asked = query.toLowerCase();
  const found = ITEMS.filter(({ name, english }) => asked.includes(name.toLowerCase())
    || asked.includes(english.toLowerCase()));
  return found.length ? found.flatMap(({ item }) => [`${item}-0`, `${item}-1`]) : null;
}

/** The best 8 at an α: what is regional and right is found by the tuned side only. */
export function rank(query, alpha, pair = "pocket") {
  const relevant = relevantTo(query) ?? [];
  return Object.keys(pictures()).map((id) => {
    const regional = ITEMS.find(({ item }) => id.startsWith(`${item}-`)).region === "sea";
    const base = 0.2 + 0.12 * hash(`b${query}${id}${pair}`) + (relevant.includes(id) ? 0.05 : 0)
      - (regional ? 0.02 : 0);
    const tuned = 0.18 + 0.1 * hash(`t${query}${id}${pair}`) + (relevant.includes(id) ? 0.14 : 0)
      + (regional ? 0.05 : 0);
    return { id, score: (1 - alpha) * base + alpha * tuned };
  }).sort((a, b) => b.score - a.score).slice(0, 8);
}

export function preview(query, pair) {
  const example = EXAMPLES.find(({ text }) => text === query);
  return {
    query, lang: example?.lang ?? "eng", relevant: relevantTo(query),
    frames: GRID.map((alpha) => rank(query, alpha, pair)),
  };
}

const EXAMPLES = [
  { lang: "tha", langName: "Thai", text: "ส้มตำ", gloss: "som tam green papaya salad" },
  { lang: "khm", langName: "Khmer", text: "អង្គរវត្ត", gloss: "Angkor Wat" },
  { lang: "mya", langName: "Burmese", text: "စောင်းကောက်", gloss: "saung gauk arched harp" },
  { lang: "lao", langName: "Lao", text: "ແຄນ", gloss: "khaen mouth organ" },
  { lang: "vie", langName: "Vietnamese", text: "nón lá", gloss: "non la conical hat" },
  { lang: "eng", langName: "English", text: "a photo of banh mi baguette sandwich", gloss: "" },
];

const estimate = (value, half, n) => ({
  value, low: half === null ? null : value - half, high: half === null ? null : value + half, n,
});
export const KOF = 0.434;

// How many items each country has: fewer than 8 have no interval. The second number is the α at
// which the country is at its best.
const COUNTRIES = {
  BN: [15, 0.85], ID: [14, 0.8], KH: [8, 0.75], LA: [11, 0.95], MM: [9, 0.9], MY: [21, 1],
  PH: [12, 0.5], SG: [15, 0.65], TH: [15, 0.85], TL: [5, 0.2], VN: [8, 0.6],
};

function countriesAt(alpha, regional, intervals, wobble) {
  return Object.fromEntries(Object.entries(COUNTRIES).map(([code, [n, best]], i) => [code,
    estimate(regional - 12 + 2.4 * i - 24 * (alpha - best) ** 2 + wobble(code, alpha),
      intervals && n >= 8 ? 7 + (i % 3) : null, n)]));
}

const namedAt = (names, at, n) => Object.fromEntries(
  names.map((name, i) => [name, estimate(at - 8 + 4 * i, null, n + i)]));

export function sweep(split, { alphas = GRID, intervals = true, chance = 6.25, w = KOF } = {}) {
  const wobble = (key, alpha) => (hash(`${split}${key}${alpha}`) - 0.5) * 1.6;
  const raw = alphas.map((alpha) => ({
    alpha,
    regional: 52.4 + 36 * (1 - Math.exp(-2.6 * alpha)) - 7 * Math.max(0, alpha - 0.72) ** 2 * 8
      + wobble("r", alpha),
    global: 92.6 - 3.4 * alpha - 15 * Math.max(0, alpha - 0.3) ** 2 + wobble("g", alpha) / 2,
  }));
  const points = raw.map(({ alpha, regional, global }) => ({
    alpha,
    regional: estimate(regional, intervals ? 3.1 : null, 312),
    global: estimate(global, intervals ? 2.0 : null, 540),
    global_all: estimate(global - 1, intervals ? 2.0 : null, 852),
    grp: estimate(w * global + (1 - w) * regional, intervals ? 2.2 : null, 852),
    gain: estimate(regional / raw[0].regional - 1, intervals ? 0.06 * Math.min(1, alpha * 4) : null,
      312),
    retention: estimate(global / raw[0].global, intervals ? 0.02 * Math.min(1, alpha * 4) : null, 540),
    countries: intervals ? countriesAt(alpha, regional, intervals, wobble) : {},
    aspects: intervals ? namedAt(["cuisine", "landmark", "tradition"], regional, 20) : {},
    languages: intervals ? namedAt(["eng", "tha", "vie", "xqz"], regional, 90) : {},
    metrics: intervals ? {
      retention_lower_95: estimate(global / raw[0].global - 0.018, null, 0),
      "regional_R@5": estimate(regional + 8, null, 312),
    } : {},
  }));
  return {
    pair: "pocket", family: "embedding", region: "sea", method: "linear", split,
    global_weight: w, metric: "text→image R@1, 0–100", chance, points,
    digests: intervals ? { base: "d211cc43874d", tuned: "2a517a715a48" } : {},
  };
}

/** The measured α of most GRP on validation. */
export function star(w) {
  const { points } = sweep("validation");
  const score = (p) => w * p.global.value + (1 - w) * p.regional.value;
  return points.reduce((best, p) => (score(p) > score(best) + 1e-9 ? p : best)).alpha;
}

export const alphaByWeight = () => Array.from({ length: 101 }, (_, i) => (
  { w: i / 100, alpha: star(i / 100) }));

function ticks(w) {
  return [
    { kind: "grp", alpha: star(w), label: "α*", title: "where GRP is best on validation" },
    { kind: "98", alpha: 0.3, label: "α_98", title: "most gain with 98 % retention" },
    { kind: "kof", alpha: Math.round((1 - w) * 100) / 100, label: "α_KOF", title: "1 − w, KOF taken literally" },
    { kind: "human", alpha: 0.55, label: "α_human", title: "what raters prefer" },
  ];
}

function recommendation(w) {
  const at = (alpha) => {
    const { regional, global, gain, retention, grp } = sweep("test", { w }).points
      .find((p) => p.alpha === alpha);
    return { alpha, regional, global, gain, retention, grp };
  };
  return {
    alpha_grp: { ...at(star(w)),
      words: `most GRP on validation at w = ${w.toFixed(2)}; on test it gains with an interval` },
    alpha_98: { ...at(0.3), words: "the most gain that surely keeps 98 % of global quality" },
    alpha_kof: { ...at(0.55), exact: 0.566, regret: 0.1, words: "1 − w, if KOF were the way to merge" },
    alpha_human: { alpha: null, reason: "no ratings yet: α_human needs people" },
    chosen_on: "validation", reported_on: "test",
  };
}

/** What hangs on the weight. */
export const weighed = (w) => ({
  globalWeight: w, sweeps: { test: sweep("test", { w }), validation: sweep("validation", { w }) },
  ticks: ticks(w), recommendation: recommendation(w),
});

const PAIRS = [
  { id: "pocket", title: "Pocket embedding, Southeast Asia", family: "embedding", readonly: false },
  { id: "second", title: "Second pair", family: "embedding", readonly: false },
  { id: "siglip2", title: "SigLIP-2 So400m", family: "embedding", readonly: true },
  { id: "pocket-diffusion", title: "Pocket diffusion", family: "diffusion", readonly: false },
];

export function makeState({ pair: id = "pocket", query = "ส้มตำ", alpha = 0.45 } = {}) {
  const entry = PAIRS.find((pair) => pair.id === id);
  const state = {
    plotlyUrl: "/plotly.min.js", pairs: PAIRS,
    pair: {
      ...entry, region: { id: "sea", name: "Southeast Asia" }, base: { name: "pocket-clip base" },
      tuned: { name: "pocket-clip SEA" }, note: "A world built to contain the trade-off.",
      source: "https://arxiv.org/abs/2604.11490",
    },
    grid: GRID, split: "test", ...weighed(KOF), alphaByWeight: alphaByWeight(),
    sweepStatus: { state: "ready", done: 21, total: 21, message: "" },
    examples: EXAMPLES, pictures: pictures(), preview: preview(query, id),
    initial: { alpha, query },
  };
  if (entry.readonly) {
    const published = sweep("test", { alphas: [0, 0.25, 0.5, 0.75, 1], intervals: false });
    Object.assign(state, { preview: null, examples: [], pictures: {}, ticks: [],
      recommendation: null, alphaByWeight: [] });
    state.sweeps = { test: published, validation: null };
    state.initial.query = "";
  }
  return state;
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/**
 * The server of the contract. `behaviour.latency` is ms or a function of (name, request); with
 * `old` it has only the calls that the first version had.
 */
export function makeServer({ old = false } = {}) {
  const answer = async (name, request, reply) => {
    const rules = window.behaviour;
    const made = { name, at: performance.now(), ...request };
    window.calls.push(made);
    const wait = typeof rules.latency === "function" ? rules.latency(name, request) : rules.latency;
    await pause(wait);
    made.done = true;
    if (rules.throws?.includes(name)) throw new Error("connection lost");
    if (rules.errors?.[name]) return { error: rules.errors[name], seq: request.seq };
    return reply();
  };
  const state = (name, state_) => (request) => answer(name, request, () => (
    window.behaviour[name]?.() ?? { sweepStatus: { state: state_, done: 0, total: 21, message: "" } }));
  const more = old ? {} : {
    weigh: (request) => answer("weigh", request, () => ({ ...weighed(request.w), seq: request.seq })),
    measure: state("measure", "running"),
    cancel: state("cancel", "cancelled"),
  };
  return {
    ...more,
    preview: (request) => answer("preview", request, () => preview(request.query, request.pair)),
    exact: (request) => answer("exact", request, () => ({
      seq: request.seq, alpha: request.alpha, weights: "3f9a1c07", ms: 41.3,
      results: rank(request.query, request.alpha, request.pair),
      relevant: relevantTo(request.query),
    })),
    open: (request) => answer("open", request, () => makeState({ pair: request.pair })),
    status: (request) => answer("status", request, () => window.behaviour.status?.() ?? {
      sweepStatus: { state: "running", done: 5, total: 21, message: "" },
    }),
  };
}
