"""A map page open in the browser, and how a reader's hand and eye use it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from playwright.sync_api import Browser, Locator, Page


@dataclass
class Opened:
    """A page, and what went wrong on it: console errors, exceptions, failed or outside requests."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def hover(self, lat: float, lon: float) -> str:
        """Put the pointer on a position of the map; return what the tooltip says."""
        box = self.page.locator(".folium-map").bounding_box()
        assert box is not None
        point: dict[str, float] = self.page.evaluate(
            "([lat, lon]) => coverplan.map.latLngToContainerPoint([lat, lon])", [lat, lon]
        )
        self.page.mouse.move(box["x"] + point["x"] - 4, box["y"] + point["y"] - 4)
        self.page.mouse.move(box["x"] + point["x"], box["y"] + point["y"])
        return self.tip()

    def tip(self) -> str:
        """Return what the one tooltip says."""
        tip = self.page.locator(".cp-tip")
        tip.wait_for(timeout=3000)
        return tip.inner_text()

    def rule(self, rule_id: str) -> Locator:
        """Return the card of a rule in the panel."""
        return self.page.locator(f'article.verdict[data-rule="{rule_id}"]')

    def choose(self, rule_id: str, button: str) -> None:
        """Open a rule's card and press one of its buttons."""
        card = self.rule(rule_id)
        if "chosen" not in (card.get_attribute("class") or ""):
            card.locator("button.head").click()
        card.locator("button.show", has_text=button).click()

    def data(self) -> Any:
        """Return the data the page was given, read from its file."""
        html = Path(unquote(urlparse(self.page.url).path)).read_text(encoding="utf-8")
        return json.loads(html.split('id="coverplan-data">', 1)[1].split("</script>", 1)[0])


def open_page(browser: Browser, path: Path, *, width: int, height: int, ready: str = "body.ready") -> Opened:
    """Open a file and wait until the map is ready: until something can be seen."""
    page = browser.new_page(viewport={"width": width, "height": height})
    opened = Opened(page=page)
    note = opened.faults.append
    page.on("console", lambda message: note(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(str(error)))
    page.on("requestfailed", lambda request: note(f"failed: {request.url[:100]}"))
    page.on("request", lambda request: note(request.url) if not request.url.startswith(("file:", "data:")) else None)
    page.goto(path.as_uri())
    page.wait_for_selector(ready, timeout=20_000)
    return opened
