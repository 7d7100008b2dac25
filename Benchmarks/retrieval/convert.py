#!/usr/bin/env python3
"""Converts retrieval benchmarks to conversations and questions that polylogue reads.

usage: convert.py locomo FILE FOLDER      LoCoMo's JSON
       convert.py cranfield FOLDER FOLDER cran.all.1400.xml, cran.qry.xml and cranqrel.trec.txt

Writes conversations.jsonl, to be imported, and questions.jsonl, for `polylogue eval`. A question is
asked as plain words: quotation marks and dashes before words, which say something else in a query,
are taken out. Neither benchmark is part of polylogue.
"""
import argparse, datetime, html, json, os, re


def plain(question):
    """A question without what is an operator in a query."""
    unquoted = re.sub('["“”„]', " ", str(question))
    return " ".join(re.sub(r"(?<!\S)-+(?=\S)", "", unquoted).split())


def question_line(query, relevant, **more):
    return {"query": plain(query), "relevant": relevant, **more}


def session_time(text):
    """The ISO time of what LoCoMo writes as `1:56 pm on 8 May, 2023`; none where it is no such thing."""
    try:
        moment = datetime.datetime.strptime(text.strip(), "%I:%M %p on %d %B, %Y")
    except (AttributeError, ValueError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def turn_text(turn):
    """What is searched of a turn: what was said, and the caption of the picture where there is one."""
    parts = [turn.get("text") or "", f"[{turn['blip_caption']}]" if turn.get("blip_caption") else ""]
    return " ".join(part for part in parts if part)


def evidence(question):
    """The turns that LoCoMo names, which it writes as `D1:3`, `D8:6; D9:17` or `D:11:26`."""
    named = re.findall(r"\bD:?(\d+):(\d+)", " ".join(map(str, question.get("evidence") or [])))
    return list(dict.fromkeys((int(session), int(turn)) for session, turn in named))


def locomo_conversations(sample):
    """A conversation for each session; the first speaker is the user, the other one the assistant."""
    name, talk = str(sample["sample_id"]), sample["conversation"]
    sessions = sorted(int(key[8:]) for key in talk if re.fullmatch(r"session_\d+", key))
    for number in sessions:
        turns = [turn for turn in talk[f"session_{number}"] if turn_text(turn)]
        if not turns:
            continue
        time = session_time(talk.get(f"session_{number}_date_time"))
        messages = [{"id": turn["dia_id"], "author": turn["speaker"], "text": turn_text(turn),
                     "role": "user" if turn["speaker"] == talk.get("speaker_a") else "assistant",
                     **({"timestamp": time} if time else {})} for turn in turns]
        yield {"format": "polylogue", "provider": "locomo", "id": f"{name}-{number}", "title": None,
               "project": name, "messages": messages}


def locomo_questions(sample):
    """The questions of categories 1 to 4 that name evidence: 5 asks for what was never said."""
    name = str(sample["sample_id"])
    for question in sample["qa"]:
        if question.get("category") not in (1, 2, 3, 4) or not question.get("evidence"):
            continue
        turns = [f"locomo:{name}-{session}/D{session}:{turn}" for session, turn in evidence(question)]
        # Evidence that cannot be read leaves a question that nothing answers.
        yield question_line(question["question"], turns or [f"locomo:{name}/none"],
                            filter=f"project:{name}", group=name)


def locomo(path):
    with open(path, encoding="utf-8") as source:
        samples = json.load(source)
    return ([one for sample in samples for one in locomo_conversations(sample)],
            [one for sample in samples for one in locomo_questions(sample)])


def element(name, text):
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return " ".join(html.unescape(found[1]).split()) if found else ""


def cranfield_conversations(text):
    """A conversation of one message for each abstract; the two that are empty are left out."""
    for document in re.findall(r"<doc>(.*?)</doc>", text, re.DOTALL):
        title, body = element("title", document), element("text", document)
        if title or body:
            yield {"format": "polylogue", "provider": "cranfield", "id": element("docno", document),
                   "title": title or None, "messages": [{"role": "user", "text": body or title}]}


def cranfield_questions(queries, judgements):
    """Judgements count the queries in the order of the file, whatever number these have there."""
    relevant = {}
    for line in judgements.splitlines():
        fields = line.split()
        if len(fields) == 4 and int(fields[3]) > 0:
            relevant.setdefault(int(fields[0]), []).append(f"cranfield:{fields[2]}")
    texts = re.findall(r"<top>(.*?)</top>", queries, re.DOTALL)
    for number, query in enumerate(texts, 1):
        if number in relevant:
            yield question_line(element("title", query), relevant[number])


def cranfield(folder):
    def read(name):
        with open(os.path.join(folder, name), encoding="utf-8") as source:
            return source.read()
    return (list(cranfield_conversations(read("cran.all.1400.xml"))),
            list(cranfield_questions(read("cran.qry.xml"), read("cranqrel.trec.txt"))))


def write(folder, conversations, questions):
    os.makedirs(folder, exist_ok=True)
    for name, lines in (("conversations", conversations), ("questions", questions)):
        with open(os.path.join(folder, f"{name}.jsonl"), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


CONVERTERS = {"locomo": locomo, "cranfield": cranfield}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmark", choices=CONVERTERS)
    parser.add_argument("source")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    conversations, questions = CONVERTERS[arguments.benchmark](arguments.source)
    write(arguments.folder, conversations, questions)
    print(f"{len(conversations)} conversations, "
          f"{sum(len(one['messages']) for one in conversations)} messages, {len(questions)} questions")


if __name__ == "__main__":
    main()
