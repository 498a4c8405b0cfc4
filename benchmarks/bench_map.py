"""How heavy the map page is, and how soon it can be used: Jinjiang with ever more demand points, in headless Chromium.

    python benchmarks/bench_map.py [--points 0 20000 200000] [--opens 5]

More points are made from those of the study: each is split into several around it, from a seed, and its people are
shared out, so every total stays. "Usable" is the time from opening the file until the page listens; "points" what
it takes to unpack and draw all demand points for the first time; "zoom" to draw them again; "features" how many shapes
and symbols the browser holds at the start. Every row first looks whether the pointer still reads people and minutes.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import coverplan as cp
from coverplan.core.model import Study

SEED = 20
SPREAD_M = 150.0
LIMIT_BYTES, LIMIT_FEATURES = 3_000_000, 2000


def must(holds: bool, otherwise: str) -> None:
    """End the run when something that the page promises does not hold."""
    if not holds:
        raise SystemExit(otherwise)


def with_points(study: Study, n_points: int) -> Study:
    """Return the study with about so many demand points, none of its people lost."""
    people = study.people
    times = max(1, round(n_points / len(people)))
    if times == 1:
        return study
    rng = np.random.default_rng(SEED)
    rows = people.loc[np.repeat(people.index, times)].reset_index(drop=True)
    part = np.tile(np.arange(times), len(people))
    total = np.repeat(people["people"].to_numpy(), times)
    moved = rng.normal(0, SPREAD_M, (len(rows), 2)) * (part > 0)[:, None]
    points = gpd.GeoSeries.from_xy(rows.geometry.x + moved[:, 0], rows.geometry.y + moved[:, 1], crs=study.crs)
    rows["people"] = (total * (part + 1) // times - total * part // times).astype(people["people"].dtype)
    rows["point_id"] = [f"{name}-{i}" for name, i in zip(rows["point_id"], part, strict=True)]
    return replace(study, people=rows.set_geometry(points))


def opened(browser: Browser, path: Path) -> tuple[Page, float, float]:
    """Open the page; return it, the milliseconds until it listens, and the CPU time of its main thread until then."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    inspector = page.context.new_cdp_session(page)
    inspector.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.add_init_script(
        "new MutationObserver(() => { if (document.querySelector('body.ready') && !window.usable)"
        " window.usable = performance.now(); }).observe(document, { subtree: true, attributeFilter: ['class'] });"
    )
    page.goto(path.as_uri())
    page.wait_for_function("window.usable", timeout=120_000)
    told = {one["name"]: one["value"] for one in inspector.send("Performance.getMetrics")["metrics"]}
    return page, float(page.evaluate("window.usable")), 1000 * told["TaskDuration"]


def measure(browser: Browser, path: Path, opens: int) -> dict[str, Any]:
    """Return the medians for one page."""
    usable, thread = [], []
    for _ in range(opens):
        page, milliseconds, cpu = opened(browser, path)
        usable.append(milliseconds)
        thread.append(cpu)
        page.close()
    page, _, _ = opened(browser, path)
    features = page.locator(".leaflet-map-pane path, .leaflet-map-pane .leaflet-marker-icon").count()
    box = page.locator(".folium-map").bounding_box()
    must(box is not None, "the map has no frame")
    box = cast(Any, box)
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.38)
    page.mouse.move(box["x"] + box["width"] * 0.3 + 3, box["y"] + box["height"] * 0.38 + 3)
    must("min" in page.locator(".cp-pointer").inner_text(timeout=5000), "the pointer no longer reads minutes")
    clock = (
        "async (work) => { const at = performance.now(); eval(work);"
        " await new Promise(requestAnimationFrame); return performance.now() - at; }"
    )
    first = page.evaluate(clock, """document.querySelector('[data-id="theme points"]').click()""")
    zoom = page.evaluate(clock, "coverplan.map.setZoom(coverplan.map.getZoom() + 1, { animate: false })")
    heap = page.evaluate("performance.memory.usedJSHeapSize / 1e6")
    page.close()
    times = {"usable": statistics.median(usable), "thread": statistics.median(thread), "points": first, "zoom": zoom}
    return {**times, "heap": heap, "features": features}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[0, 20_000, 200_000])
    parser.add_argument("--opens", type=int, default=5)
    asked = parser.parse_args()
    chromium = next(
        found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))
    )
    study = cp.read_study(cp.sample_config("jinjiang"))
    network = cp.build_network(study)
    load = f"{os.getloadavg()[0]:.1f}"
    print(f"{platform.machine()}, Python {platform.python_version()}, coverplan {cp.__version__}, load {load}\n")
    heads = "demand points|rules|writing, s CPU|page, MB|usable, ms|CPU of it, ms|points, ms|zoom, ms|heap, MB|features"
    print(f"| {heads.replace('|', ' | ')} |")
    print("|---:" * (heads.count("|") + 1) + "|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for n_points in asked.points:
            larger = with_points(study, n_points)
            assessment = cp.assess(larger, network)
            path = Path(folder) / f"{n_points}.html"
            began = time.process_time()
            cp.write_map(assessment, path)
            wrote = time.process_time() - began
            size = path.stat().st_size
            told = measure(browser, path, asked.opens)
            must(size < LIMIT_BYTES, f"the page has {size:,} bytes")
            must(told["features"] <= LIMIT_FEATURES, f"the page holds {told['features']} features")
            cells = [f"{len(larger.people):,}", len(assessment.verdicts), f"{wrote:.1f}", f"{size / 1e6:.2f}"]
            cells += [f"{told[name]:.0f}" for name in ("usable", "thread", "points", "zoom", "heap", "features")]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
