"""What the tests in Python print: the Test Anything Protocol. A script that ends before finish() has no plan, which tests/run counts as a failure."""
_n = 0


def ok(good, name, detail=""):
    """One test. The detail is shown, as far as it is short, if it failed. Returns whether it is good."""
    global _n
    _n += 1
    print("ok" if good else "not ok", _n, "-", name, flush=True)
    if not good and str(detail):
        print("#", str(detail)[:2000].replace("\n", "\n# "), flush=True)
    return bool(good)


def skip(name, why):
    """A test that cannot be made here, and why."""
    global _n
    _n += 1
    print("ok", _n, "-", name, "# SKIP", str(why).strip().replace("\n", " "), flush=True)


def finish():
    """The plan: so many there were."""
    print(f"1..{_n}", flush=True)
