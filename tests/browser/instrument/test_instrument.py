"""The instrument in a real browser, on a fake server: what a drag may and may not do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlparse

import pytest
import serve

HOST = "document.getElementById('host')"
EXACT = ".is-merged .badge.is-exact"


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = serve.server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Instrument:
    """One mounted instrument and what a person or the server does to it."""

    def __init__(self, page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        self.requests: list[str] = []

    def start(
        self,
        options: str = "{}",
        address: str = "",
        settle: bool = True,
        plotly: bool = False,
    ) -> Instrument:
        """Mount. Without `plotly` a stub draws nothing, which saves a second a test."""
        self.page.goto(self.origin + address)
        self.page.wait_for_function("window.ready")
        if not plotly:
            self.page.evaluate("stubPlotly()")
        self.page.evaluate(f"start({options})")
        if settle:
            self.page.wait_for_selector(".stage.is-drawn")
            self.page.wait_for_selector(EXACT)
            self.forget()
        return self

    def forget(self) -> None:
        self.page.evaluate("calls.length = 0")
        self.requests.clear()

    def calls(self, name: str | None = None) -> list[dict]:
        calls = self.page.evaluate("calls")
        return [call for call in calls if name in (None, call["name"])]

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector).strip()

    def line(self) -> str:
        return self.text(".line")

    def badge(self) -> str:
        return self.text(".is-merged .badge")

    def shown(self, column: str) -> list[str]:
        """Ids of the pictures in a column, best first."""
        script = "imgs => imgs.map(i => i.src.split('/').pop().replace('.svg', ''))"
        return self.page.eval_on_selector_all(f".column.is-{column} img", script)

    def ranked(self, alpha: float, query: str = "ส้มตำ") -> list[str]:
        script = "async ([q, a]) => (await import('/fake.js')).rank(q, a).map(r => r.id)"
        return self.page.evaluate(script, [query, alpha])

    def at(self, alpha: float) -> tuple[float, float]:
        """Where on the page the slider's thumb is at an α."""
        box = self.page.locator(".range").bounding_box()
        return box["x"] + 14 + alpha * (box["width"] - 28), box["y"] + box["height"] / 2

    def grab(self, alpha: float) -> None:
        self.page.mouse.move(*self.at(alpha))
        self.page.mouse.down()

    def frame(self) -> None:
        """Let two animation frames pass."""
        self.page.evaluate(
            "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )

    def drag(self, alpha: float, steps: int = 12) -> None:
        self.page.mouse.move(*self.at(alpha), steps=steps)
        self.frame()

    def alpha(self) -> str:
        return self.page.input_value(".number")

    def type_alpha(self, text: str) -> None:
        self.page.fill(".number", text)
        self.page.press(".number", "Enter")

    def search(self, query: str) -> None:
        self.page.fill(".query", query)
        self.page.press(".query", "Enter")

    def figure(self, expression: str):
        return self.page.evaluate(f"(g => {expression})(document.querySelector('.plot'))")

    def zoom(self) -> list:
        self.page.evaluate(
            "Plotly.relayout(document.querySelector('.plot'), {'xaxis.range[0]': 0.2,"
            " 'xaxis.range[1]': 0.7, 'yaxis.range[0]': 70, 'yaxis.range[1]': 95})"
        )
        return self.ranges()

    def ranges(self) -> list:
        return self.figure("[...g._fullLayout.xaxis.range, ...g._fullLayout.yaxis.range]")


@pytest.fixture(scope="module")
def context(browser):
    # One for all, so that the compiled Plotly is cached.
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def instrument(page, origin: str) -> Iterator[Instrument]:
    instrument = Instrument(page, origin)
    yield instrument
    assert instrument.problems == []


# A drag


def test_a_drag_calls_nobody_and_shows_the_nearest_grid_frame(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    base, tuned = instrument.shown("base"), instrument.shown("tuned")
    instrument.grab(0.45)
    for alpha, grid in [(0.72, 0.7), (0.13, 0.15), (0.98, 1), (0.33, 0.35)]:
        instrument.drag(alpha)
        assert instrument.alpha() == f"{alpha:.2f}"
        assert instrument.badge() == f"preview α = {grid:.2f}"
        assert instrument.shown("merged") == instrument.ranked(grid)
    instrument.page.wait_for_timeout(250)  # longer than the debounce: a drag at rest asks nothing
    assert instrument.calls() == []
    assert instrument.requests == []
    assert (instrument.shown("base"), instrument.shown("tuned")) == (base, tuned)
    instrument.page.mouse.up()


def test_a_drag_moves_no_other_element_and_every_picture_is_decoded(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    boxes = """[...document.querySelectorAll('.frame, .panel, .sentence, .stage, .caption')]
        .map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })"""
    before = instrument.page.evaluate(boxes)
    # Shifts without a source node are the slider's own thumb, which is inside the browser's input.
    instrument.page.evaluate("""window.shifted = []; new PerformanceObserver(list => {
        for (const entry of list.getEntries()) for (const { node } of entry.sources)
            shifted.push(node?.outerHTML ?? node?.data); }).observe({type: 'layout-shift'})""")
    instrument.grab(0.45)
    for alpha in (0.0, 0.5, 1.0):
        instrument.drag(alpha)
        assert instrument.page.evaluate(boxes) == before
        loaded = "imgs => imgs.every(i => i.complete && i.naturalWidth === 128)"
        assert instrument.page.eval_on_selector_all(".frame img", loaded)
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    assert instrument.page.evaluate(boxes) == before
    assert instrument.page.evaluate("shifted") == []


def test_a_drag_is_drawn_within_100_ms(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    worst = instrument.page.evaluate("""async () => {
        const range = document.querySelector('.range');
        const badge = document.querySelector('.is-merged .badge');
        range.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));
        const times = [];
        for (let i = 0; i <= 40; i += 1) {
            const began = performance.now();
            range.value = String(i / 40);
            range.dispatchEvent(new Event('input', {bubbles: true}));
            await new Promise(requestAnimationFrame);
            await new Promise(r => setTimeout(r));
            times.push(performance.now() - began);
            if (!badge.textContent.startsWith('preview')) throw new Error(badge.textContent);
        }
        return times.sort((a, b) => a - b)[38];
    }""")
    assert worst < 100


def test_curves_are_drawn_once_and_a_drag_only_moves_the_cursor(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    instrument.page.evaluate("""() => { for (const name of ['react', 'newPlot', 'restyle']) {
        const real = Plotly[name]; window.drawings = 0;
        Plotly[name] = (...rest) => { window.drawings += 1; return real(...rest); }; } }""")
    points = instrument.figure("JSON.stringify(g.data.map(t => t.y))")
    instrument.grab(0.45)
    instrument.drag(0.82)
    assert instrument.figure("[g.layout.shapes[0].x0, g.layout.shapes[0].x1]") == [0.82, 0.82]
    assert instrument.figure("g.layout.shapes[1].xanchor") == 0.8
    sentence = instrument.text(".sentence")
    measured = instrument.page.evaluate(
        "(async () => (await import('/fake.js')).sweep('test').points[16])()"
    )
    assert sentence.startswith("Nearest measured, α = 0.80:")
    assert f"cultural {measured['regional']['value']:.1f} (+" in sentence
    assert f"(retention {measured['retention']['value'] * 100:.1f} %)" in sentence
    instrument.drag(0.8)
    assert instrument.text(".sentence").startswith("Measured, α = 0.80:")
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    assert instrument.page.evaluate("drawings") == 0
    assert instrument.figure("JSON.stringify(g.data.map(t => t.y))") == points


# A release


def test_a_release_asks_once_and_says_exact(instrument: Instrument) -> None:
    instrument.start("{latency: 60}")
    instrument.grab(0.45)
    instrument.drag(0.47)
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(".badge.is-waiting")
    assert instrument.badge() == "preview α = 0.45"
    instrument.page.wait_for_selector(EXACT)
    assert instrument.badge() == "exact α = 0.47"
    assert instrument.shown("merged") == instrument.ranked(0.47)
    [call] = instrument.calls()
    assert (call["name"], call["pair"], call["alpha"]) == ("exact", "pocket", 0.47)
    assert "α = 0.47" in instrument.page.text_content(".unseen")
    assert "weights 3f9a1c07" in instrument.text(".receipt")


def test_a_drag_back_to_where_it_began_is_exact_again(instrument: Instrument) -> None:
    instrument.start()
    instrument.grab(0.45)
    instrument.drag(0.6)
    instrument.drag(0.45)
    instrument.page.mouse.up()  # browsers fire no `change` here
    instrument.page.wait_for_selector(EXACT)
    assert [call["alpha"] for call in instrument.calls()] == [0.45]


def test_keys_move_by_grid_steps_and_a_burst_asks_once(instrument: Instrument) -> None:
    instrument.start()
    press = instrument.page.locator(".range").press
    for key, alpha in [("PageUp", "0.50"), ("PageDown", "0.45"), ("Home", "0.00"), ("End", "1.00")]:
        press(key)
        assert instrument.alpha() == alpha
    for _ in range(3):
        press("ArrowLeft")
    instrument.page.wait_for_selector(EXACT)
    assert instrument.badge() == "exact α = 0.97"
    assert [call["alpha"] for call in instrument.calls()] == [0.97]


def test_screen_readers_hear_name_value_and_result(instrument: Instrument) -> None:
    instrument.start()
    slider = instrument.page.get_by_role("slider", name="α, share of the tuned checkpoint")
    assert slider.get_attribute("aria-valuetext") == "0.45, between base and SEA-tuned"
    assert instrument.page.text_content(".unseen") == ""
    instrument.grab(0.45)
    instrument.drag(0.7)
    assert instrument.page.text_content(".unseen") == ""
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    said = instrument.page.text_content(".unseen")
    assert said.startswith("α = 0.70. Measured, α = 0.70: cultural")
    assert "merged: first correct at rank 1" in said
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "1.00, SEA-tuned"


def test_pointercancel_is_a_release(instrument: Instrument) -> None:
    instrument.start()
    instrument.page.evaluate("""const range = document.querySelector('.range');
        range.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));
        range.value = '0.31'; range.dispatchEvent(new Event('input', {bubbles: true}));
        range.dispatchEvent(new PointerEvent('pointercancel', {bubbles: true}));""")
    instrument.page.wait_for_selector(EXACT)
    assert [call["alpha"] for call in instrument.calls()] == [0.31]


def test_a_drag_within_the_debounce_sends_nothing(instrument: Instrument) -> None:
    instrument.start()
    instrument.page.locator(".range").press("PageUp")
    instrument.grab(0.5)
    instrument.page.wait_for_timeout(250)
    assert instrument.calls() == []
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    assert [call["alpha"] for call in instrument.calls()] == [0.5]


def test_a_late_reply_is_dropped(instrument: Instrument) -> None:
    instrument.start("{latency: (name, r) => r.alpha === 0.2 ? 700 : 20}")
    instrument.type_alpha("0.2")
    instrument.page.wait_for_function("calls.length === 1")
    instrument.type_alpha("0.83")
    instrument.page.wait_for_selector(EXACT)
    assert instrument.badge() == "exact α = 0.83"
    instrument.page.wait_for_timeout(700)
    assert instrument.badge() == "exact α = 0.83"
    assert instrument.shown("merged") == instrument.ranked(0.83)
    seqs = [call["seq"] for call in instrument.calls("exact")]
    assert seqs == sorted(set(seqs))


def test_a_reply_that_lands_during_a_drag_is_dropped(instrument: Instrument) -> None:
    instrument.start("{latency: (name, r) => r.alpha === 0.2 ? 300 : 20}")
    instrument.type_alpha("0.2")
    instrument.page.wait_for_function("calls.length === 1")
    instrument.grab(0.2)
    instrument.drag(0.64)
    instrument.page.wait_for_timeout(400)
    assert instrument.badge() == "preview α = 0.65"
    instrument.page.mouse.up()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("errors: {exact: 'The pair is being swapped out; try again.'}", "The pair is being"),
        ("throws: ['exact']", "The server did not answer (connection lost)"),
    ],
)
def test_an_error_is_one_line_and_nothing_is_lost(
    instrument: Instrument, fault: str, said: str
) -> None:
    instrument.start()
    instrument.page.evaluate(f"Object.assign(behaviour, {{{fault}}})")
    instrument.type_alpha("0.63")
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line().startswith(said)
    assert instrument.page.get_attribute(".line", "aria-live") == "polite"
    assert instrument.badge() == "preview α = 0.65"
    assert instrument.shown("merged") == instrument.ranked(0.65)
    assert not instrument.page.query_selector(".badge.is-waiting")
    instrument.page.evaluate("behaviour = {latency: 20}")
    instrument.type_alpha("0.64")
    instrument.page.wait_for_selector(EXACT)
    assert instrument.line() == ""


# Queries


@pytest.mark.parametrize("way", ["enter", "button", "chip"])
def test_a_query_is_one_preview_then_one_exact(instrument: Instrument, way: str) -> None:
    instrument.start()
    query = "ແຄນ"
    if way == "chip":
        instrument.page.click(".chip:has-text('ແຄນ')")
    else:
        instrument.page.fill(".query", query)
        if way == "enter":
            instrument.page.press(".query", "Enter")
        else:
            instrument.page.click(".search")
    instrument.page.wait_for_function("calls.length === 2")
    instrument.page.wait_for_selector(EXACT)
    assert [call["name"] for call in instrument.calls()] == ["preview", "exact"]
    assert {call["query"] for call in instrument.calls()} == {query}
    assert instrument.shown("base") == instrument.ranked(0, query)
    assert instrument.page.get_attribute(".asked", "lang") == "lo"
    instrument.forget()
    instrument.grab(0.45)
    instrument.drag(1)
    assert (instrument.calls(), instrument.requests) == ([], [])
    instrument.page.mouse.up()


@pytest.mark.parametrize(("query", "said"), [("  ", "Type what"), ("x" * 301, "301 characters")])
def test_a_query_that_cannot_be_asked_is_not_sent(
    instrument: Instrument, query: str, said: str
) -> None:
    instrument.start()
    instrument.search(query)
    assert said in instrument.line()
    assert instrument.calls() == []


def test_the_last_of_two_queries_wins(instrument: Instrument) -> None:
    instrument.start("{latency: (name, r) => name === 'preview' && r.query === 'wau' ? 500 : 20}")
    instrument.search("wau")
    instrument.search("nón lá")
    instrument.page.wait_for_function("document.querySelector('.asked').textContent === '“nón lá”'")
    instrument.page.wait_for_timeout(550)
    assert instrument.text(".asked") == "“nón lá”"
    assert instrument.shown("tuned") == instrument.ranked(1, "nón lá")


def test_a_failed_query_keeps_the_last_results(instrument: Instrument) -> None:
    instrument.start()
    before = instrument.shown("merged")
    instrument.page.evaluate("behaviour.errors = {preview: 'No tokenizer for this text.'}")
    instrument.search("anything")
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line() == "No tokenizer for this text."
    assert instrument.shown("merged") == before
    assert instrument.text(".asked") == "“ส้มตำ”"


# What is shown


def test_correct_results_and_rank_changes_are_marked_by_shape_and_words(
    instrument: Instrument,
) -> None:
    instrument.start()
    base, tuned = instrument.ranked(0), instrument.ranked(1)
    for column, ids in [("base", base), ("tuned", tuned)]:
        ringed = instrument.page.eval_on_selector_all(
            f".is-{column} .tile", "tiles => tiles.map(t => t.classList.contains('is-correct'))"
        )
        assert ringed == [name.startswith("som-tam") for name in ids]
        first = next((i + 1 for i, hit in enumerate(ringed) if hit), None)
        said = f"first correct at rank {first}" if first else "no correct one in the first 8"
        assert instrument.text(f".is-{column} .found") == said
    assert instrument.page.is_visible(".is-tuned .is-correct .check")
    assert "correct" in instrument.page.get_attribute(".is-tuned .is-correct img", "alt")
    for i, name in enumerate(tuned):
        mark = instrument.page.locator(".is-tuned .delta").nth(i).text_content()
        up = base.index(name) - i if name in base else None
        assert mark == ("new" if up is None else f"▲{up}" if up > 0 else f"▼{-up}" if up else "")
    assert instrument.page.locator(".is-base .delta").all_text_contents() == [""] * 8


def test_names_carry_their_language_and_whether_they_are_verified(instrument: Instrument) -> None:
    instrument.start()
    first = instrument.page.locator(".is-tuned .tile").first
    assert first.locator(".local").text_content() == "ส้มตำ"
    assert first.locator(".local").get_attribute("lang") == "th"
    assert first.locator(".local").get_attribute("dir") == "auto"
    assert first.locator(".english").text_content() == "som tam green papaya salad"
    assert first.locator(".place").text_content() == "Thailand, Laos, Cambodia"
    tiles = instrument.page.evaluate("""(async () => { const {makeState} = await import('/fake.js');
        const {pictures} = makeState();
        return [...document.querySelectorAll('.tile')].map(t => [
          pictures[t.querySelector('img').src.split('/').pop().replace('.svg', '')].verified,
          t.querySelector('.unverified').hidden]); })()""")
    assert all(verified == hidden for verified, hidden in tiles)
    assert not all(verified for verified, _ in tiles)
    title = instrument.page.get_attribute(".unverified", "title")
    assert title == "name not yet verified by a native speaker"


def test_a_query_without_a_known_answer_says_so(instrument: Instrument) -> None:
    instrument.start()
    instrument.search("something blue")
    instrument.page.wait_for_function("document.querySelector('.unknown').textContent")
    assert instrument.text(".unknown") == "no known answer for this query"
    assert instrument.page.query_selector(".is-correct") is None
    assert instrument.text(".is-base .found") == ""


def test_data_never_becomes_markup(instrument: Instrument) -> None:
    evil = "<img src=x onerror='window.hacked=1'><b>x</b>"
    instrument.start(settle=False, plotly=True)
    instrument.page.evaluate(
        """async (evil) => {
        const {makeState, makeServer} = await import('/fake.js');
        const {mount} = await import('/instrument/instrument.js');
        instrument.destroy();
        const state = makeState();
        for (const p of Object.values(state.pictures)) p.name = p.english = p.place = evil;
        state.pair.title = state.pair.base.name = state.pair.tuned.name = evil;
        state.pairs = state.pairs.map(p => ({...p, title: evil}));
        state.examples = [{lang: 'tha', langName: evil, text: evil, gloss: evil}];
        state.sweepStatus.message = state.sweeps.test.metric = evil;
        state.ticks = [{kind: 'grp', alpha: 0.5, label: evil, title: evil}];
        state.preview.query = state.initial.query = evil;
        window.instrument = mount(document.getElementById('host'), state, makeServer());
    }""",
        evil,
    )
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.page.wait_for_selector(".tile img")
    instrument.page.click("button:text-is('Table')")
    assert instrument.page.evaluate("window.hacked") is None
    assert instrument.page.query_selector("#host img[src='x']") is None
    assert instrument.text(".is-base .model") == evil


# Curves


def test_curves_show_measured_points_bands_and_direct_labels(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    traces = instrument.figure("g.data.map(t => [t.name, t.line.dash, t.marker?.symbol, t.fill])")
    assert [t[3] for t in traces] == ["toself", "toself", None, None, None]
    assert traces[3][:3] == ["global", "dash", "square"]
    assert traces[4][:3] == ["cultural", "solid", "circle"]
    colours = instrument.figure("g.data.slice(2).map(t => t.line.color.toLowerCase())")
    assert colours[1:] == ["#0072b2", "#d55e00"]
    notes = instrument.figure("g.layout.annotations.map(a => a.text)")
    assert {"<b>cultural</b>", "<b>global</b>", "<b>GRP</b>", "α*", "α<sub>KOF</sub>"} <= set(notes)
    assert instrument.figure("g.layout.yaxis.title.text") == "text→image R@1, 0–100"
    assert instrument.figure("g.layout.xaxis.title.text") == "α, share of the tuned checkpoint"
    assert not instrument.page.query_selector(".plot .modebar .modebar-btn")


def test_zoom_survives_everything_and_can_be_reset(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    home = instrument.ranges()
    zoomed = instrument.zoom()
    assert zoomed == [0.2, 0.7, 70, 95]
    instrument.grab(0.45)
    instrument.drag(0.66)
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    assert instrument.ranges() == zoomed
    instrument.page.click("button:text-is('validation')")
    instrument.page.evaluate("document.body.classList.add('dark')")
    instrument.page.set_viewport_size({"width": 1300, "height": 900})
    instrument.page.wait_for_timeout(200)
    assert instrument.ranges() == zoomed
    instrument.page.click("button:text-is('Reset zoom')")
    assert instrument.ranges() == home
    assert not instrument.page.is_visible(".reset")


def test_colours_follow_the_theme_live(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    ink = "g.layout.shapes[0].line.color"
    light = instrument.figure(ink)
    instrument.page.evaluate("document.body.classList.add('dark')")
    instrument.page.wait_for_function(
        f"(g => {ink})(document.querySelector('.plot')) !== '{light}'"
    )
    assert instrument.page.get_attribute(".ggez", "data-scheme") == "dark"
    instrument.page.evaluate("document.documentElement.dataset.theme = 'light'")
    instrument.page.wait_for_function(
        f"(g => {ink})(document.querySelector('.plot')) === '{light}'"
    )


def test_the_first_picture_waits_for_the_stylesheet(instrument: Instrument) -> None:
    instrument.page.route("**/instrument.css", lambda route: (time.sleep(0.3), route.continue_()))
    instrument.start()  # the stub is there at once, the palette is not
    assert instrument.figure("g.data.at(-1).line.color") == "#d55e00"
    assert "Noto Sans" in instrument.figure("g.layout.font.family")


def test_the_split_switch_and_the_table_show_what_was_measured(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    before = instrument.text(".sentence")
    instrument.page.click("button:text-is('validation')")
    instrument.frame()
    assert instrument.text(".sentence") != before
    instrument.page.click("button:text-is('Table')")
    rows = instrument.page.locator(".numbers tbody tr")
    assert rows.count() == 21
    assert instrument.page.locator(".numbers [aria-current] th").all_text_contents() == ["0.45"]
    points = instrument.page.evaluate(
        "(async () => (await import('/fake.js')).sweep('validation').points)()"
    )
    regional = points[3]["regional"]
    cell = rows.nth(3).locator("td").first.text_content()
    assert cell == f"{regional['value']:.1f} {regional['low']:.1f}–{regional['high']:.1f}"
    assert instrument.page.locator(".numbers thead th[scope=col]").count() == 6
    instrument.type_alpha("0.9")
    instrument.page.wait_for_selector(".numbers tr[data-alpha='0.9'][aria-current]")
    instrument.page.click("button:text-is('Table')")
    instrument.frame()
    assert instrument.figure("[g.layout.shapes[0].x0, g.layout.shapes[1].xanchor]") == [0.9, 0.9]


def test_without_plotly_the_table_has_every_number(instrument: Instrument) -> None:
    instrument.start("{state: {plotlyUrl: '/missing.js'}}", settle=False, plotly=True)
    instrument.page.wait_for_selector(".stage[data-mode=table]")
    assert instrument.page.locator(".numbers tbody tr").count() == 21
    assert "did not load" in instrument.text(".curves .foot")


def test_a_missing_sweep_says_which_command_measures_it(instrument: Instrument) -> None:
    missing = "{sweeps: {test: null, validation: null}, sweepStatus: {state: 'missing'}, ticks: []}"
    instrument.start(f"{{state: {missing}}}", settle=False)
    instrument.page.wait_for_selector(EXACT)
    assert instrument.text(".notice code") == "python -m ggez sweep pocket"
    instrument.type_alpha("0.8")
    instrument.page.wait_for_selector(EXACT)


def test_a_running_sweep_is_polled_but_never_during_a_drag(instrument: Instrument) -> None:
    running = "{state: 'running', done: 4, total: 21, message: ''}"
    instrument.start(f"{{state: {{sweepStatus: {running}}}}}")
    assert "Measuring 4 of 21 α" in instrument.text(".curves .foot")
    instrument.grab(0.45)
    instrument.page.wait_for_timeout(2300)
    assert instrument.calls() == []
    instrument.page.mouse.up()
    instrument.page.evaluate(
        "behaviour.status = () => ({sweepStatus: {state: 'ready', done: 21, total: 21}})"
    )
    instrument.page.wait_for_function("calls.some(c => c.name === 'status')", timeout=3000)
    instrument.page.wait_for_timeout(2200)
    assert len(instrument.calls("status")) == 1
    assert "Measuring" not in instrument.text(".curves .foot")


# The slider's other ways in


def test_a_tick_jumps_and_labels_do_not_overlap(instrument: Instrument) -> None:
    instrument.start()
    boxes = instrument.page.eval_on_selector_all(
        ".tick", "all => all.map(t => t.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    boxes.sort()
    assert all(left[1] <= right[0] for left, right in pairwise(boxes))
    instrument.page.click(".tick.is-grp")
    instrument.page.wait_for_selector(EXACT)
    assert (instrument.alpha(), instrument.badge()) == ("0.60", "exact α = 0.60")


@pytest.mark.parametrize("text", ["1.2", "-0.1", "much", "", "0.4.5"])
def test_a_typed_value_that_is_no_alpha_leaves_the_old_one(
    instrument: Instrument, text: str
) -> None:
    instrument.start()
    instrument.type_alpha(text)
    assert "is not an α: type a number from 0 to 1" in instrument.line()
    assert instrument.alpha() == "0.45"
    assert instrument.calls() == []


# The address


def test_the_address_follows_and_is_read(instrument: Instrument) -> None:
    instrument.start(address="?__theme=light")
    instrument.search("nón lá")
    instrument.page.wait_for_function("calls.length === 2")
    instrument.type_alpha("0.37")
    instrument.page.wait_for_selector(EXACT)
    address = urlparse(instrument.page.url)
    wanted = {"__theme": ["light"], "pair": ["pocket"], "alpha": ["0.37"], "q": ["nón lá"]}
    assert parse_qs(address.query) == wanted
    assert instrument.page.evaluate("history.length") <= 2
    instrument.start(address=f"?{address.query}")
    assert instrument.badge() == "exact α = 0.37"
    assert instrument.text(".asked") == "“nón lá”"
    assert instrument.page.input_value(".query") == "nón lá"


@pytest.mark.parametrize(
    ("address", "alpha", "said"),
    [
        ("?alpha=many", "0.45", "no number"),
        ("?alpha=7", "1.00", "α runs from 0 to 1"),
        ("?pair=gone", "0.45", "unknown here"),
        (f"?q={'y' * 301}", "0.45", "too long"),
    ],
)
def test_a_bad_address_is_clamped_and_said(
    instrument: Instrument, address: str, alpha: str, said: str
) -> None:
    instrument.start(address=address)
    assert instrument.alpha() == alpha
    assert said in instrument.line()


# Pairs


def test_another_pair_is_opened_in_place(instrument: Instrument) -> None:
    instrument.start("{latency: 150}")
    height = instrument.page.evaluate("document.querySelector('.ggez').offsetHeight")
    instrument.page.select_option(".picker", "second")
    instrument.page.wait_for_selector(".ggez[aria-busy=true]")
    assert instrument.page.evaluate("document.querySelector('.ggez').offsetHeight") == height
    instrument.page.wait_for_selector(".ggez:not([aria-busy])")
    instrument.page.wait_for_selector(EXACT)
    assert [call["name"] for call in instrument.calls()] == ["open", "exact"]
    assert instrument.calls("exact")[0]["pair"] == "second"
    assert instrument.page.evaluate("document.querySelector('.ggez').offsetHeight") == height


def test_a_pair_that_does_not_open_leaves_the_old_one(instrument: Instrument) -> None:
    instrument.start("{errors: {open: 'second: model.safetensors is missing.'}}")
    instrument.page.select_option(".picker", "second")
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line() == "second: model.safetensors is missing."
    assert instrument.page.input_value(".picker") == "pocket"
    instrument.type_alpha("0.2")
    instrument.page.wait_for_selector(EXACT)


def test_skeletons_have_the_size_of_what_comes(instrument: Instrument) -> None:
    instrument.start("{latency: 400}", address="?pair=second&alpha=0.3", settle=False)
    assert instrument.page.is_visible(".retrieval.is-loading .frame")
    size = "JSON.stringify(document.querySelector('.tiles').getBoundingClientRect())"
    loading = json.loads(instrument.page.evaluate(size))
    instrument.page.wait_for_selector(EXACT)
    instrument.page.wait_for_selector(".stage.is-drawn")
    assert json.loads(instrument.page.evaluate(size)) == pytest.approx(loading, abs=1)
    assert (instrument.alpha(), instrument.calls()[0]["name"]) == ("0.30", "open")


def test_published_numbers_are_shown_as_such(instrument: Instrument) -> None:
    instrument.start("{pair: 'siglip2'}", settle=False, plotly=True)
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.grab(0.45)
    instrument.drag(0.6)
    instrument.page.mouse.up()
    instrument.page.wait_for_timeout(250)
    assert instrument.text(".sentence").startswith("Nearest published, α = 0.50:")
    assert "the checkpoints; so no retrieval" in instrument.text(".published")
    assert instrument.page.is_disabled(".query")
    assert instrument.calls() == []
    assert instrument.figure("g.data.length") == 3  # no band where there is no interval


def test_a_family_without_a_panel_still_has_curves(instrument: Instrument) -> None:
    instrument.start("{pair: 'pocket-diffusion'}", settle=False)
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.page.wait_for_selector(".published, .generation")


# The screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_whole_story_fits_one_screen(instrument: Instrument, scheme: str) -> None:
    instrument.start(plotly=True)
    instrument.page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    curves = instrument.page.locator(".curves").bounding_box()
    retrieval = instrument.page.locator(".retrieval").bounding_box()
    assert curves["x"] + curves["width"] <= retrieval["x"]
    assert max(box["y"] + box["height"] for box in (curves, retrieval)) <= 900
    contrast = instrument.page.evaluate("""() => {
        const light = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
            .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
            return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
        const ground = light(getComputedStyle(document.querySelector('.panel')).backgroundColor);
        return ['.lead', '.stat.is-cultural b', '.stat.is-global b', '.foot', '.model', '.rank',
          '.tick.is-human', '.english', '.end b'].map(s => { const own = light(getComputedStyle(
            document.querySelector(s)).color); return [s, (Math.max(own, ground) + 0.05)
            / (Math.min(own, ground) + 0.05)]; }).filter(([, ratio]) => ratio < 4.5); }""")
    assert contrast == []


def test_on_a_phone_merged_comes_first_and_nothing_scrolls_sideways(browser, origin: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    phone = Instrument(context.new_page(), origin).start()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    tops = {
        name: phone.page.locator(f".column.is-{name}").bounding_box()["y"]
        for name in ("merged", "base", "tuned")
    }
    assert tops["merged"] < tops["base"] < tops["tuned"]
    assert phone.page.locator(".column.is-base").bounding_box()["height"] < 130
    assert phone.page.locator(".range").bounding_box()["height"] >= 48
    assert phone.page.eval_on_selector(".range", "r => getComputedStyle(r).touchAction") == "pan-y"
    phone.page.evaluate("window.scrollTo(0, 700)")
    phone.frame()
    assert phone.page.locator(".alpha").bounding_box()["y"] == 0  # α stays in reach
    assert phone.problems == []
    context.close()


def test_destroy_leaves_nothing_behind(instrument: Instrument) -> None:
    instrument.start("{latency: 200}", plotly=True)
    instrument.type_alpha("0.8")
    instrument.page.evaluate("instrument.destroy()")
    assert instrument.page.evaluate(f"{HOST}.childNodes.length") == 0
    instrument.page.mouse.down()
    instrument.page.mouse.up()
    instrument.page.evaluate("document.body.classList.add('dark')")
    instrument.page.wait_for_timeout(400)
    assert instrument.calls() == []
    instrument.page.evaluate("start()")
    instrument.page.wait_for_selector(EXACT)
