"""How well search answers the questions of LoCoMo and Cranfield; run.py prints it."""
import json, os

from . import convert

# What a benchmark is judged by: the name of its rows, and where the figure stands in a mode's measures.
LOCOMO = ("LoCoMo hit@10", lambda measures: measures["hit"]["10"])
CRANFIELD = ("Cranfield nDCG@10", lambda measures: measures["ndcg"])


def add(report, title, figure, evaluation):
    for mode, measures in evaluation["modes"].items():
        report.add(f"{title}, {mode}", 100 * figure(measures)["mean"], "%")
    for mode, tuned in evaluation["tuned"].items():
        report.add(f"{title}, {mode}, held out", 100 * figure(tuned["held_out"])["mean"], "%")


def evaluate(run, binary, folder, modes):
    """Imports what was converted, embeds it where there is a model, and asks the questions."""
    archive = os.path.join(folder, "archive")
    run([binary, "import", "--archive", archive, os.path.join(folder, "conversations.jsonl")])
    # Without a model that fails, and the evaluation says so in its notes.
    run([binary, "embed", "--archive", archive], check=False)
    asked = [part for mode in modes for part in ("--mode", mode)]
    _, _, _, out = run([binary, "eval", "--archive", archive, "--json", "--tune", *asked,
                        os.path.join(folder, "questions.jsonl")])
    return json.loads(out)


def figures(run, binary, work, sources, report):
    """Adds a row for each benchmark and mode.

    sources gives what to convert, by the benchmark's name; one without a source is skipped. Weights
    of “held out” rows are chosen without the conversation, or the half of the questions, that is asked.
    """
    for name, (title, figure) in (("locomo", LOCOMO), ("cranfield", CRANFIELD)):
        source = sources.get(name)
        if not source or not os.path.exists(source):
            print(f"{title}: skipped, --{name} names no data", flush=True)
            continue
        folder = os.path.join(work, name)
        convert.write(folder, *convert.CONVERTERS[name](source))
        evaluation = evaluate(run, binary, folder, ("words", "semantic", "hybrid"))
        add(report, title, figure, evaluation)
        if "hybrid" not in evaluation["modes"]:
            print(f"{title}: meaning skipped, {'; '.join(evaluation['notes'])}", flush=True)
