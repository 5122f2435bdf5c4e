"""What a visitor's browser feels of the widget, on a page of the demo shop.

python bench/widget.py [--json] [--runs N]

`launcher_ms`: from the start of the navigation until the launcher is painted; `shift`: the page's
cumulative layout shift; `usable_ms`: from the click until the text box is there; `bubble_ms`: from
Enter until the visitor's own line is painted; `bytes`: what travels, packed. Medians, at full speed
and with the browser's CPU slowed down to a quarter.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, CDPSession, Frame, Page, sync_playwright

from bench.stack import UNLIMITED, durable_stack
from tests.stack import Stack, Web

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SPEEDS = {"full": 1, "quarter": 4}

WATCH = """
window.figures = { shift: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) figures.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const painted = (then) => requestAnimationFrame(() => setTimeout(then, 0));
const seek = new MutationObserver(() => {
  if (!document.querySelector("helpdesk-chat")?.shadowRoot?.querySelector("button.launcher")) return;
  seek.disconnect();
  painted(() => (figures.launcher = performance.now()));
});
document.addEventListener("DOMContentLoaded", () => {
  if (window === top) seek.observe(document.documentElement, { childList: true });
});
"""
# The line is in the document before Enter's event ends; what takes time is painting it.
BUBBLE = """
() => new Promise((resolve) => {
  const box = document.getElementById("text");
  box.value = "How long does delivery take?";
  box.dispatchEvent(new Event("input"));
  const before = document.querySelectorAll(".line.own").length;
  const began = performance.now();
  const look = () => {
    if (document.querySelectorAll(".line.own").length > before)
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began), 0));
    else setTimeout(look, 0);
  };
  const enter = { key: "Enter", bubbles: true, cancelable: true };
  box.dispatchEvent(new KeyboardEvent("keydown", enter));
  look();
})
"""
USABLE = """
() => new Promise((resolve) => {
  const root = document.querySelector("helpdesk-chat").shadowRoot;
  const began = performance.now();
  root.querySelector("button.launcher").click();
  const look = () => {
    const frame = root.querySelector("iframe");
    if (frame && !frame.className) resolve(performance.now() - began);
    else setTimeout(look, 0);
  };
  look();
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with durable_stack() as made, made.web(**UNLIMITED) as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        figures: dict[str, Any] = {
            name: measure(browser, made, web, slowdown, options.runs)
            for name, slowdown in SPEEDS.items()
        }
        figures["bytes"] = travelling(browser, web)
        browser.close()
    print(json.dumps(figures) if options.json else json.dumps(figures, indent=2))


def chromium() -> str:
    return os.environ.get("HELPDESK_TEST_CHROMIUM", CHROMIUM)


def measure(browser: Browser, made: Stack, web: Web, slowdown: int, runs: int) -> dict[str, float]:
    """Medians over fresh visitors; the first one only warms the server."""
    made.query("UPDATE sites_site SET allowed_pages = %s WHERE key = 'demo'", [web.demo_url])
    seen = [visit(browser, web, slowdown) for _ in range(runs + 1)][1:]
    return {name: round(statistics.median(run[name] for run in seen), 3) for name in seen[0]}


def visit(browser: Browser, web: Web, slowdown: int) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.add_init_script(WATCH)
    page = context.new_page()
    slowed(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(f"{web.demo_url}/demo/?lang=en")
    page.wait_for_function("figures.launcher")
    usable = page.evaluate(USABLE)
    frame = frame_of(page)
    bubble = frame.evaluate(BUBBLE)
    frame.wait_for_selector(".line.bot[data-seq]")
    again = frame.evaluate(BUBBLE)
    found = page.evaluate("figures")
    context.close()
    return {
        "launcher_ms": found["launcher"],
        "shift": found["shift"],
        "usable_ms": usable,
        "first_bubble_ms": bubble,
        "bubble_ms": again,
    }


def slowed(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def frame_of(page: Page) -> Frame:
    page.wait_for_function(
        "document.querySelector('helpdesk-chat').shadowRoot.querySelector('iframe')"
    )
    return next(frame for frame in page.frames if "/w/1/frame/" in frame.url)


def travelling(browser: Browser, web: Web) -> dict[str, dict[str, int]]:
    """Packed bytes of every body, before the panel opens and by opening it, in each language."""
    return {language: _travelled(browser, web, language) for language in ("en", "zh-Hans")}


def _travelled(browser: Browser, web: Web, language: str) -> dict[str, int]:
    context = browser.new_context()
    page = context.new_page()
    sizes: dict[str, int] = {}
    page.on("requestfinished", lambda request: sizes.update(_size(request, web.base_url)))
    page.goto(f"{web.demo_url}/demo/?lang={language}")
    page.wait_for_selector("helpdesk-chat button.launcher")
    page.wait_for_load_state("networkidle")
    before = sum(sizes.values())
    page.evaluate(USABLE)
    page.wait_for_load_state("networkidle")
    context.close()
    return {"before": before, "opening": sum(sizes.values()) - before}


def _size(request: Any, origin: str) -> dict[str, int]:
    if not request.url.startswith(origin):
        return {}
    return {request.url: request.sizes()["responseBodySize"]}


if __name__ == "__main__":
    main()
