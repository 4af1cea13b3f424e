"""A headless Chromium that shows pages to tests, driven through Debian's chromedriver (W3C WebDriver)."""

import base64
import json
import time
import urllib.error
import urllib.request

from server import Server, http_status

# Ends when the page shows all of the texts, has the element and has stopped moving (a tree that opens), or
# after a time: with what is missing.
WAIT = r"""
const [texts, selector, seconds, done] = arguments;
const end = Date.now() + 1000 * seconds;
const look = () => {
  const shown = document.body ? document.body.innerText.replace(/\u00a0/g, " ") : "";
  const missing = texts.filter((text) => !shown.includes(text));
  if (selector && !document.querySelector(selector)) missing.push(selector);
  if (missing.length && Date.now() < end) setTimeout(look, 100);
  else settle("", 0, () => requestAnimationFrame(() => done({missing, shown})));
};
const settle = (last, quiet, then) => {
  const now = document.body.innerHTML;
  quiet = now === last ? quiet + 1 : 0;
  if (quiet < 3 && Date.now() < end) setTimeout(() => settle(now, quiet, then), 100);
  else then();
};
look();
"""
LOOK = r"""
const [texts, selector] = arguments;
const shown = document.body.innerText.replace(/\u00a0/g, " ");
const missing = texts.filter((text) => !shown.includes(text));
if (selector && !document.querySelector(selector)) missing.push(selector);
return {missing, shown};
"""
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-dev-shm-usage", "--window-size=1500,1000"]


class Browser(Server):
    """`with Browser() as browser: browser.open(url, "a text of the page")`."""

    name = "chromedriver"

    def command(self):
        return ["chromedriver", f"--port={self.port}"]

    def is_ready(self):
        return http_status(self.url + "/status") == 200

    def settle(self):
        options = {"args": [*OPTIONS, f"--user-data-dir={self.folder}/profile"]}
        capabilities = {"goog:chromeOptions": options, "timeouts": {"script": 180_000, "pageLoad": 180_000}}
        answer = self._call("", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = answer["sessionId"]

    @property
    def environment(self):
        return {}

    def open(self, url, *texts, selector=None, seconds=60):
        """Shows a page and returns its text, once that has these texts and the page has such an element."""
        self._call(f"/{self.session}/url", {"url": "about:blank"})  # so that nothing of the last page is seen
        self._call(f"/{self.session}/url", {"url": url})
        found = self._call(f"/{self.session}/execute/async",
                           {"script": WAIT, "args": [list(texts), selector, seconds]})
        assert not found["missing"], f"{url} does not show {found['missing']}, but:\n{found['shown']}"
        return found["shown"]

    def go(self, url):
        """Shows a page that is whole when it is loaded."""
        self._call(f"/{self.session}/url", {"url": url})

    def save_picture(self, path):
        """A PNG of what is shown."""
        picture = self._call(f"/{self.session}/screenshot")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(picture))

    def wait(self, *texts, selector=None, seconds=60):
        """Until what is shown has these texts and such an element: a page that changes by itself, or the next
        one after a click. Returns its text."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = self.run(LOOK, list(texts), selector)
            except AssertionError:  # between two pages there is none to ask
                found = {"missing": "a page", "shown": ""}
            if not found["missing"]:
                return found["shown"]
            missing = f"the page does not show {found['missing']}, but:\n{found['shown']}"
            assert time.monotonic() < deadline, missing
            time.sleep(0.02)

    def run(self, script, *arguments):
        """What a script of the page returns."""
        return self._call(f"/{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector):
        self._call(f"/{self.session}/element/{self._find(selector)}/click", {})

    def type(self, selector, text):
        """As a person does, instead of what a field holds."""
        field = self._find(selector)
        self._call(f"/{self.session}/element/{field}/clear", {})
        self._call(f"/{self.session}/element/{field}/value", {"text": text})

    def forget_cookies(self):
        self._devtools("Network.clearBrowserCookies")

    def live_in(self, time_zone):
        """The person's, such as Asia/Kolkata; "" for that of the machine."""
        self._devtools("Emulation.setTimezoneOverride", timezoneId=time_zone)

    def look_like(self, scheme="light", width=1500, height=1000):
        """The colours that a person's system asks for, and the size of the screen."""
        self._devtools("Emulation.setEmulatedMedia",
                       features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                       mobile=width < 600)

    def save_whole_picture(self, path):
        """A PNG of the page down to its end."""
        size = self._devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 2500), "scale": 1}
        picture = self._devtools("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(picture))

    def _find(self, selector):
        found = self._call(f"/{self.session}/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def _devtools(self, command, **parameters):
        return self._call(f"/{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/session{path}", data,
                                         {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=240) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"chromedriver: {error.read().decode()[:2000]}") from error
