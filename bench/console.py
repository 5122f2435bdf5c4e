"""What an operator's browser feels of the console, with 500 visitors in the queue.

    python bench/console.py [--json] [--minutes N] [--seconds N]

One web process, one console, and a bustle behind it: lines of visitors over their sockets, and a
colleague's changes of priority, which move rows, 20 events a second in all.

`first_paint_ms`: from the arrival of the snapshot in the page until its rows are painted, median of
five visits; `ready_ms` the same from the start of the navigation. `row_update`: what changes of rows
keep the page's thread busy, taking the frame and painting included, without the wait for the screen,
once some seconds have warmed the page up.
`open_thread`: from the click on a row until the lines are painted. `visitor_to_operator`: from the
send on a visitor's socket until the line stands in the operator's open conversation. `soak`: how the
heap and the nodes of the page grow under the bustle, after a collection of garbage. `_quarter`: the
same with the browser's CPU slowed down to a quarter. `gz_bytes`: scripts and styles, packed.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from bench.bustle import Queue, bustle, make_queue, visiting
from bench.stack import UNLIMITED, durable_stack
from bench.widget import ARGUMENTS, SPEEDS, chromium
from tests.stack import Web

ROWS = 500
VISITS = 5
THREADS = 20
LINES = 60
EVERY_S = 0.1
LOOK_MS = 20
GLANCE_MS = 1000
WARM_UP_MS = 4000
MB = 1_000_000
PERCENT = 100

WATCH = """
window.figures = { updates: [], seen: {} };
const later = requestAnimationFrame.bind(window);
const free = (act) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = act;
  port2.postMessage(0);
};
let frame = 0;
let spent = 0;
window.requestAnimationFrame = (act) =>
  later((time) => {
    if (!frame) free(() => (frame = 0));
    frame ||= performance.now();
    act(time);
  });
