#!/usr/bin/env python3
"""Drives a headless Chromium over a pipe, for the tests of pages.

    browser.py CHROMIUM PROFILE URL [STEP...]
Steps, in order:
    js:EXPRESSION   prints what it gives, as JSON; false or an exception ends with status 1
    wait:EXPRESSION until it is true, ten seconds at most
    goto:URL        loads another page
    dark, narrow    as a reader who wants a dark page; with a window of 400 pixels
    shot:FILE       a picture of the whole page; view:FILE of what the window shows
In the end prints every request that left the page's own origin, and every message of the
console: there must be none, else the status is 1."""
import base64, fcntl, json, os, signal, subprocess, sys, time

FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe").split()


class Browser:
    def __init__(self, chromium, profile):
        # The browser reads descriptor 3 and writes 4; ours stand above, so that neither is overwritten.
        there, self.send_end, self.read_end, back = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (*os.pipe(), *os.pipe()))

        def ends():
            os.dup2(there, 3)
            os.dup2(back, 4)
        self.process = subprocess.Popen([chromium, *FLAGS, f"--user-data-dir={profile}", "--window-size=1200,900", "about:blank"],
                                        preexec_fn=ends, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.rest, self.number, self.session, self.events = b"", 0, None, []
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(domain + ".enable")

    def message(self):
        while b"\0" not in self.rest:
            got = os.read(self.read_end, 1 << 16)
            if not got:
                sys.exit("the browser is gone")
            self.rest += got
        one, self.rest = self.rest.split(b"\0", 1)
        return json.loads(one)

    def ask(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.send_end, json.dumps(request).encode() + b"\0")
        while True:
            m = self.message()
            if m.get("id") == self.number:
                if "error" in m:
                    sys.exit(f"{method}: {m['error']}")
                return m["result"]
            self.events.append(m)

    def goto(self, url):
        self.events = [e for e in self.events if e["method"] != "Page.loadEventFired"]
        if "loaderId" not in self.ask("Page.navigate", url=url):
            return  # within the page
        while not any(e["method"] == "Page.loadEventFired" for e in self.events):
            self.events.append(self.message())

    def js(self, expression):
        r = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in r:
            sys.exit(f"{expression}: {r['exceptionDetails']}")
        return r["result"].get("value")

    def shot(self, file, whole):
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 8000), "scale": 1}
        how = {"captureBeyondViewport": True, "clip": clip} if whole else {}
        data = self.ask("Page.captureScreenshot", **how)["data"]
        with open(file, "wb") as f:
            f.write(base64.b64decode(data))

    def complaints(self, own):
        for e in self.events:
            p = e.get("params", {})
            if e["method"] == "Network.requestWillBeSent" and not p["request"]["url"].startswith((own, "data:", "about:")):
                yield "request: " + p["request"]["url"]
            if e["method"] == "Log.entryAdded" and p["entry"]["level"] in ("error", "warning"):
                yield "log: " + p["entry"]["text"]
            if e["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                yield "console: " + json.dumps(p)


def main():
    chromium, profile, url, steps = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    signal.alarm(90)  # whoever waits longer hangs
    b = Browser(chromium, profile)
    try:
        b.goto(url)
        for step in steps:
            verb, _, rest = step.partition(":")
            if verb == "js":
                value = b.js(rest)
                print(json.dumps(value))
                if value is False:
                    sys.exit(f"false: {rest}")
            elif verb == "wait":
                until = time.time() + 10
                while not b.js(f"!!({rest})"):
                    if time.time() > until:
                        sys.exit(f"never true: {rest}")
                    time.sleep(0.05)
            elif verb == "goto":
                b.goto(rest)
            elif verb == "dark":
                b.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
            elif verb == "narrow":
                b.ask("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
            elif verb in ("shot", "view"):
                b.shot(rest, verb == "shot")
            else:
                sys.exit(f"no such step: {step}")
        found = list(b.complaints("/".join(url.split("/", 3)[:3])))
        print("\n".join(found), end="\n" if found else "")
        sys.exit(bool(found))
    finally:
        b.process.kill()
        b.process.wait()


main()
