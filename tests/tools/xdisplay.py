"""An X server of one's own, and a user in front of it: for tests of the real window. Needs Xvfb and xdotool."""
import ctypes, ctypes.util, os, shutil, signal, struct, subprocess, time, zlib
import numpy

NEEDED = ("Xvfb", "xdotool")


def missing():
    """What is not there, as a reason to skip; "" where all is."""
    return ", ".join(name for name in NEEDED if not shutil.which(name))


class Display:
    """Xvfb on the first free number, its picture in a file of the folder."""

    def __init__(self, folder, size="3840x2160"):
        seen, told = os.pipe()
        self.folder, self.log = folder, open(os.path.join(folder, "xvfb.log"), "wb")
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(told), "-screen", "0", size + "x24", "-fbdir", folder, "-noreset", "-nolisten", "tcp"],
                                       pass_fds=[told], stdout=self.log, stderr=self.log)
        os.close(told)
        with os.fdopen(seen) as line:
            self.name = ":" + line.readline().strip()
        self.env = {**os.environ, "DISPLAY": self.name}
        self.env.pop("WAYLAND_DISPLAY", None)
        self.env.pop("SDL_VIDEODRIVER", None)

    def end(self, how=signal.SIGTERM):
        if self.server.poll() is None:
            self.server.send_signal(how)
            self.server.wait()
        self.log.close()

    def do(self, *words):
        """xdotool; what it prints."""
        return subprocess.run(["xdotool", *map(str, words)], env=self.env, capture_output=True, text=True, timeout=60).stdout

    def window(self, process, patience_s=60):
        """The number of a program's window, once it is there."""
        until = time.monotonic() + patience_s
        while process.poll() is None and time.monotonic() < until:
            found = self.do("search", "--onlyvisible", "--pid", process.pid).split()
            if found:
                return int(found[-1])
            time.sleep(0.05)
        return None

    def pixels(self):
        """The screen: rows of red, green, blue."""
        with open(os.path.join(self.folder, "Xvfb_screen0"), "rb") as f:
            data = f.read()
        head = struct.unpack(">25I", data[:100])  # XWDFileHeader
        size, width, height, bits, line, colors = head[0], head[4], head[5], head[11], head[12], head[19]
        assert bits == 32
        rows = numpy.frombuffer(data, numpy.uint8, height * line, size + 12 * colors).reshape(height, line)
        return rows[:, : 4 * width].reshape(height, width, 4)[:, :, 2::-1]


class Event(ctypes.Structure):
    """XClientMessageEvent, in the room of an XEvent."""
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                ("room", ctypes.c_long * 24)]


class Manager:
    """What of a window manager a program can hear: please close; and hears: whole screen, please."""

    def __init__(self, display):
        self.x = x = ctypes.CDLL(ctypes.util.find_library("X11"))
        x.XOpenDisplay.restype = ctypes.c_void_p
        x.XDefaultRootWindow.restype = x.XInternAtom.restype = x.XCreateSimpleWindow.restype = ctypes.c_ulong
        x.XGetAtomName.restype = ctypes.c_char_p
        self.line = ctypes.c_void_p(x.XOpenDisplay(display.name.encode()))
        self.root = ctypes.c_ulong(x.XDefaultRootWindow(self.line))
        x.XSelectInput(self.line, self.root, ctypes.c_long(1 << 19))  # SubstructureNotifyMask
        x.XSync(self.line, 0)

    def atom(self, name):
        return self.x.XInternAtom(self.line, name.encode(), 0)

    def ask_to_close(self, window):
        event = Event(type=33, window=window, message_type=self.atom("WM_PROTOCOLS"), format=32)
        event.data[0] = self.atom("WM_DELETE_WINDOW")
        self.x.XSendEvent(self.line, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
        self.x.XSync(self.line, 0)

    def wishes(self, patience_s=5):
        """The next wish for a state of a window (1: set, 0: unset) with the state's name; None: none was heard."""
        until, event = time.monotonic() + patience_s, Event()
        while time.monotonic() < until:
            while self.x.XPending(self.line):
                self.x.XNextEvent(self.line, ctypes.byref(event))
                if event.type == 33 and event.message_type == self.atom("_NET_WM_STATE"):
                    return event.data[0], self.x.XGetAtomName(self.line, ctypes.c_ulong(event.data[1])).decode()
            time.sleep(0.02)
        return None


    def clipboard(self, patience_s=10):
        """The text that was copied."""
        x, line, event, until = self.x, self.line, Event(), time.monotonic() + patience_s
        window = ctypes.c_ulong(x.XCreateSimpleWindow(line, self.root, 0, 0, 1, 1, 0, ctypes.c_ulong(0), ctypes.c_ulong(0)))
        text, put = ctypes.c_ulong(self.atom("UTF8_STRING")), ctypes.c_ulong(self.atom("DATAHALL_TEST"))
        x.XConvertSelection(line, ctypes.c_ulong(self.atom("CLIPBOARD")), text, put, window, ctypes.c_ulong(0))
        while time.monotonic() < until:
            while x.XPending(line):
                x.XNextEvent(line, ctypes.byref(event))
                if event.type == 31:  # SelectionNotify
                    kind, bits, n, left, at = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_char_p()
                    x.XGetWindowProperty(line, window, put, ctypes.c_long(0), ctypes.c_long(1 << 16), 0, ctypes.c_ulong(0), ctypes.byref(kind),
                                         ctypes.byref(bits), ctypes.byref(n), ctypes.byref(left), ctypes.byref(at))
                    return (at.value or b"").decode()
            time.sleep(0.02)
        return None


def read_png(path):
    """Rows of red, green, blue of an eight-bit PNG."""
    data = open(path, "rb").read()
    at, packed = 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            width, height, bits, color = struct.unpack(">IIBB", data[at + 8 : at + 18])
        if kind == b"IDAT":
            packed += data[at + 8 : at + 8 + n]
        at += 12 + n
    assert bits == 8 and color in (2, 6)
    each = 3 if color == 2 else 4
    raw = numpy.frombuffer(zlib.decompress(packed), numpy.uint8).reshape(height, 1 + each * width)
    out = numpy.zeros((height, width, each), numpy.uint8)
    above = numpy.zeros((width, each), numpy.uint8)
    for y in range(height):
        row, how = raw[y, 1:].reshape(width, each), raw[y, 0]
        if how == 0:
            now = row
        elif how == 1:
            now = numpy.cumsum(row, axis=0, dtype=numpy.uint8)
        elif how == 2:
            now = row + above
        else:
            now = numpy.array(unfilter(how, row.tolist(), above.tolist(), each), numpy.uint8)
        out[y] = above = now
    return out[:, :, :3]


def unfilter(how, row, above, each):
    out, left, corner = [], [0] * each, [0] * each
    for pixel, up in zip(row, above):
        now = []
        for value, a, b, c in zip(pixel, left, up, corner):
            if how == 3:
                value += (a + b) // 2
            else:
                p = a + b - c
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                value += a if pa <= pb and pa <= pc else b if pb <= pc else c
            now.append(value & 255)
        out.append(now)
        left, corner = now, up
    return out
