"""A drag: what it shows, and that it asks nobody."""

from __future__ import annotations

from instrument_driver import EXACT, Instrument


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
    boxes = """[...document.querySelectorAll(
        '.frame, .panel, .sentence, .stats, .stage, .weight, .caption')]
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
    sentence = instrument.text(".words")
    measured = instrument.page.evaluate(
        "(async () => (await import('/fake.js')).sweep('test').points[16])()"
    )
    assert sentence.startswith("Nearest measured α = 0.80 gains ")
    assert f"cultural {measured['regional']['value']:.1f} +" in instrument.text(".stats")
    assert f"keeps {measured['retention']['value'] * 100:.1f} % of global" in sentence
    instrument.drag(0.8)
    assert instrument.text(".words").startswith("α = 0.80 gains ")
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    assert instrument.page.evaluate("drawings") == 0
    assert instrument.figure("JSON.stringify(g.data.map(t => t.y))") == points
