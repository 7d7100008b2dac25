"""Run in Benchmarks: python3 -m unittest retrieval.test_convert"""
import json, os, tempfile, unittest

from retrieval import convert

SAMPLE = {
    "sample_id": "talk-1",
    "conversation": {
        "speaker_a": "Ada", "speaker_b": "Bo", "session_2_date_time": "12:05 am on 1 March, 2024",
        "session_10_date_time": "some day", "session_3": [],
        "session_10": [{"speaker": "Bo", "dia_id": "D10:1", "text": "Bye."}],
        "session_2": [
            {"speaker": "Ada", "dia_id": "D2:1", "text": "Look!", "blip_caption": "a red boat"},
            {"speaker": "Bo", "dia_id": "D2:2", "text": "Nice."}]},
    "qa": [
        {"question": 'What did Ada call "-the boat-"?', "category": 4, "evidence": ["D2:1; D10:1", "D:2:2"]},
        {"question": "What is never said?", "category": 5, "evidence": ["D2:1"]},
        {"question": "What has no evidence?", "category": 1, "evidence": []},
        {"question": "What has evidence of no form?", "category": 1, "evidence": ["D"]}]}

DOCUMENTS = """<doc>
<docno>1</docno>
<title>wings &amp;
tails</title>
<author>a.b.</author>
<text>wings &amp; tails  of
ducks .</text>
</doc>
<doc>
<docno>2</docno>
<title></title>
<text></text>
</doc>"""
QUERIES = """<top><num> 7</num>
<title>
what flies -dash or swims .
</title></top><top><num> 9</num><title>unjudged</title></top><top><num>12</num><title>ducks</title></top>"""


class Converters(unittest.TestCase):
    def test_sessions_become_conversations_in_their_order(self):
        first, last = convert.locomo_conversations(SAMPLE)
        self.assertEqual([first["id"], last["id"]], ["talk-1-2", "talk-1-10"])
        self.assertEqual(first["project"], "talk-1")
        self.assertEqual(first["messages"][0], {
            "id": "D2:1", "author": "Ada", "role": "user", "text": "Look! [a red boat]",
            "timestamp": "2024-03-01T00:05:00Z"})
        self.assertEqual([message["role"] for message in first["messages"]], ["user", "assistant"])
        self.assertNotIn("timestamp", last["messages"][0])

    def test_questions_name_their_turns_and_the_conversation(self):
        question, lost = convert.locomo_questions(SAMPLE)
        self.assertEqual(question, {
            "query": "What did Ada call the boat- ?", "filter": "project:talk-1", "group": "talk-1",
            "relevant": ["locomo:talk-1-2/D2:1", "locomo:talk-1-10/D10:1", "locomo:talk-1-2/D2:2"]})
        self.assertEqual(lost["relevant"], ["locomo:talk-1/none"])

    def test_abstracts_become_conversations_of_one_message(self):
        self.assertEqual(list(convert.cranfield_conversations(DOCUMENTS)), [{
            "format": "polylogue", "provider": "cranfield", "id": "1", "title": "wings & tails",
            "messages": [{"role": "user", "text": "wings & tails of ducks ."}]}])

    def test_judgements_count_queries_in_the_order_of_the_file(self):
        questions = list(convert.cranfield_questions(QUERIES, "1 0 1 1\n1 0 4 0\n3 0 1 3\n"))
        self.assertEqual(questions, [
            {"query": "what flies dash or swims .", "relevant": ["cranfield:1"]},
            {"query": "ducks", "relevant": ["cranfield:1"]}])

    def test_files_hold_one_object_a_line(self):
        with tempfile.TemporaryDirectory() as folder:
            convert.write(folder, [{"id": "é"}, {"id": "2"}], [{"query": "?"}])
            with open(os.path.join(folder, "conversations.jsonl"), encoding="utf-8") as lines:
                self.assertEqual([json.loads(line) for line in lines], [{"id": "é"}, {"id": "2"}])


if __name__ == "__main__":
    unittest.main()
