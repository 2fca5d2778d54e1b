#!/usr/bin/env python3
"""The view in a real window: view_window.py BUILD [PART]. Xvfb, xdotool as the user: keys, mouse, sizes, ways to end, and a display that
goes away. What each step did is read from the pictures that S takes and the data beside them, from the screen, and from the result.
VALIDATE=quick leaves out the sizes and the ways to end that take long. Prints TAP."""
import csv, json, os, re, resource, signal, subprocess, sys, tempfile, time
import h5py, numpy

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tools"))
import xdisplay

build = sys.argv[1] if len(sys.argv) > 1 else "build"
datahall, hits_tool = (os.path.abspath(os.path.join(build, name)) for name in ("datahall", "tools/hits"))
examples = os.path.abspath("scenarios/examples")
only = sys.argv[2] if len(sys.argv) > 2 else ""
quick = os.environ.get("VALIDATE") == "quick"
keep = os.environ.get("VIEW_WINDOW_KEEP")  # a folder for the pictures
tests = 0
TABS = ["Floor", "Power", "Cooling", "Network", "Work"]
SIZE = 1280, 720
PARK = 3, 3  # nothing answers the mouse there


def ok(good, name, detail=""):
    global tests
    tests += 1
    print("ok" if good else "not ok", tests, "-", name, flush=True)
    if not good:
        print("#", str(detail)[:1500].replace("\n", "\n# "), flush=True)


def wait_until(true, patience_s=15):
    until = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def near(a, b, within):
    return abs(a - b) <= within


def make(name, scenario, *more):
    subprocess.run([datahall, "run", f"{examples}/{scenario}.xml", "-q", "-o", name, *more], check=True)
    return name


def hits(result, *more):
    """Parts that answer the mouse: (what, which) -> x, y, width, height, tip."""
    told = subprocess.run([hits_tool, result, "%dx%d" % SIZE, *more], check=True, capture_output=True, text=True).stdout
    out = {}
    for what, which, x, y, w, h, tip in (line.split("\t") for line in told.splitlines()):
        out.setdefault((what, which), (int(x), int(y), int(w), int(h), tip))
    return out


class View:
    """datahall view, or what else opens a window, in a folder of its own."""
    count = 0

    def __init__(self, *words, verb="view", pictures=True, size=SIZE):
        View.count += 1
        self.folder, self.shot = f"v{View.count}", ""
        os.mkdir(self.folder)
        self.said_to = open(os.path.join(self.folder, "stderr"), "w+")
        self.program = subprocess.Popen([datahall, verb, *words, *(("--size", "%dx%d" % size) if verb == "view" else ())], cwd=self.folder, env=display.env, stdout=self.said_to,
                                        stderr=self.said_to)
        self.window = display.window(self.program)
        if self.window:
            display.do("windowmove", self.window, 0, 0, "windowfocus", "--sync", self.window, "mousemove", *PARK)

    def do(self, *words):
        display.do(*words)
        return self

    def key(self, *keys):
        return self.do("key", "--delay", 4, *keys)

    def type(self, text):
        return self.do("type", "--delay", 4, text)

    def click(self, hit, which="1"):
        return self.do("mousemove", *hit[:2], "click", which, "mousemove", *PARK)

    def drag(self, from_x, from_y, to_x, to_y):
        return self.do("mousemove", from_x, from_y, "mousedown", 1, "mousemove", (from_x + to_x) // 2, (from_y + to_y) // 2, "mousemove", to_x, to_y,
                       "mouseup", 1, "mousemove", *PARK)

    def pictures(self):
        return {name[:-5] for name in os.listdir(self.folder) if re.fullmatch(r"datahall-\d+\.json", name)}

    def path(self, kind):
        return os.path.join(self.folder, f"{self.shot}.{kind}")

    def complete(self, before):
        self.shot = max(self.pictures() - before, default=self.shot)
        try:
            with open(self.path("json")) as f, open(self.path("png"), "rb") as g:
                self.data = json.load(f)
                self.png = g.read()
            return self.shot not in before and self.png.endswith(b"IEND\xaeB`\x82")
        except (OSError, ValueError):
            return False

    def picture(self):
        """What S writes: the data beside the picture, whose bytes are in self.png."""
        before, self.data, self.png = self.pictures(), {}, b""
        self.key("s")
        if not wait_until(lambda: self.complete(before)):
            self.data = {}
            print("# no picture comes")
        elif keep:
            print("#", self.path("png"), self.data)
        return self.data

    def end(self, how=None, patience_s=60):
        """Exit status, and what was said besides that pictures were written."""
        if how:
            how()
        try:
            self.program.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.wait()
        self.said_to.seek(0)
        rest = [line for line in self.said_to if not re.fullmatch(r"datahall: \./datahall-\d+\.png written\n", line)]
        self.said_to.close()
        return self.program.returncode, "".join(rest)


