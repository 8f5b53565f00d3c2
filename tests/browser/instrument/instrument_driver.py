"""One mounted instrument and what a person or the server does to it."""

from __future__ import annotations

EXACT = ".is-merged .badge.is-exact"


class Instrument:
    """The harness page of `serve.py`, driven."""

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

    def settle(self) -> None:
        """Wait for the exact answer to the slider's own α."""
        self.page.wait_for_function(
            "() => document.querySelector('.is-merged .badge.is-exact')?.innerText.trim()"
            " === 'exact α = ' + document.querySelector('.number').value"
        )

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

    def view(self, name: str) -> None:
        self.page.click(f".curves button:text-is('{name}')")
        self.frame()

    def fake(self, expression: str):
        """An expression over the fake's exports, as `fake`."""
        return self.page.evaluate(
            f"(async () => (fake => {expression})(await import('/fake.js')))()"
        )

    def zoom(self) -> list:
        self.page.evaluate(
            "Plotly.relayout(document.querySelector('.plot'), {'xaxis.range[0]': 0.2,"
            " 'xaxis.range[1]': 0.7, 'yaxis.range[0]': 70, 'yaxis.range[1]': 95})"
        )
        return self.ranges()

    def ranges(self) -> list:
        return self.figure("[...g._fullLayout.xaxis.range, ...g._fullLayout.yaxis.range]")
