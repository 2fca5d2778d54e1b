#!/usr/bin/python3
"""The site over its life (<finance>), end to end: finance.py BUILD. Prints TAP. Every flow of a run's cash flow is
recomputed here from its costs and purchases, by the rules of models/cash_flow.h written down again."""
import json, os, re, subprocess, sys, tempfile
sys.path.append(os.path.dirname(os.path.abspath(__file__)) + "/../tools")
from tap import finish, ok

datahall = os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "datahall")

# IRS Publication 946, table A-1, 5 years; table A-7a, month 7.
MACRS5 = [0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576]
MACRS39 = [0.01177] + 38 * [0.02564] + [0.01391]
FINANCE = """<finance life="10 a" debt="0.4" debt-rate="0.065" equity-rate="0.13" tax="0.21" inflation="0.025" energy-growth="0.03"
 it-growth="-0.1" it-value="0.65 0.45 0.3 0.2 0.1" revenue="3.2 USD/h" revenue-growth="-0.08">
<depreciation of="it" schedule="macrs-5" bonus="0.4"/><depreciation of="building" schedule="macrs-39" month="7"/>
<lease of="it" payment="0.022" term="4 a" advance="yes" guarantee="0.25"/><lease of="building" rent="180 USD/kW" term="10 a" rate="0.05"/></finance>"""


def near(a, b, tolerance=1e-9):
    return a is not None and abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-3)


def scenario(finance):
    return f"""<scenario xmlns="urn:datahall:scenario:1" name="life" seed="1"><import href="catalog:racks.xml"/>
<tariff id="flat" energy="0.08 USD/kWh" demand="12 USD/kW" utc-offset="0"/><horizon start="2026-07-01T00:00:00Z" duration="1 d"/>
<site id="s" tariff="flat"><power><utility id="grid" rated="600 kW"/></power>
<hall id="hall"><row id="r" rack="dgx-h100-air" count="2" feed="grid"/></hall></site>
<workload><jobs id="x" kind="training" rate="10 1/h" median="40 min" sigma="1"><size gpus="8" share="1"/></jobs></workload>
<economics building="11.7 USD/W" network="0.12" it-life="5 a" building-life="15 a" it-residual="0.1" building-residual="0.2"
 it-upkeep="0.03" building-upkeep="0.02" staff="1" staff-cost="140000 USD/a" software="1000 USD/a">{finance}</economics></scenario>"""


def run(folder, text, *more):
    path = f"{folder}/a.xml"
    with open(path, "w") as f:
        f.write(text)
    return subprocess.run([datahall, "run", path, *more], capture_output=True, text=True)


def npv(flows, rate):
    return sum(x / (1 + rate) ** t for t, x in enumerate(flows))


def owned(price, growth, life, years, shares, worth):
    """Purchases, sales and depreciation of an asset bought again and again."""
    bought, sold, off = ([0.0] * (years + 1) for _ in range(3))
    at = 0
    while at < years:
        to, paid = min(at + life, years), price * (1 + growth) ** at
        bought[at] += paid
        sold[to] += paid * worth(to - at)
        for t in range(at + 1, to + 1):
            off[t] += paid * (shares[t - at - 1] if t - at <= len(shares) else 0)
        off[to] += paid * sum(shares[to - at:])
        at = to
    return bought, sold, off


def recompute(cost, hours):
    years, tax, day = 10, 0.21, 365
    rate = 0.6 * 0.13 + 0.4 * 0.065 * (1 - tax)
    curve = [0.65, 0.45, 0.3, 0.2, 0.1]
    bonus = [0.4 * (t == 0) + 0.6 * m for t, m in enumerate(MACRS5)]
    buy = cost["purchase"]
    parts = {"it": owned(buy["it"], -0.1, 5, years, bonus, lambda age: 1 if age == 0 else curve[age - 1]),
             "network": owned(buy["network"], -0.1, 5, years, [0.2] * 5, lambda age: 1 if age == 0 else curve[age - 1]),
             "building": owned(buy["building"], 0.025, 15, years, MACRS39, lambda age: 1 - 0.8 * age / 15)}
    rows = []
    for t in range(years + 1):
        grow = lambda first, g: first * (1 + g) ** (t - 1) if t else 0
        r = {"revenue": grow(day * hours * 3.2, -0.08), "energy": grow(day * cost["energy"] + 12 * cost["demand"], 0.03),
             "staff": grow(day * cost["staff"], 0.025), "other": grow(day * (cost["maintenance"] + cost["software"]), 0.025)}
        r["purchases"], r["sales"], r["depreciation"] = (sum(p[k][t] for p in parts.values()) for k in range(3))
        spent = r["energy"] + r["staff"] + r["other"]
        r["tax"] = tax * (r["revenue"] - spent - r["depreciation"] + r["sales"])
        r["flow"] = r["revenue"] - spent - r["purchases"] + r["sales"] - r["tax"]
        r["present"] = r["flow"] / (1 + rate) ** t
        rows.append(r)
    # The lease of IT: 12 x 2.2 % of the price in advance, four years each, at the price of then; given back when it is
    # worth 20 % of a guaranteed 25. The third contract begins in year 8 and ends behind the site: what is left falls due in
    # year 10.
    lease = [0.0] * (years + 1)
    for begin in (0, 4, 8):
        scale = buy["it"] * 0.9 ** begin
        for t in range(4):
            lease[min(begin + t, years)] += 12 * 0.022 * scale
        if begin + 4 <= years:
            lease[begin + 4] += 0.05 * scale
    leased = npv([-x * (1 - tax) for x in lease], rate)
    b, s, o = parts["it"]
    bought = npv([-b[t] + s[t] - tax * (s[t] - o[t]) for t in range(years + 1)], rate)
    return rate, rows, bought, leased


