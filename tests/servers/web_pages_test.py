"""Tidemill's own pages, in a real browser: one `tidemill up` over a project with 1,000 runs of history.

Pictures of every page in both colours and on a phone's width are left in build/results/pages.
"""

import json
import re
import time
from types import SimpleNamespace
from urllib.parse import quote, unquote, urlencode

import pytest

from browser import Browser
from conftest import ROOT, init
from history import write_history
from up import GENERATION, PASSWORD, PREPARATION, TRAINING, Up

PICTURES = ROOT / "build" / "results" / "pages"
MAX_PAGE_BYTES = 150_000
LOOKS = {"light": {}, "dark": {"scheme": "dark"}, "phone": {"width": 390, "height": 800}}
HOSTILE = """</pre></textarea>"'><script>window.ran = 1</script><img src=x onerror="window.ran=1">"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A browser that is signed in, and somebody without one."""
    project = init(tmp_path_factory.mktemp("pages") / "project")
    project.set("schedule.start_date", "2030-01-01")  # by hand only, for some years
    project.set("schedule.retry_delay_s", "0")
    project.run("variables", "set", "hostile", HOSTILE)
    write_history(project.folder / "tidemill.db", 1000, int(time.time() * 1000))
    with Up(project, web=True) as up, Browser() as browser:
        sign_in(up, browser)
        yield SimpleNamespace(
            project=project, up=up, browser=browser, session=Session(up),
            sign_in=lambda: sign_in(up, browser),
            open=lambda path, *texts, **options: browser.open(up.url + path, *texts, **options),
            ended=lambda run: wait_until_ended(project, run))


def sign_in(up, browser):
    browser.open(f"{up.url}/login?next=/dags", "Sign in")
    browser.type("#username", "admin")
    browser.type("#password", PASSWORD)
    browser.click("button.primary")
    browser.wait("DAGs", GENERATION)


def wait_until_ended(project, run):
    """Of 01; returns its id."""
    deadline = time.monotonic() + 60
    while project.run("dags", "state", GENERATION, run).stdout.split("\n")[0] not in ("success", "failed"):
        assert time.monotonic() < deadline, f"{run} does not end"
        time.sleep(0.05)
    return run


