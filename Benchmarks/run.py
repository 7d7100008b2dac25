#!/usr/bin/env python3
"""Measures polylogue as a whole process and prints one line a figure.

usage: run.py BINARY [--size small|medium|large] [--data FOLDER] [--library BINARY]
              [--agentsview BINARY] [--repeat 7]

Times are CPU seconds (user + system) of the process and wall-clock milliseconds of cold processes,
the median of several runs. The data are made by generate.py unless --data names an export folder
with conversations.json. With --agentsview, the same export is imported by that program in the same
run and the ratio is printed. --library names polylogue-bench, which measures the library in one
process on the same archive. Results are kept as results/DATE-SIZE.json.
"""
import argparse, datetime, json, os, platform, shutil, statistics, subprocess, sys, tempfile, time

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
    return messages / cpu


def cold(binary, archive, name, command, repeat, report):
    walls = [run([binary, *command, "--archive", archive])[0] * 1000 for _ in range(repeat)]
    report.add(f"{name}, cold process", statistics.median(walls), "ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--data")
    parser.add_argument("--agentsview")
    parser.add_argument("--library")
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    report = Report()
    work = tempfile.mkdtemp(prefix="polylogue-bench-")
    try:
        export = arguments.data
        if not export:
            export = os.path.join(work, "export")
            subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), export,
                            "--conversations", str(SIZES[arguments.size])], check=True)
        messages = 50 * SIZES[arguments.size]
        archive = os.path.join(work, "archive")
        import_figures(binary, archive, export, messages, report)
        ours = report.figures["import rate"]["value"]
        for name, query in (("search rare word", "zyxomantic"), ("search medium word", "quasarlint"),
                            ("search very common word", "the"),
                            ("search phrase", '"crimson harbor lantern"')):
            cold(binary, archive, name, ["search", query], arguments.repeat, report)
        cold(binary, archive, "list", ["list"], arguments.repeat, report)
        cold(binary, archive, "stats", ["stats"], arguments.repeat, report)
        pages = os.path.join(work, "pages")
        _, cpu, peak, _ = run([binary, "render", "--archive", archive, "--output", pages])
        report.add("render Markdown", SIZES[arguments.size] / cpu, "files/CPU-s")
        report.add("render peak memory", peak, "MB")
        if arguments.library:
            _, _, peak, out = run([os.path.abspath(arguments.library), archive])
            for line in out.decode().splitlines():
                name, value, unit = line.split("\t")
                report.add(name, float(value), unit)
            report.add("library peak memory", peak, "MB")
        if arguments.agentsview:
            environment = {"AGENTSVIEW_DATA_DIR": os.path.join(work, "peer"),
                           "AGENTSVIEW_TELEMETRY_ENABLED": "false", "AGENTSVIEW_NO_BROWSER": "1",
                           "AGENTSVIEW_DISABLE_UPDATE_CHECK": "1"}
            _, cpu, _, _ = run([arguments.agentsview, "import", "--type", "chatgpt", export + "/"],
                               environment)
            report.add("agentsview import rate", messages / cpu, "messages/CPU-s")
            report.add("import, ours / agentsview", ours / (messages / cpu), "ratio")
        result = {"date": datetime.date.today().isoformat(), "size": arguments.size,
                  "messages": messages, "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                  "data": "given" if arguments.data else "generate.py", "figures": report.figures}
        path = os.path.join(HERE, "results", f"{result['date']}-{arguments.size}.json")
        with open(path, "w") as out:
            json.dump(result, out, indent=1)
            out.write("\n")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