const took = {
  queue: (began) =>
    later(() =>
      free(() => {
        figures.first ??= performance.now() - began;
        figures.ready ??= performance.now();
      }),
    ),
  rows: (began) => {
    if (!spent) {
      later(() => {
        const painting = frame || performance.now();
        free(() => {
          figures.updates.push(spent + performance.now() - painting);
          spent = 0;
        });
      });
    }
    spent += performance.now() - began;
  },
};
const Native = WebSocket;
window.WebSocket = class extends Native {
  set onmessage(act) {
    super.onmessage =
      act &&
      ((event) => {
        const began = performance.now();
        act(event);
        took[/"type":"(\\w+)"/.exec(event.data.slice(0, 40))[1]]?.(began);
      });
  }
};
addEventListener("DOMContentLoaded", () => {
  const log = document.getElementById("log");
  new MutationObserver(() => {
    const now = performance.timeOrigin + performance.now();
    for (const [name] of log.textContent.matchAll(/line-\\d+/g)) figures.seen[name] ??= now;
  }).observe(log, { childList: true, subtree: true });
});
"""
OPEN = """
(at) => new Promise((resolve) => {
  const painted = (then) => requestAnimationFrame(() => setTimeout(then, 0));
  const log = document.getElementById("log");
  const list = document.getElementById("rows");
  list.scrollTop = at * list.querySelector("li").offsetHeight;
  painted(() => {
    const began = performance.now();
    list.querySelector(`[aria-posinset="${at + 1}"] .open`).click();
    const look = () => {
      if (!log.querySelector("[data-seq]")) setTimeout(look, 0);
      else painted(() => resolve(performance.now() - began));
    };
    look();
  });
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=1.0, help="length of the soak")
    options = parser.parse_args()
    with durable_stack() as made:
        queue = make_queue(ROWS)
        with made.web(**UNLIMITED) as web, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            figures = measure(browser, web, queue, options.seconds, options.minutes)
            browser.close()
    print(json.dumps(figures) if options.json else json.dumps(figures, indent=2))


def measure(
    browser: Browser, web: Web, queue: Queue, seconds: float, minutes: float
) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, slowdown in SPEEDS.items():
        suffix = "" if slowdown == 1 else f"_{name}"
        _say(f"first paint, {name} speed")
        for figure, ms in visits(browser, web, queue, slowdown).items():
            figures[f"{figure}{suffix}_ms"] = ms
        _say(f"row updates, {name} speed")
        figures[f"row_update{suffix}_p95_ms"] = updates(browser, web, queue, slowdown, seconds)
    console = sit(browser, web, queue)
    _say("threads")
    opened = threads(console)
    figures["open_thread_ms"] = round(statistics.median(opened), 1)
    figures["open_thread_p95_ms"] = p95(opened)
    _say("lines")
    figures["visitor_to_operator_p95_ms"] = p95(lines(console, web, queue))
    _say("soak")
    figures["soak"] = soak(console, web, queue, minutes)
    figures["gz_bytes"] = packed(browser, web, queue)
    return figures


def visits(browser: Browser, web: Web, queue: Queue, slowdown: int) -> dict[str, float]:
    """Medians; the first visit only warms the server."""
    seen = []
    for _ in range(VISITS + 1):
        console = sit(browser, web, queue, slowdown)
        seen.append(console.evaluate("figures"))
        console.context.close()
    return {
        name: round(statistics.median(one[key] for one in seen[1:]), 1)
        for name, key in (("first_paint", "first"), ("ready", "ready"))
    }


def updates(browser: Browser, web: Web, queue: Queue, slowdown: int, seconds: float) -> float:
    console = sit(browser, web, queue, slowdown)
    with bustle(web, queue):
        console.wait_for_timeout(WARM_UP_MS)
        cold = console.evaluate("figures.updates.length")
        console.wait_for_timeout(seconds * 1000)
    found = console.evaluate("figures.updates")[cold:]
    console.context.close()
    return p95(found)


def threads(console: Page) -> list[float]:
    """As fast as somebody reads: whoever walks faster has to ask again."""
    opened = []
    for at in range(THREADS):
        opened.append(console.evaluate(OPEN, at))
        console.wait_for_timeout(GLANCE_MS)
    return opened


def lines(console: Page, web: Web, queue: Queue) -> list[float]:
    """Milliseconds until each line of the visitor whose conversation is open has come."""
    session = console.locator("#rows [aria-current=true]").evaluate(
        "it => it.parentNode.dataset.id"
    )
    sent: dict[str, float] = {}
    with visiting(web, queue.tokens[session]) as say:
        for number in range(LINES):
            name = f"line-{number}"
            sent[name] = time.time() * 1000
            say(name)
            console.wait_for_timeout(EVERY_S * 1000)
        wait_until(console, f"Object.keys(figures.seen).length === {LINES}")
    seen = console.evaluate("figures.seen")
    return [seen[name] - at for name, at in sent.items()]


def soak(console: Page, web: Web, queue: Queue, minutes: float) -> dict[str, Any]:
    devtools = console.context.new_cdp_session(console)
    devtools.send("Performance.enable")
    before, nodes = kept(devtools)
    with bustle(web, queue) as events:
        console.wait_for_timeout(minutes * 60_000)
    after, more_nodes = kept(devtools)
    return {
        "minutes": minutes,
        "events": len(events),
        "heap_mb": [round(before / MB, 2), round(after / MB, 2)],
        "heap_growth_percent": round((after / before - 1) * PERCENT, 1),
        "nodes": [nodes, more_nodes],
    }


def kept(devtools: CDPSession) -> tuple[int, int]:
    """Bytes of the heap and nodes that are still there after a collection of garbage."""
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    used = devtools.send("Runtime.getHeapUsage")["usedSize"]
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return used, next(one["value"] for one in metrics if one["name"] == "Nodes")


def sit(browser: Browser, web: Web, queue: Queue, slowdown: int = 1) -> Page:
    """A console whose queue is painted."""
    context = signed_in(browser, web, queue)
    context.add_init_script(WATCH)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.goto(f"{web.base_url}/admin/console/")
    wait_until(page, "figures.ready")
    count = int(page.locator(".row").first.get_attribute("aria-setsize") or 0)
    if count < ROWS:
        raise RuntimeError(f"{count} rows of {ROWS} are there")
    return page


def wait_until(page: Page, expression: str) -> None:
    """Playwright's own would evaluate strings in the page, which its policy forbids."""
    while not page.evaluate(expression):
        page.wait_for_timeout(LOOK_MS)


def signed_in(browser: Browser, web: Web, queue: Queue) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 860}, locale="en-GB")
    name, value = queue.login
    context.add_cookies([{"name": name, "value": value, "url": web.base_url}])
    return context


def packed(browser: Browser, web: Web, queue: Queue) -> int:
    context = signed_in(browser, web, queue)
    page = context.new_page()
    sizes: list[int] = []

    def add(response: Any) -> None:
        if urlsplit(response.url).path.endswith((".js", ".css")):
            sizes.append(len(gzip.compress(response.body(), 9)))

    page.on("response", add)
    page.goto(f"{web.base_url}/admin/console/")
    page.wait_for_selector(".row")
    context.close()
    return sum(sizes)


def p95(found: Sequence[float]) -> float:
    return round(sorted(found)[int(len(found) * 0.95)], 1)


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
