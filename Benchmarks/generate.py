#!/usr/bin/env python3
"""Writes a ChatGPT-like export of any size, the same bytes for the same arguments.

usage: generate.py FOLDER --conversations 1000 [--messages 50] [--characters 500] [--seed 1]

Words follow a Zipf-Mandelbrot law over a made-up vocabulary. Planted for the searches, and counted
in FOLDER.planted.json: `zyxomantic` in 7 messages, `quasarlint` in one of 200, the phrase
`crimson harbor lantern` in one of 1,000 with each of its words alone in one of 100.
"""
import argparse, bisect, itertools, json, os, random

COMMON = ("the of and to a in is that it for you as with be on are this not or can have from by we "
          "at an will your if but one use so all do what when which they there how code file data "
          "more then like just need out time up here system").split()
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za bre cla dri flo gro".split()


def vocabulary():
    random_words = random.Random(42)
    words = dict.fromkeys(COMMON)
    while len(words) < 60_000:
        words["".join(random_words.choices(SYLLABLES, k=random_words.randint(2, 4)))] = None
    return list(words)


class Writer:
    def __init__(self, arguments):
        self.random = random.Random(arguments.seed)
        self.words = vocabulary()
        weights = [1.0 / (rank + 2.7) ** 1.05 for rank in range(len(self.words))]
        self.cumulative = list(itertools.accumulate(weights))
        self.mean = arguments.characters
        self.total = arguments.conversations * arguments.messages
        self.rare = set(random.Random(arguments.seed + 5).sample(range(self.total), min(7, self.total)))
        self.number = 0
        self.planted = {"zyxomantic": 0, "quasarlint": 0, "crimson harbor lantern": 0}

    def plant(self):
        number, self.number = self.number, self.number + 1
        out = []
        for term, hit in (("zyxomantic", number in self.rare), ("quasarlint", number % 200 == 77),
                          ("crimson harbor lantern", number % 1000 == 333)):
            if hit:
                out.append(term)
                self.planted[term] += 1
        for term, rest in (("crimson", 11), ("harbor", 22), ("lantern", 44)):
            if number % 100 == rest:
                out.append(term)
        return out

    def prose(self):
        chance = self.random
        length = max(20, min(int(chance.lognormvariate(0, 0.75) * self.mean / 1.325), self.mean * 12))
        words = chance.choices(self.words, cum_weights=self.cumulative, k=max(4, length // 6))
        for term in self.plant():
            words.insert(chance.randrange(len(words)), term)
        out, start = [], 0
        while start < len(words):
            size = chance.randrange(6, 19)
            out.append(" ".join(words[start:start + size]).capitalize() + ".")
            start += size
        text = " ".join(out)
        if chance.random() < 0.04:
            text += "\n\n```python\ndef compute_value(inputList):\n    return inputList[0]\n```"
        elif chance.random() < 0.03:
            text += " — naïve café 你好 🚀"
        return text

    def uuid(self):
        digits = "%032x" % self.random.getrandbits(128)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def conversation(self, messages, start):
        chance = self.random
        identifier, now, model = self.uuid(), start, chance.choice(["gpt-4o", "o3-mini", "gpt-5"])
        root = self.uuid()
        mapping = {root: {"id": root, "message": None, "parent": None, "children": []}}
        parent, role = root, "user"
        for _ in range(messages):
            now += 5 + chance.random() * 40
            node = self.uuid()
            metadata = {"request_id": self.uuid(), "timestamp_": "absolute", "message_type": None}
            if role == "assistant":
                metadata.update(model_slug=model, default_model_slug=model, parent_id=parent,
                                finish_details={"type": "stop", "stop_tokens": [200002]},
                                is_complete=True, citations=[], content_references=[])
            mapping[node] = {"id": node, "message": {
                "id": node, "author": {"role": role, "name": None, "metadata": {}},
                "create_time": round(now, 6), "update_time": None,
                "content": {"content_type": "text", "parts": [self.prose()]},
                "status": "finished_successfully", "end_turn": role == "assistant" or None,
                "weight": 1.0, "metadata": metadata, "recipient": "all", "channel": None},
                "parent": parent, "children": []}
            mapping[parent]["children"].append(node)
            parent, role = node, "assistant" if role == "user" else "user"
        title = " ".join(chance.choices(self.words, k=5)).title()
        return {"title": title, "create_time": start, "update_time": round(now, 6), "mapping": mapping,
                "moderation_results": [], "current_node": parent, "plugin_ids": None,
                "conversation_id": identifier, "id": identifier, "is_archived": False,
                "default_model_slug": model}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=50)
    parser.add_argument("--characters", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    writer = Writer(arguments)
    with open(os.path.join(arguments.folder, "conversations.json"), "w") as out:
        out.write("[")
        for number in range(arguments.conversations):
            start = 1672531200.0 + number * (90e6 / arguments.conversations)
            out.write((", " if number else "") + json.dumps(writer.conversation(arguments.messages, start)))
        out.write("]")
    # Beside the export: a folder to import holds nothing that is no export.
    with open(arguments.folder.rstrip("/") + ".planted.json", "w") as out:
        json.dump({"messages": writer.total, "planted": writer.planted}, out)


if __name__ == "__main__":
    main()
