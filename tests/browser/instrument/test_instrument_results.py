"""What the retrieval panel shows, by shape and in words."""

from __future__ import annotations

from instrument_driver import Instrument


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
