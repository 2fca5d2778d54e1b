"""Builds that are wrong on purpose: one replacement in one source file, linked with the objects of a finished build.
Used by tests/validation/coupling.py and mutants.py."""
import glob, os, shlex, subprocess

LIBRARY = ("sim", "sim/api", "models", "models/gpu", "scenarios", "output", "viz")


def packages(what):
    names = "gsl libxml-2.0 hdf5 jansson libdeflate zlib sdl2 SDL2_ttf SDL2_image".split()
    return shlex.split(subprocess.run(["pkg-config", what, *names], capture_output=True, text=True, check=True).stdout)


def objects(build, sources):
    return {source: f"{build}/obj/{source[:-2]}.o" for source in sources}


def build_mutant(build, folder, source, old, new, target="datahall"):
    """Path of the program, with `old`, which must be in the source exactly once, replaced by `new`."""
    text = open(source).read()
    if text.count(old) != 1:
        raise ValueError(f"{source} holds the place to change {text.count(old)} times: {old!r}")
    path = os.path.join(folder, os.path.basename(source))
    open(path, "w").write(text.replace(old, new))
    cc = os.environ.get("CC", "cc")
    compiled = path[:-2] + ".o"
    subprocess.run([cc, "-std=c17", "-D_GNU_SOURCE", "-ffp-contract=off", "-O1", "-w", "-I.", "-Isim/include",
                    *packages("--cflags"), "-c", "-o", compiled, path], check=True, capture_output=True, text=True)
    mine = glob.glob("sim/app/*.c") + glob.glob("viz/sdl/*.c") if target == "datahall" else glob.glob("tests/*.c") + glob.glob("tests/unit/*.c") + [
        "tests/tools/fake_run.c"]
    linked = objects(build, sorted(mine))
    if source not in linked and os.path.dirname(source) not in LIBRARY:
        raise ValueError(f"{source} is not part of {target}")
    linked[source] = compiled  # of the library: what it defines is not looked for in the archive behind it
    program = os.path.join(folder, target)
    subprocess.run([cc, "-o", program, *linked.values(), f"{build}/libdatahall.a", *packages("--libs"), "-lhdf5_hl",
                    "-lpthread", "-lm", "-ldl", *(["-lcmocka"] if target == "tests" else [])], check=True,
                   capture_output=True, text=True)
    return program