class Session:
    """Somebody whose browser runs no scripts."""

    def __init__(self, up):
        self.up = up
        body = urlencode({"username": "admin", "password": PASSWORD, "next": "/dags"}).encode()
        _, headers, _ = up.request("POST", "/login", body, Content_Type="application/x-www-form-urlencoded")
        self.cookie = headers["Set-Cookie"].split(";")[0]

    def get(self, path):
        return self.up.request("GET", path, Cookie=self.cookie)

    def post(self, path, page, **fields):
        """As the form of that page sends it."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page)[2])[1]
        return self.post_without_token(path, csrf_token=token, **fields)

    def post_without_token(self, path, **fields):
        return self.up.request("POST", path, urlencode(fields, doseq=True).encode(), Cookie=self.cookie,
                               Content_Type="application/x-www-form-urlencoded")


def run_page(dag, run):
    return f"/dags/{dag}/runs/{quote(run, safe='')}"


def test_trigger_01_and_watch_02_start_by_itself(site):
    site.open(f"/dags/{GENERATION}/trigger", "Configuration")
    site.browser.type("textarea[name=conf]", '{"date": "2026-11-01"')
    site.browser.click("main button.primary")
    site.browser.wait("conf", "JSON", selector=".notice.bad")  # and what was written is still there
    site.browser.type("textarea[name=conf]", '{"date": "2026-11-01"}')
    site.browser.type("input[name=note]", "by the browser")
    site.browser.click("main button.primary")
    site.browser.wait("The run is queued.", "generate_data", selector="#run-state .chip.success")
    site.open(f"/dags/{PREPARATION}", "asset_triggered__", selector="#overview header .chip.success")
    # The page is not loaded again: what a script left in it stays.
    newest = "document.querySelector('#overview header a').textContent"
    site.browser.run(f"window.wasHere = {newest}")
    site.up.trigger(GENERATION, date="2026-11-02")
    site.browser.wait(selector=".run-grid thead th:nth-last-child(2) .run-bar[title^=asset_triggered]")
    site.browser.wait(selector="#overview header .chip.success")
    assert site.browser.run(f"return window.wasHere !== {newest}")
    assert site.browser.run("return window.wasHere").startswith("asset_triggered__")


def test_trigger_03_by_its_form_and_read_a_log(site):
    site.open("/dags", TRAINING)
    site.browser.click(f"a[aria-label='Trigger {TRAINING}']")
    site.browser.wait(f"Trigger {TRAINING}")
    site.browser.type("input[name=run_id]", "by_form")
    site.browser.click("main button.primary")
    site.browser.wait("by_form", "train_random_forest", selector="#run-state .chip.success")
    assert site.browser.run("return document.querySelectorAll('#tasks .chip.success').length") == 6
    site.open(run_page(TRAINING, "by_form") + "/tasks/train_random_forest", "test_rmse", "return_value")
    status, _, text = site.session.get(run_page(TRAINING, "by_form") + "/tasks/train_random_forest/log?try=1")
    assert status == 200 and " INFO - random_forest on 2026-11-02" in text


def write_log(path, *events, level="info"):
    with path.open("a") as file:
        for event in events:
            file.write(json.dumps({"timestamp": "2026-11-23T06:00:00.123456Z", "level": level, "event": event,
                                   "logger": "task"}) + "\n")


def test_a_log_is_followed_searched_and_folded(site):
    run = site.ended(site.up.trigger(GENERATION, date="2026-11-03"))
    log = next(path for path in site.project.folder.glob("logs/*/*/task_id=generate_data/attempt=1.log")
               if unquote(path.parts[-3]) == f"run_id={run}")
    page = run_page(GENERATION, run) + "/tasks/generate_data"
    write_log(log, *(f"line {i} of many" for i in range(5000)))
    shown = site.open(page, "line 4999 of many", "Load earlier lines")
    assert "line 10 of many" not in shown
    assert len(site.session.get(page)[2]) < MAX_PAGE_BYTES
    write_log(log, HOSTILE, "::group::A folded part", "within")
    write_log(log, "it went wrong", level="error")
    site.browser.wait("it went wrong", "<script>window.ran", "A folded part", selector="#log .error")
    write_log(log, "::endgroup::", "behind the fold")
    site.browser.wait("behind the fold", selector="#log > p:last-child")
    count = site.browser.run("return document.querySelectorAll('#log > p').length")
    site.browser.click("#log .earlier a")
    site.browser.wait(selector=f"#log > p:nth-of-type({count + 500})")
    site.browser.type("input[type=search]", "LINE 12 of")
    site.browser.wait("line 12 of many", selector="#log mark")
    assert "line 13 of many" not in site.browser.wait(selector="#log:not(:has(details))")
    write_log(log, "line 12 of another", "not this one")
    assert "not this one" not in site.browser.wait("line 12 of another")
    site.open(page + "?level=error", "it went wrong")
    assert site.browser.run("return document.querySelectorAll('#log p').length") == 1
    site.open(page + "?q=no+such+line", "Nothing like that.")
    assert site.browser.run("return window.ran") is None
    for other in ("../../../../../tidemill.toml", "..%2F..%2Ftidemill.toml"):
        assert site.session.get(f"{run_page(GENERATION, run)}/tasks/{other}/log")[0] == 404


def test_pause(site):
    site.open("/dags", GENERATION)
    switch = f"button[aria-label='Run {PREPARATION}']"
    site.browser.click(switch)
    site.browser.wait("Paused", selector=f"{switch}[aria-checked=false]")
    site.project.run("dags", "unpause", PREPARATION)
    site.browser.wait(selector=f"{switch}[aria-checked=true]")  # by itself


def test_variables_are_edited(site):
    site.open("/variables", "latest_prepared_data", HOSTILE)
    site.browser.click("a[aria-label='Edit hostile']")
    site.browser.wait("Edit hostile")
    assert site.browser.run("return document.querySelector('textarea').value") == HOSTILE
    site.browser.type("textarea", "mild")
    site.browser.click("main button.primary")
    site.browser.wait("Saved.", "mild")
    assert site.project.run("variables", "get", "hostile").stdout == "mild\n"
    site.project.run("variables", "set", "hostile", HOSTILE)
    site.browser.wait(HOSTILE)  # by itself
    site.project.run("variables", "set", "away", "1")
    site.browser.wait("away")
    assert site.browser.run("return document.querySelector('tr[data-key=away] summary').textContent"
                            ) == "Delete… away"
    site.browser.click("tr[data-key=away] details.confirm summary")
    site.browser.click("tr[data-key=away] button.danger")
    assert "away" not in site.browser.wait("Deleted.")


def test_pools_are_made_and_deleted(site):
    site.open("/pools/edit", "Add a pool")
    site.browser.type("#field-name", "small")
    site.browser.type("#field-slots", "3")
    site.browser.type("#field-description", HOSTILE)
    site.browser.click("main button.primary")
    site.browser.wait("Saved.", "small", HOSTILE)
    assert "small" in site.project.run("pools", "list").stdout
    status, _, text = site.session.post("/pools/edit", "/pools/edit", is_new="true", name="small", slots="1")
    assert status == 422 and "There is a pool small already" in text
    status, headers, _ = site.session.post("/pools/delete", "/pools", name="small")
    assert (status, headers["Location"]) == (303, "/pools?done=deleted")
    assert site.session.post("/pools/delete", "/pools", name="default_pool")[0] == 400


def test_what_was_deleted_meanwhile_is_not_made_again(site):
    status, _, text = site.session.post("/pools/edit", "/pools/edit", is_new="false", name="gone", slots="1")
    assert status == 404 and "Pool gone does not exist" in text
    status, _, text = site.session.post("/variables/edit", "/variables/edit", is_new="false", key="gone",
                                        value="1")
    assert status == 404 and "Variable gone does not exist" in text
    assert "gone" not in site.project.run("pools", "list").stdout
    status, _, text = site.session.post("/pools/edit", "/pools/edit", is_new="true", name="odd", slots="-7")
    assert status == 422 and 'value="-7"' in text  # as it was written


def test_a_secret_is_changed_without_being_shown(site):
    site.project.run("variables", "set", "api_key", "c0ffee")
    page = "/variables/edit?key=api_key"
    for text in (site.session.get("/variables")[2], site.session.get(page)[2]):
        assert "c0ffee" not in text
    site.open(page, "Hidden, as its name says that it is a secret.")
    site.browser.type("#field-description", "of the bucket")
    site.browser.click("main button.primary")
    site.browser.wait("Saved.", "of the bucket")
    assert site.project.run("variables", "get", "api_key").stdout == "c0ffee\n"
    site.open(page, "Edit api_key")
    site.browser.type("textarea", "decaf")
    site.browser.click("main button.primary")
    site.browser.wait("Saved.")
    assert site.project.run("variables", "get", "api_key").stdout == "decaf\n"


def test_tasks_are_cleared_and_marked_without_a_script(site):
    run = site.ended(site.up.trigger(GENERATION, date="2026-11-04"))
    page = run_page(GENERATION, run)
    assert site.session.post(page + "/tasks", page, action="failed", task_id="validate_data")[0] == 303
    site.session.post(page + "/tasks", page, action="clear", task_id="validate_data",
                      include_downstream="true")
    assert site.session.post(page + "/note", page, note=HOSTILE)[0] == 303
    site.open(page, "validate_data", selector="#run-state .chip.success")
    again = site.session.get(page + "/tasks/validate_data")[2]
    assert "Try 1: failed" in again and "Try 2: success" in again
    first = site.session.get(page + "/tasks/validate_data?try=1")[2]
    assert "class=\"chip failed\"" in first and "quality" in first
    assert site.session.get(page + "/tasks/validate_data?try=7")[0] == 404
    assert site.browser.run("return document.querySelector('textarea').value") == HOSTILE
    assert site.session.post(page + "/tasks", page, action="success")[0] == 400
    assert site.session.post_without_token(page + "/delete")[0] == 403
    status, headers, _ = site.session.post(page + "/delete", page)
    assert (status, headers["Location"]) == (303, f"/dags/{GENERATION}/runs?done=run-deleted")
    assert site.session.get(page)[0] == 404
    status, headers, _ = site.session.post("/theme", "/dags", theme="dark", back="//elsewhere.example")
    assert headers["Location"] == "/" and "theme=dark" in headers["Set-Cookie"]


def test_backfills_are_made_and_followed(site):
    page = f"/dags/{TRAINING}/backfills"
    assert "Backfills are for DAGs with a cron schedule" in site.session.get(page)[2]
    status, _, text = site.session.post(page, "/dags", **{"from": "2026-11-01", "to": "2026-11-02"})
    assert status == 422
    page = f"/dags/{GENERATION}/backfills"
    status, _, text = site.session.post(page, page, **{"from": "soon", "to": "2025-11-02"})
    assert status == 422 and "&#39;soon&#39; is no date" in text and 'value="2025-11-02"' in text
    days = {"from": "2020-11-05T00:00", "to": "2020-11-06T00:00"}
    assert site.session.post(page, page, **days, max_active_runs="1")[0] == 303
    site.open(page, "2 of 2 done", selector="tbody .chip.success")
    assert site.session.post(page, page, **days)[0] == 303
    site.browser.wait("0 of 0 done, 2 have a run already", selector="tbody tr:first-child .chip.success")
    days = {"from": "2020-12-01T00:00", "to": "2020-12-20T00:00"}
    assert site.session.post(page, page, **days, max_active_runs="1")[0] == 303
    number = re.search(r"/backfills/(\d+)/cancel", site.session.get(page)[2])[1]
    assert site.session.post(f"{page}/{number}/cancel", page)[0] == 303
    site.browser.wait("cancelled", selector="tbody .chip.cancelled")


def test_lists_are_filtered_and_paged(site):
    runs = f"/dags/{GENERATION}/runs"
    text = site.session.get(f"{runs}?type=scheduled")[2]
    assert "1–50 of 334" in text and text.count('data-key="scheduled__') == 50
    assert 'href="' + runs + '?type=scheduled&amp;offset=50"' in text
    last = site.session.get(f"{runs}?type=scheduled&offset=300")[2]
    assert "301–334 of 334" in last and "Next →" not in last
    failed = site.session.get(f"{runs}?type=scheduled&state=failed")[2]
    assert failed.count("chip failed") == failed.count("data-key=") and "chip success" not in failed
    assert site.session.get(f"{runs}?state=nonsense")[0] == 400
    assert "Nothing here" in site.session.get("/log?offset=999999")[2]
    assert "1–100" in site.session.get(f"/log?dag_id={GENERATION}")[2]
    site.open("/log", "Audit log")
    site.browser.type("#field-event", "trigger_dag_run")
    site.browser.wait("trigger_dag_run", selector="#entries tbody:not(:has(a[href*=history]))")


def test_a_log_is_read_from_any_place(site):
    run = site.ended(site.up.trigger(GENERATION, date="2026-11-10"))
    lines = run_page(GENERATION, run) + "/tasks/generate_data/lines"
    status, headers, text = site.session.get(f"{lines}?from={2**63 - 1}")
    assert (status, text) == (200, "") and int(headers["X-Log-Next"]) > 0
    assert site.session.get(f"{lines}?before={2**63 - 1}")[2] == site.session.get(lines)[2]
    whole, behind = (site.session.get(f"{lines}?from={place}")[2] for place in (0, 5))
    assert whole.endswith(behind) and whole.count("<p") == behind.count("<p") + 1


def test_times_are_told_for_the_place_where_one_sits(site):
    site.browser.live_in("Asia/Kolkata")
    try:
        assert "Times are UTC; here it is UTC+05:30" in site.open("/dags", "Live")
    finally:
        site.browser.live_in("")
    counted = site.browser.run("return [300, 5000, 59000, 60000, 192000, 3900000, 9e7].map(durationText)")
    assert counted == ["300 ms", "5.0 s", "59 s", "1 min", "3m 12s", "1h 05m", "1d 1h"]  # as the server's


def test_targets_are_large_enough_for_fingers(site):
    site.open(f"/dags/{TRAINING}", selector=".run-grid a.square")
    sizes = """return [...document.querySelectorAll(arguments[0])].map(one => {
        const box = one.getBoundingClientRect(), around = getComputedStyle(one, "::after");
        const more = around.position === "absolute" && around.content !== "none"
            ? -parseFloat(around.left) - parseFloat(around.right) : 0;
        return Math.round(10 * (box.width + Math.max(more, 0))) / 10;
    });"""
    assert min(site.browser.run(sizes, ".run-grid a.square")) >= 24
    edges = """return [...document.querySelectorAll(".run-grid tbody tr:first-child a.square")].map(
        one => one.getBoundingClientRect().left);"""
    lefts = site.browser.run(edges)
    assert min(b - a for a, b in zip(lefts, lefts[1:])) >= 23.9  # none lies over its neighbour
    site.open("/dags", selector=".switch")
    assert min(site.browser.run("""return [...document.querySelectorAll(".switch")].map(
        one => one.getBoundingClientRect().height)""")) >= 24


def pages(site):
    training = run_page(TRAINING, "by_form")
    return {
        "dags": "/dags", "dag": f"/dags/{TRAINING}", "runs": f"/dags/{TRAINING}/runs?state=success",
        "details": f"/dags/{TRAINING}/details", "backfills": f"/dags/{TRAINING}/backfills",
        "trigger": f"/dags/{TRAINING}/trigger", "run": training,
        "task": f"{training}/tasks/train_random_forest", "variables": "/variables",
        "edit_variable": "/variables/edit?key=hostile", "pools": "/pools",
        "edit_pool": "/pools/edit?name=training", "audit_log": "/log", "not_found": "/dags/nowhere",
    }


def test_every_page_in_both_colours_and_on_a_phone(site):
    conf = json.dumps({"date": HOSTILE})
    site.project.run("dags", "trigger", GENERATION, "--conf", conf, "--run-id", "hostile")
    site.ended("hostile")
    for name, path in {**pages(site), "conf": run_page(GENERATION, "hostile")}.items():
        site.browser.go(site.up.url + path)
        for kind, look in LOOKS.items():
            site.browser.look_like(**look)
            site.browser.save_whole_picture(PICTURES / f"tidemill_{name}_{kind}.png")
        width = site.browser.run("return document.documentElement.scrollWidth")
        assert width <= LOOKS["phone"]["width"], f"{name} is {width} pixels wide"
        assert site.browser.run("return window.ran") is None, name
        assert site.browser.run("return document.querySelectorAll('script, img').length") == 1, name
    site.browser.look_like("light")
    site.open("/dags", selector="button[name=theme]")
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = site.browser.run(colour)
    site.browser.click("button[name=theme]:not([hidden])")
    site.browser.click("button[name=theme]:not([hidden])")
    assert site.browser.run(colour) != light
    site.open("/pools", "Pools")
    assert site.browser.run(colour) != light  # remembered
    site.browser.click("button[name=theme]:not([hidden])")


def test_every_page_is_small_and_answers_fast(site):
    """Times are printed, since they are the machine's; sizes are ours."""
    for name, path in pages(site).items():
        begin = time.monotonic()
        status, _, text = site.session.get(path)
        print(f"{name:14} {1000 * (time.monotonic() - begin):6.1f} ms {len(text.encode()) / 1000:6.1f} kB")
        assert status == (404 if name == "not_found" else 200)
        files = [site.session.get(file)[2] for file in re.findall(r'"(/static/[^"]+)"', text)]
        assert len(text.encode()) + sum(len(file.encode()) for file in files) < MAX_PAGE_BYTES, name
        assert not re.search(r"<style|<script(?! src=\"/static)|<[^<>]*\s(style|on\w+)=", text), name


def test_a_session_that_ended_leads_to_the_sign_in_page(site):
    site.open("/dags", "Live")
    site.browser.forget_cookies()
    site.project.run("variables", "set", "changed", "1")
    site.browser.wait("Sign in", "Password")


def test_a_log_that_is_watched_when_the_session_ends_leads_to_the_sign_in_page(site):
    site.sign_in()
    run = site.ended(site.up.trigger(GENERATION, date="2026-11-09"))
    log = next(path for path in site.project.folder.glob("logs/*/*/task_id=generate_data/attempt=1.log")
               if unquote(path.parts[-3]) == f"run_id={run}")
    site.open(run_page(GENERATION, run) + "/tasks/generate_data", "Live", "making rows")
    site.browser.forget_cookies()
    write_log(log, "a line more")
    site.browser.wait("Sign in", "Password", selector="input#password")
    assert site.browser.run("return location.pathname") == "/login"