# ---- a replay


def replay(result):
    where = hits(result)
    with h5py.File(result) as f:
        end_s = float(f["facility/time"][-1])
    view = View(os.path.abspath(result), "--at", "3 h")
    ok(view.window, "a window opens")
    data = view.picture()
    ok(data.get("tab") == "Floor" and data.get("at_s") == 10800 and (data.get("width"), data.get("height")) == SIZE, "S writes a picture and its data", data)
    plain = subprocess.run([datahall, "view", result, "--screenshot", "plain.png", "--at", "3 h", "--size", "%dx%d" % SIZE])
    ok(plain.returncode == 0 and open("plain.png", "rb").read() == view.png, "and it is the picture that is made without a display, to the byte")
    ok(wait_until(lambda: (display.pixels()[: SIZE[1], : SIZE[0]] == xdisplay.read_png("plain.png")).all(), 10), "and the one on the screen, to the pixel")
    first = view.png

    seen = [view.key(f"ctrl+{k + 1}").picture().get("tab") for k in range(5)]
    ok(seen == TABS, "tabs by Ctrl and a digit", seen)
    seen = [view.key("Tab").picture().get("tab") for _ in range(2)] + [view.key("shift+Tab").picture().get("tab")]
    ok(seen == [TABS[0], TABS[1], TABS[0]], "by Tab, back with Shift", seen)
    seen = [view.click(where["tab", str(k)]).picture().get("tab") for k in (4, 3, 2, 1, 0)]
    ok(seen == TABS[::-1], "by the mouse", seen)
    digits = range(1, 10, 4 if quick else 1)
    seen = [view.key(str(k)).picture().get("overlay") for k in digits]
    ok(len(set(seen)) == len(digits) and None not in seen, "overlays by their digits", seen)
    mouse = [view.click(where["overlay", str(k - 1)]).picture().get("overlay") for k in digits]
    ok(mouse == seen, "and by the mouse", mouse)
    view.key("1")

    x, y, w, h, _ = where["floor", "0"]
    view.picture()
    ok(view.png == first, "back where it began")
    view.drag(x, y, x + w // 4, y + h // 5).picture()
    moved = view.png
    view.do("mousemove", x, y, "click", 4, "click", 4, "click", 4, "mousemove", *PARK).picture()
    ok(len({first, moved, view.png}) == 3, "dragging moves the floor, the wheel enlarges it")
    view.key("Home").picture()
    ok(view.png == first, "Home shows all of it again")
    view.key("Right", "z").picture()
    ok(view.png != first, "arrows and Z do likewise")
    view.key("Home", "question").picture()
    helped = view.png
    view.key("Escape").picture()
    ok(helped != first == view.png, "? shows the keys, Escape hides them")

    plainly = display.pixels().copy()
    view.key("slash").type("r-004")
    ok(wait_until(lambda: (display.pixels() != plainly).any(), 10), "/ opens the search")
    data = view.key("Return").picture()
    ok(data.get("selected") == "r-004", "which finds a rack by its name", data)
    view.key("y")
    ok(wait_until(lambda: (manager.clipboard() or "").startswith("rack\tr-004\n"), 20), "Y copies it", manager.clipboard())
    copied = dict(line.split("\t")[:2] for line in (manager.clipboard() or "").splitlines())
    with h5py.File(result) as f:
        column, times = f["racks/rack_power_w"], f["racks/time"][:]
        watts = float(column[numpy.searchsorted(times, 10800, "right") - 1, [n.decode() for n in f["racks/rack"][:]].index("r-004")])
    ok(near(float(copied.get("power", "nan")), watts, 1e-6 * watts), "with the figures of the result", (copied, watts))
    data = view.key("Escape").picture()
    ok(data.get("selected") == "", "Escape selects nothing", data)

    x, y, w, h, _ = where["seek", "0"]
    left = x - w // 2
    data = view.drag(left + w // 10, y, left + w // 2, y).picture()
    ok(near(data.get("at_s", -1), 0.5 * end_s, 0.02 * end_s), "dragging the bar seeks", (data, end_s))
    at = data.get("at_s", 0)
    seen = [view.key(k).picture().get("at_s") for k in ("period", "period", "comma", "End")]
    ok(near(seen[0], at + 60, 60) and near(seen[1] - seen[0], 60, 1e-6) and seen[2] == seen[0] and seen[3] == end_s, "single samples, and the end", (at, seen))
    data = view.drag(left + w // 3, y, left, y).picture()
    ok(data.get("at_s") == 0, "and the start", data)
    view.key("minus", "minus", "space")
    plays = wait_until(lambda: view.picture().get("at_s", 0) > 60)
    at = view.key("space").picture().get("at_s")
    time.sleep(0.2)
    ok(plays and view.picture().get("at_s") == at, "Space plays and pauses", view.data)
    before = view.key("l").picture().get("high")
    ok(view.key("l").picture().get("high") != before and view.key("l", "p", "p", "p", "a", "m").picture(), "scales, palettes, marks", view.data)

    view.key("F11")
    asked = manager.wishes()
    ok(asked == (1, "_NET_WM_STATE_FULLSCREEN"), "F11 asks for the whole screen", asked)
    view.key("F11")
    asked = manager.wishes()
    ok(asked == (0, "_NET_WM_STATE_FULLSCREEN"), "and gives it back", asked)

    view.key("r")
    recorded = wait_until(lambda: len([n for n in os.listdir(view.folder) if n.startswith("frame-") and n.endswith(".json")]) >= 1 or not view.key("period"))
    view.key("r")
    ok(recorded, "R records pictures")

    for w, h, scale in ((200, 150, 1), (640, 360, 1), (1920, 1080, 1), (3840, 2160, 2))[: 2 if quick else 4]:
        view.do("windowsize", "--sync", view.window, w, h)
        wait_until(lambda: (view.picture().get("width"), view.data.get("height")) == (w, h), 10)
        size = xdisplay.read_png(view.path("png")).shape[1::-1] if w < 1000 else (w, h)
        ok((view.data.get("width"), view.data.get("height"), view.data.get("scale")) == (w, h, scale) and size == (w, h), f"a window of {w}x{h}", (view.data, size))
        if w == 640:
            shown = lambda: (display.pixels()[:h, :w] == xdisplay.read_png(view.path("png"))).all()
            ok(wait_until(shown, 10), "is what the picture is, to the pixel")
    status, said = view.end(lambda: manager.ask_to_close(view.window))
    ok(status == 0 and not said, "closed by the window manager: status 0 and no complaint", (status, said))


def compare(result, other):
    view = View(os.path.abspath(result), os.path.abspath(other), "--at", "2 h")
    data = view.picture()
    both = view.png
    view.key("d").picture()
    ok(data.get("at_s") == 7200 and both != view.png, "two results side by side; D shows their difference", data)
    for k in range(5):
        view.key(f"ctrl+{k + 1}")
    view.key("ctrl+1", "d", "7").picture()
    status, said = view.end(lambda: view.key("q"))
    ok(status == 0 and not said, "Q ends it: status 0 and no complaint", (status, said))


# ---- a run


def live():
    scenario = f"{examples}/hot-weather.xml"
    layout = make("layout.h5", "hot-weather", "--until", "1 h")
    result = os.path.abspath("live.h5")
    view = View(scenario, "--until", "8 h", "--pace", "6 min", "-o", result)
    ok(view.window, "a run opens a window")
    first = view.picture().get("at_s", -1)
    ok(wait_until(lambda: view.picture().get("at_s", 0) > max(first, 60)), "and goes on in it", view.data)

    data = view.key("slash").type("ups").key("Return").picture()
    ok(data.get("selected") == "ups", "the UPS is found", data)
    buttons = hits(layout, "select=ups", "live")
    trip = next((hit for (what, _), hit in buttons.items() if what == "deed" and hit[4].startswith("T:")), None)
    ok(trip, "its inspector has a button to trip it", buttons)
    if trip:
        view.click(trip)
    view.key("shift+t")
    view.key("slash").type("l-002").key("Return", "g")
    view.key("e").type("400 W").key("Tab").type("1 h").key("Return")
    # A form is open until its deed is answered, and takes what is typed: again until it is the search that did.
    ok(wait_until(lambda: view.key("slash").type("hall").key("Return").picture().get("selected") == "hall"), "a hall is found", view.data)
    view.key("i").type("16").key("Tab").type("30 min").key("Return")
    view.key("b").type("nonsense").key("Return", "Escape")  # is refused

    at = view.key("space").picture().get("at_s")
    time.sleep(0.4)
    ok(view.picture().get("at_s") == at and at > 0, "Space pauses what is shown", view.data)
    x, y, w, h, _ = hits(layout, "live")["seek", "0"]
    wait_until(lambda: view.key("f").picture().get("at_s", 0) > 1200)
    newest = view.data.get("at_s", 0)
    data = view.key("space").drag(x, y, x - w // 2 + w // 50, y).picture()
    at = data.get("at_s", -1)
    later = view.key("f").picture().get("at_s", 0)
    ok(near(at, 8 * 3600 / 50, 2 * 8 * 3600 / w), "the bar seeks back in a run that goes on", (at, newest, later))
    ok(later >= newest, "F follows it again", view.data)
    for k in range(5):
        view.key(f"ctrl+{k + 1}")
    view.picture()
    ok(view.data.get("tab") == "Work", "all tabs of a run", view.data)
    status, said = view.end(lambda: view.key("q"))
    ok(status == 0 and not said, "Q ends it: status 0 and no complaint", (status, said))

    told = subprocess.run([datahall, "export", result, "actions"], capture_output=True, text=True).stdout
    rows = [(r["do"], r["what"], r["value"], r["for"]) for r in csv.DictReader(told.splitlines())]
    wanted = [("trip", "ups:1", "", ""), ("restore", "ups", "", ""), ("drain", "l-002", "", ""), ("set", "l-002/gpu-cap", "400 W", "1 h"),
              ("inject", "", "16", "30 min")]
    ok(rows == wanted, "what was done is in the result, in its order", rows)
    with open("again.csv", "w") as f:
        f.write(told)
    with h5py.File(result) as f:
        name, times = "facility/facility_power_w", f["facility/time"][:]
        watts = f[name][:]
    make("again.h5", "hot-weather", "--events", "again.csv", "--until", f"{times[-1] + 3600:.0f} s")
    with h5py.File("again.h5") as f:
        n = len(watts)
        ok(n > 3 and (f["facility/time"][:n] == times).all() and (f[name][:n] == watts).all(), "done again at their times they give the same power", n)


def status_of(view):
    """What its result says of itself."""
    with h5py.File(os.path.join(view.folder, "r.h5")) as f:
        word = f.attrs["status"]
        return word if isinstance(word, str) else word.decode()


def interrupted():
    view = View(f"{examples}/small-hall.xml", "--until", "30 d", "--pace", "1 h", "-o", "r.h5")
    wait_until(lambda: view.picture().get("at_s", 0) > 3600)
    status, said = view.end(lambda: view.program.send_signal(signal.SIGINT))
    ok(status == 130 and said.count("\n") == 1 and "interrupted" in said, "^C ends a run that is watched: status 130, one message", (status, said))
    ok(status_of(view) == "interrupted", "and its result is kept", status_of(view))


def display_lost():
    """The server dies before the eyes of a run that is watched, of a replay, and of a run that is shown while it goes on."""
    global display
    display, kept = xdisplay.Display(tempfile.mkdtemp(dir="."), "1400x900"), display
    views = [View(f"{examples}/small-hall.xml", "--until", "30 d", "--pace", "1 h", "-o", "r.h5"), View(os.path.abspath("r.h5"))]
    if not quick:
        views.append(View(f"{examples}/ashburn-24mw.xml", "--until", "40 d", "--view", "--close", "-o", "r.h5", "-q", "--progress", "never", verb="run"))
    display.end(signal.SIGKILL)
    display = kept
    for view, what in zip(views, ("the view of a run", "a replay")):
        status, said = view.end()
        ok(status == 69 and said.count("\n") == 1 and "the display is gone" in said, f"the display dies: {what} ends with one message", (status, said))
    ok(status_of(views[0]) == "interrupted", "and the result is kept", status_of(views[0]))
    if not quick:
        status, said = views[2].end()
        ok(status == 0 and said.count("\n") == 1 and "the display is gone" in said, "run --view goes on without it, and says so", (status, said))
        ok(status_of(views[2]) == "complete", "to its end", status_of(views[2]))


def unwritable(result):
    view = View(os.path.abspath(result))
    with open("other", "w") as f:
        f.write("another's")
    os.mkdir(os.path.join(view.folder, "datahall-0001.png"))
    os.symlink("../other", os.path.join(view.folder, "datahall-0002.png"))
    os.symlink("../other", os.path.join(view.folder, "datahall-0003.json"))
    view.picture()
    with open("other") as f:
        ok(view.shot == "datahall-0004" and f.read() == "another's", "a picture has a name of its own: nothing that is there is written over", view.shot)
    resource.prlimit(view.program.pid, resource.RLIMIT_FSIZE, (2000, 2000))
    view.key("s")
    said_in = os.path.join(view.folder, "stderr")
    wait_until(lambda: b"0005.png" in open(said_in, "rb").read())
    status, said = view.end(lambda: view.key("q"))
    ok(status == 0 and said.count("\n") == 1 and "datahall-0005.png: " in said, "a picture that cannot be written is told, and the view goes on", (status, said))


def at_its_end():
    view = View(f"{examples}/small-hall.xml", "--until", "2 h", "--view", "--close", "-q", "-o", "r.h5", verb="run")
    status, said = view.end()
    ok(status == 0 and not said, "run --view --close: the window closes with the run", (status, said))


reason = xdisplay.missing()
if reason:
    print(f"ok 1 - the view in a real window # SKIP not here: {reason}\n1..1")
    sys.exit()
with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch if not keep else (os.makedirs(keep) or keep))
    display = xdisplay.Display(tempfile.mkdtemp(dir="."), "1400x900" if quick else "3840x2160")
    manager = xdisplay.Manager(display)
    try:
        result = make("r.h5", "small-hall", "--until", "6 h")
        other = make("other.h5", "small-hall", "--until", "6 h", "--seed", "2")
        for part, words in ((replay, (result,)), (compare, (result, other)), (live, ()), (interrupted, ()), (unwritable, (result,)), (at_its_end, ()),
                            (display_lost, ())):
            if only in part.__name__:
                part(*words)
    finally:
        display.end()
    os.chdir("/")
print(f"1..{tests}")
