"""A window of the planner, the server behind it, and how a reader's hand and eye use it."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, Locator, Page, expect

from coverplan.app.planner import Planner
from coverplan.app.server import create_app
from coverplan.core.model import Study
from coverplan.roads.network import Network

LONG_MS = 30_000
MARKER = ".cp-symbol[data-facility='{}']"


@dataclass
class Server:
    """The planner's server on the toy county, in a thread; it can be stopped and started anew at the same address."""

    study: Study
    network: Network
    folder: Path
    port: int = 0
    planner: Planner = field(init=False)
    running: uvicorn.Server = field(init=False)
    thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Start with no desk in memory; what was saved is in the folder."""
        self.planner = Planner.of(self.study, self.network, scenarios=self.folder)
        app = create_app(self.planner)
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", timeout_graceful_shutdown=1)
        self.running = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.running.run, daemon=True)
        self.thread.start()
        while not self.running.started:
            assert self.thread.is_alive(), "the server ended before it began"
            time.sleep(0.02)
        self.port = self.running.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        """End the server and everything that it was doing."""
        self.running.should_exit = True
        self.thread.join(timeout=30)
        self.planner.close()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/"


@dataclass
class Desk:
    """A window of the planner, and what went wrong in it."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        """Return what an element says."""
        return self.page.locator(selector).inner_text()

    def figure(self, rule_id: str) -> str:
        """Return the figure on the card of a rule."""
        return self.text(f'article[data-rule="{rule_id}"] .figure')

    def begin_anew(self) -> None:
        """Sit down at a desk of its own where nothing is changed, in Chinese, with no tool in hand."""
        self.page.keyboard.press("Escape")
        self.page.evaluate(
            """async () => {
              for (const box of document.querySelectorAll("dialog")) box.close();
              if (document.documentElement.lang === "en") document.getElementById("language").click();
              document.getElementById("tab-gaps").click();
              const { desk } = await import("/static/page/desk.js");
              await desk.open(null);
            }"""
        )

    def show(self, rule_id: str) -> None:
        """Choose which rule the map shows."""
        self.page.locator("#shown-rule").select_option(rule_id)
        expect(self.page.locator(f'article.shown[data-rule="{rule_id}"]')).to_be_attached(timeout=LONG_MS)

    def at(self, facility_id: str) -> list[float]:
        """Return where the page has a facility, lon and lat."""
        found: list[float] = self.page.evaluate(
            "(id) => coverplan.store.state.facilities.find((one) => one.facility_id === id).at", facility_id
        )
        return found

    def painted(self) -> dict[str, int]:
        """Return how many pixels of the canvas are in the colour of each state of a demand point."""
        found: dict[str, int] = self.page.evaluate(
            """async () => {
              const { COLOURS } = await import("/static/page/points.js");
              const canvas = document.querySelector("canvas.points");
              const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
              copy.drawImage(canvas, 0, 0);
              const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
              const of = (css) => [1, 3, 5].map((i) => parseInt(css.slice(i, i + 2), 16));
              const counted = ["out", "in", "new", "lost"].map((name, code) => {
                const [r, g, b] = of(COLOURS[code]);
                let n = 0;
                for (let i = 0; i < data.length; i += 4) n += data[i] === r && data[i + 1] === g && data[i + 2] === b;
                return [name, n];
              });
              return Object.fromEntries(counted);
            }"""
        )
        return found

    def on_screen(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a position is in the window."""
        box = self.page.locator("#map").bounding_box()
        assert box is not None
        point = self.page.evaluate("(at) => coverplan.map.latLngToContainerPoint(at)", [lat, lon])
        return box["x"] + point["x"], box["y"] + point["y"]

    def drag(self, facility_id: str, east_px: int, south_px: int, *, drop: bool = True) -> None:
        """Drag a facility's symbol over the map."""
        self.pull(self.page.locator(MARKER.format(facility_id)), east_px, south_px, drop=drop)

    def pull(self, symbol: Locator, east_px: int, south_px: int, *, drop: bool = True) -> None:
        """Drag a symbol over the map, as a hand does it."""
        mouse, box = self.page.mouse, symbol.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.down()
        for step in range(1, 6):
            mouse.move(x + east_px * step / 5, y + south_px * step / 5)
        if drop:
            mouse.up()

    def edits(self, n: int) -> None:
        """Wait until the list of changes has so many."""
        expect(self.page.locator("#view-edits .edits li")).to_have_count(n, timeout=LONG_MS)

    def suggest(self, kind: str, *, k: int, seconds: int, rule: str = "") -> None:
        """Ask where some facilities would do most good."""
        self.page.locator("#tool-suggest").click()
        self.page.locator("dialog [name=kind]").select_option(kind)
        self.page.locator("dialog [name=k]").fill(str(k))
        self.page.locator("dialog [name=seconds]").fill(str(seconds))
        if rule:
            self.page.locator("dialog [name=rule]").select_option(rule)
        self.page.locator("dialog button.first").click()

    def overhang(self) -> list[str]:
        """Return what of the page lies beyond the window's edges, and controls that nobody has named."""
        found: list[str] = self.page.evaluate(
            """() => {
              const wide = document.documentElement.clientWidth;
              const parts = "button, select, input, summary, h1, .figure, .word, .limit, p";
              const seen = [...document.querySelectorAll(parts)].filter(
                (one) => one.checkVisibility() && one.getBoundingClientRect().width > 0 && !one.closest(".tools"));
              const beyond = seen.filter((one) => {
                const { left, right } = one.getBoundingClientRect();
                return left < -1 || right > wide + 1;
              });
              const named = (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.title
                || (one.labels && one.labels.length);
              const nameless = seen.filter((one) => one.matches("button, select, input") && !named(one));
              return [...beyond, ...nameless].map((one) => one.outerHTML.slice(0, 100));
            }"""
        )
        return found

    def tab(self, name: str) -> None:
        """Open one of the tabs."""
        self.page.locator(f"#tab-{name}").click()


def sit_down(browser: Browser, server: Server, *, width: int = 1280, height: int = 800, touch: bool = False) -> Desk:
    """Open a window of the planner, noting whatever goes wrong and whatever it asks of another address."""
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=touch, accept_downloads=True)
    page = context.new_page()
    desk = Desk(page=page)
    note = desk.faults.append
    page.on("console", lambda message: note(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("request", lambda one: note(one.url) if not one.url.startswith(server.address) else None)
    page.goto(server.address)
    page.wait_for_selector("body.ready", timeout=LONG_MS)
    return desk
