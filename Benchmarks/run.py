#!/usr/bin/env python3
"""Measures polylogue as a whole process and prints one line a figure.

usage: run.py BINARY [--size small|medium|large] [--data FOLDER] [--more FOLDER] [--library BINARY]
              [--agentsview BINARY] [--repeat 7] [--locomo FILE] [--cranfield FOLDER]

Times are CPU seconds (user + system) of the process and wall-clock milliseconds of cold processes,
the median of several runs. The data are made by generate.py unless --data names an export folder
with conversations.json. With --agentsview, the same export is imported by that program in the same
run and the ratio is printed. --library names polylogue-bench, which measures the library in one
process on the same archive, and four readers beside the import of a second export (--more, or made
with another seed). --locomo and --cranfield name benchmarks of retrieval, which retrieval/convert.py
converts: how well each mode of search answers their questions. Results are kept as
results/DATE-SIZE.json.
"""
import argparse, datetime, json, os, platform, shutil, statistics, subprocess, sys, tempfile, time

from retrieval import measure as retrieval

SIZES = {"small": 1_000, "medium": 10_000, "large": 100_000}
HERE = os.path.dirname(os.path.abspath(__file__))


def run(command, environment=None, check=True):
    """Runs a command; returns (wall seconds, CPU seconds, peak resident MB, standard output)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=errors,
                                   env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
        errors.seek(0)
        complaint = errors.read().decode(errors="replace")
    if check and process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}\n{complaint}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


class Report:
    def __init__(self):
        self.figures = {}

    def add(self, name, value, unit):
        self.figures[name] = {"value": round(value, 3), "unit": unit}
        print(f"{name:<40} {value:>12,.2f} {unit}", flush=True)


def folder_bytes(path):
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(path) for name in names)


def import_figures(binary, archive, export, messages, report):
    raw = os.path.getsize(os.path.join(export, "conversations.json"))
    wall, cpu, peak, _ = run([binary, "import", "--archive", archive, export])
    report.add("import rate", messages / cpu, "messages/CPU-s")
    report.add("import wall", wall, "s")
    report.add("import peak memory", peak, "MB")
    report.add("store / raw bytes", folder_bytes(archive) / raw, "ratio")
    _, cpu, peak, out = run([binary, "import", "--archive", archive, "--json", export])
    again = json.loads(out)["conversations"]
    if again["new"] or again["updated"]:
        sys.exit(f"the second import was no repetition: {again}")
    report.add("unchanged re-import", cpu, "CPU-s")
    moved = os.path.join(os.path.dirname(archive), "moved")
    os.makedirs(moved)
    shutil.copyfile(os.path.join(export, "conversations.json"), os.path.join(moved, "conversations.json"))
    _, cpu, _, _ = run([binary, "import", "--archive", archive, moved])
    report.add("re-import of a copy", cpu, "CPU-s")
    shutil.rmtree(moved)


def cold(binary, archive, name, command, repeat, report):
    walls = [run([binary, *command, "--archive", archive])[0] * 1000 for _ in range(repeat)]
    report.add(f"{name}, cold process", statistics.median(walls), "ms")


def generate(folder, conversations, *options):
    subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), folder,
                    "--conversations", str(conversations), *options], check=True)
    return folder


def library_figures(library, arguments, report):
    """Adds what polylogue-bench prints; returns its peak memory in MB."""
    _, _, peak, out = run([library, *arguments])
    add_lines(out, report)
    return peak


def add_lines(out, report, prefix=""):
    for line in out.decode().splitlines():
        name, value, unit = line.split("\t")
        report.add(prefix + name, float(value), unit)


def readers_figures(library, archive, seconds, prefix, report, writer=None):
    """Four readers without a pause, for some seconds or for as long as a writer runs."""
    readers = subprocess.Popen([library, "readers", archive, "4"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    if writer:
        # The readers have opened the archive by then.
        time.sleep(0.3)
        writer()
    else:
        time.sleep(seconds)
    out, _ = readers.communicate()
    if readers.returncode != 0:
        sys.exit(f"the readers ended with {readers.returncode}")
    add_lines(out, report, prefix)


def concurrency_figures(binary, library, archive, more, messages, report):
    readers_figures(library, archive, 3, "nothing beside: ", report)

    def writer():
        wall, cpu, peak, _ = run([binary, "import", "--archive", archive, more])
        report.add("import beside 4 readers", messages / wall, "messages/s")
        report.add("import beside 4 readers, peak memory", peak, "MB")
    readers_figures(library, archive, 0, "beside an import: ", report, writer)


def long_conversation_figures(binary, library, work, report):
    export = generate(os.path.join(work, "long"), 1, "--messages", "1000")
    archive = os.path.join(work, "long-archive")
    run([binary, "import", "--archive", archive, export])
    library_figures(library, ["longest", archive], report)


def render_figures(binary, archive, work, conversations, report):
    _, _, _, page = run([binary, "help", "render"])
    formats = ["Markdown", "HTML"] if b"html" in page else ["Markdown"]
    for name in formats:
        command = [binary, "render", "--archive", archive, "--json", "--format", name.lower(),
                   "--output"]
        # The best of three: what the kernel takes for new files varies by a factor of two. Each has a
        # folder of its own, since removing the files of one slows down the next.
        runs = [run(command + [os.path.join(work, f"{name}-{number}")]) for number in range(3)]
        report.add(f"render {name}", conversations / min(cpu for _, cpu, _, _ in runs),
                   "files/CPU-s")
        report.add(f"render {name}, peak memory", max(peak for _, _, peak, _ in runs), "MB")
        wall, cpu, _, out = run(command + [os.path.join(work, f"{name}-0")])
        if json.loads(out)["written"]:
            sys.exit("the second rendering was no repetition")
        report.add(f"unchanged render {name}", wall, "s")
        report.add(f"unchanged render {name}, CPU", cpu, "CPU-s")


def peer_figures(agentsview, export, work, messages, report):
    environment = {"AGENTSVIEW_DATA_DIR": os.path.join(work, "peer"),
                   "AGENTSVIEW_TELEMETRY_ENABLED": "false", "AGENTSVIEW_NO_BROWSER": "1",
                   "AGENTSVIEW_DISABLE_UPDATE_CHECK": "1"}
    _, cpu, _, _ = run([agentsview, "import", "--type", "chatgpt", export + "/"], environment)
    report.add("agentsview import rate", messages / cpu, "messages/CPU-s")
    ours = report.figures["import rate"]["value"]
    report.add("import, ours / agentsview", ours / (messages / cpu), "ratio")


def retrieval_figures(binary, arguments, work, report):
    sources = {"locomo": arguments.locomo, "cranfield": arguments.cranfield}
    retrieval.figures(run, binary, os.path.join(work, "retrieval"), sources, report)


def measure(arguments, work, report):
    binary = os.path.abspath(arguments.binary)
    if arguments.only == "retrieval":
        return retrieval_figures(binary, arguments, work, report)
    conversations = SIZES[arguments.size]
    messages = 50 * conversations
    export = arguments.data or generate(os.path.join(work, "export"), conversations)
    archive = os.path.join(work, "archive")
    import_figures(binary, archive, export, messages, report)
    if arguments.only == "render":
        return render_figures(binary, archive, work, conversations, report)
    for name, query in (("search rare word", "zyxomantic"), ("search medium word", "quasarlint"),
                        ("search very common word", "the"),
                        ("search phrase", '"crimson harbor lantern"')):
        cold(binary, archive, name, ["search", query], arguments.repeat, report)
    cold(binary, archive, "list", ["list"], arguments.repeat, report)
    cold(binary, archive, "stats", ["stats"], arguments.repeat, report)
    _, cpu, peak, _ = run([binary, "reindex", "--archive", archive])
    report.add("reindex", messages / cpu, "messages/CPU-s")
    report.add("reindex peak memory", peak, "MB")
    if arguments.library:
        library = os.path.abspath(arguments.library)
        peak = library_figures(library, ["reads", archive], report)
        report.add("library peak memory", peak, "MB")
        long_conversation_figures(binary, library, work, report)
    if arguments.size != "large":
        render_figures(binary, archive, work, conversations, report)
    if arguments.library:
        count = min(conversations, 10_000)
        more = arguments.more or generate(os.path.join(work, "more"), count, "--seed", "2")
        concurrency_figures(binary, library, archive, more, 50 * count, report)
    retrieval_figures(binary, arguments, work, report)
    if arguments.agentsview:
        peer_figures(arguments.agentsview, export, work, messages, report)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--data")
    parser.add_argument("--more")
    parser.add_argument("--agentsview")
    parser.add_argument("--library")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--locomo")
    parser.add_argument("--cranfield")
    parser.add_argument("--only", choices=["render", "retrieval"],
                        help="measure import and this, or this alone")
    arguments = parser.parse_args()
    report = Report()
    work = tempfile.mkdtemp(prefix="polylogue-bench-")
    try:
        measure(arguments, work, report)
        result = {"date": datetime.date.today().isoformat(), "size": arguments.size,
                  "messages": 50 * SIZES[arguments.size],
                  "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                  "data": "given" if arguments.data else "generate.py", "figures": report.figures}
        part = f"-{arguments.only}" if arguments.only else ""
        path = os.path.join(HERE, "results", f"{result['date']}-{arguments.size}{part}.json")
        with open(path, "w") as out:
            json.dump(result, out, indent=1)
            out.write("\n")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