with tempfile.TemporaryDirectory() as folder:
    h5 = f"{folder}/a.h5"
    got = run(folder, scenario(FINANCE), "-o", h5, "--json", "-q")
    result = json.loads(got.stdout) if got.returncode == 0 else {}
    ok("finance" in result, "a site over its life runs", got.stderr)
    finance, cost = result["finance"], result["cost"]
    hours = result["gpus"]["hours_busy"]
    rate, rows, bought, leased = recompute(cost, hours)
    ok(near(finance["rate"], rate, 1e-12), "cost of capital: 60 % at 13 %, 40 % at 6.5 % less tax")
    wrong = [(t, k, finance["flows"][t][k], v) for t, r in enumerate(rows) for k, v in r.items() if not near(finance["flows"][t][k], v)]
    ok(not wrong, "every flow of every year as by hand: growth, MACRS 5 with bonus, 39 years, replacement, worth left", wrong[:4])
    total = npv([r["flow"] for r in rows], rate)
    ok(near(finance["npv"], total), "net present value")
    revenue = npv([r["revenue"] * 0.79 for r in rows], rate)
    ok(near(finance["after_tax_cost"], revenue - total), "cost after tax is what revenue after tax would have to be")
    price = finance["per_gpu_hour"]
    ok(near(sum(price * 0.79 * 365 * hours / (1 + rate) ** t for t in range(1, 11)), revenue - total),
       "at its price of a GPU hour the site earns its cost of capital")
    ok(near(finance["annualized_cost"] * sum((1 + rate) ** -t for t in range(1, 11)), revenue - total), "the same amount each year is worth as much")
    ok(abs(npv([r["flow"] for r in rows], finance["irr"])) < 1e-5 * abs(total), "nothing is left at the internal rate of return")
    it = finance["leases"][0]
    ok(it["of"] == "it" and near(it["buy_npv"], bought) and near(it["lease_npv"], leased), "lease and purchase of IT alone",
       (it, bought, leased))
    # At the payment that it calls break-even both are equal.
    even = it["break_even"] / cost["purchase"]["it"]
    again = json.loads(run(folder, scenario(FINANCE.replace('payment="0.022"', f'payment="{even!r}" taken="yes"')), "--json", "-q", "--no-output").stdout)["finance"]
    ok(near(again["leases"][0]["lease_npv"], bought, 1e-7) and near(again["npv"], finance["npv"], 1e-6),
       "at the break-even payment leasing costs as much, and taken it leaves the site as it was", (again["npv"], finance["npv"]))
    ok(again["flows"][0]["lease"] > 0 and again["flows"][0]["purchases"] < 0.5 * finance["flows"][0]["purchases"], "what is leased is not bought")
    import h5py
    with h5py.File(h5) as f:
        table = f["cash_flow"]
        from_file = sum(x / (1 + float(table.attrs["rate"][0] if hasattr(table.attrs["rate"], "__len__") else table.attrs["rate"])) ** y
                        for y, x in zip(table["year"][:], table["flow"][:]))
        ok(near(from_file, float(f["summary/finance.npv"][()][0] if f["summary/finance.npv"].shape else f["summary/finance.npv"][()]), 1e-12),
           "NPV from the table of the file, 1e-12")
        ok(all(near(table[k][t], r[k]) for t, r in enumerate(rows) for k in r), "the table of the file is the same")
    page = subprocess.run([datahall, "report", h5], capture_output=True, text=True).stdout
    ok("OVER ITS LIFE" in page and f"{finance['after_tax_cost']:,.0f} USD" in page and "LEASE OR BUY" in page and
       re.search(r"\n  10 .*\n  All ", page), "the report tells it", page[:2000])
    ok(json.loads(run(folder, scenario(""), "--json", "-q", "--no-output").stdout).get("finance") is None, "without <finance> there is nothing of it")
    for name, old, new, says in (("debt without equity", 'equity-rate="0.13"', "", "debt and equity-rate go together"),
                                 ("two rates", "<finance ", '<finance rate="0.1" ', "rate is the cost of capital, and so are"),
                                 ("half a year", 'life="10 a"', 'life="10.5 a"', "whole years"),
                                 ("two schedules of one thing", '<depreciation of="building"', '<depreciation of="it"', "written off already"),
                                 ("a lease of nothing", 'payment="0.022"', "", "a payment or a rent"),
                                 ("a table with years of its own", 'schedule="macrs-5"', 'schedule="macrs-5" over="4 a"', "own years"),
                                 ("rent of IT", 'payment="0.022"', 'rent="1 USD/kW"', "rent is for space"),
                                 ("a life of a century", 'life="10 a"', 'life="100 a"', "life"),
                                 ("a tax of more than all", 'tax="0.21"', 'tax="1.2"', "tax"),
                                 ("not a number", 'inflation="0.025"', 'inflation="nan"', "inflation")):
        bad = run(folder, scenario(FINANCE.replace(old, new)), "--no-output", "-q")
        ok(bad.returncode == 65 and says in bad.stderr and "a.xml:" in bad.stderr, f"refused: {name}", bad.stderr)
finish()
