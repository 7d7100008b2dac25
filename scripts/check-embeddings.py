#!/usr/bin/env python3
"""Compares the vectors of polylogue's embedding worker with reference implementations.

    check-embeddings.py POLYLOGUE MODEL-FOLDER [--float SAFETENSORS]

Asks a worker for the vectors of 500 texts in many scripts, with emoji and code, and computes the same
with `tokenizers` and `onnxruntime` from the same weights, and with numpy from the float32 weights
that they were made from, where those are named. Prints the worst and the mean cosine, the messages of
60 tokens that the worker computes in a CPU-second, and the memory it took. Needs the packages numpy,
tokenizers and onnxruntime.
"""
import argparse, json, os, pathlib, random, socket, struct, subprocess, sys, time
import numpy as np
from tokenizers import normalizers, pre_tokenizers, processors, models, Tokenizer

MARK = 0x504C5702
SENTENCES = [
    "The cache kept the old value because nobody had told it that the row was gone.",
    "Warum war der Zwischenspeicher nach Mitternacht falsch? Weil die Uhr umgestellt wurde.",
    "Le serveur répond lentement dès que deux imports tournent à la fois.",
    "¿Por qué el índice crece más que el archivo? Porque guarda las posiciones de cada palabra.",
    "O gráfico mostra que a memória sobe até o fim da importação e depois cai.",
    "Почему кэш был неверен после полуночи? Часы перевели на час назад.",
    "Чому сервер відповідає так повільно? Індекс ще не готовий.",
    "缓存为什么在午夜之后是错的？因为时钟被调回了一个小时。", "キャッシュはなぜ真夜中の後に間違っていたのですか。時計が戻されたからです。",
    "자정 이후에 캐시가 왜 잘못되었나요? 시계가 한 시간 뒤로 돌아갔기 때문입니다.", "لماذا كانت ذاكرة التخزين المؤقت خاطئة بعد منتصف الليل؟",
    "מדוע המטמון היה שגוי אחרי חצות? כי השעון הוזז לאחור.", "आधी रात के बाद कैश गलत क्यों था? क्योंकि घड़ी पीछे कर दी गई थी।",
    "নকশাটি কেন বদলানো হল? কারণ তথ্য দুবার লেখা হচ্ছিল।", "ஏன் தரவுத்தளம் மெதுவாக இருக்கிறது?", "ทำไมแคชจึงผิดหลังเที่ยงคืน เพราะนาฬิกาถูกปรับ",
    "Γιατί η κρυφή μνήμη ήταν λάθος μετά τα μεσάνυχτα;", "რატომ იყო ქეში არასწორი შუაღამის შემდეგ?", "Ինչո՞ւ էր քեշը սխալ կեսգիշերից հետո:",
    "Tại sao bộ nhớ đệm sai sau nửa đêm? Vì đồng hồ được chỉnh lại.", "Önbellek gece yarısından sonra neden yanlıştı? Saat geri alındı.",
    "Miksi välimuisti oli väärässä keskiyön jälkeen?", "ለምን መሸጎጫው ስህተት ነበር?", "Proč byla mezipaměť po půlnoci špatně? Hodiny se posunuly.",
    "🎉🎉 shipped it!! 🚀 thanks everyone 🙏🏽 👩‍👩‍👧‍👦", "😀😃😄 🇩🇪🇫🇷 ❤️ 1️⃣2️⃣", "lol 😂 that bug again 🐛🔥 ¯\\_(ツ)_/¯",
    "func fold(_ values: [Int]) -> Int { values.reduce(0) { $0 &* 31 &+ $1 } }", "SELECT id, title FROM conversations WHERE updated_at > ?1 ORDER BY 1 DESC;",
    "for (size_t i = 0; i < n; ++i) { out[i] = a[i] ^ (b[i] >> 3); }", "def parse(line):\n    key, _, value = line.partition('=')\n    return key.strip(), value",
    "$ grep -rn 'TODO' src | sort | uniq -c | sort -rn | head", "{\"id\": 17, \"tags\": [\"a\", \"b\"], \"ok\": true, \"score\": 1.5e-3}",
    "Traceback (most recent call last): File \"x.py\", line 3, in <module> KeyError: 'name'", "<div class=\"page\"><p>Hello &amp; welcome</p></div>",
    "commit 3f2a9c1 Merge branch 'fix/locale' into main", "http://localhost:8080/api/v1/items?limit=20&after=abc", "x = (-b ± √(b² − 4ac)) / 2a, ∀x∈ℝ: x² ≥ 0",
    "0xDEADBEEF 127.0.0.1 2026-11-21T23:59:59Z 1e-9 NaN", "ok", "?", "…", "a", "Yes, please do.", "thanks!", "NO. STOP. WHY???",
]

def texts():
    chosen = random.Random(11)
    found = list(SENTENCES)
    while len(found) < 500:
        parts = [chosen.choice(SENTENCES) for _ in range(chosen.choice((1, 2, 2, 3, 4, 6, 12)))]
        text = chosen.choice((' ', '\n', ' — ')).join(parts)
        if chosen.random() < 0.4:
            start = chosen.randrange(len(text)); text = text[start:] + ' ' + text[:start // 2]
        found.append(text)
    return found

class Worker:
    def __init__(self, program, folder):
        self.end, other = socket.socketpair()
        self.process = subprocess.Popen([program, 'embedding-worker', folder, '3600', '0'], stdin=other)
        other.close(); self.number = 0
        kind, payload = self.receive()
        assert kind == 1, payload
        self.dimensions = json.load(open(os.path.join(folder, 'model.json')))['dimensions']
    def receive(self):
        def read(count):
            data = b''
            while len(data) < count:
                piece = self.end.recv(count - len(data)); assert piece, 'the worker is gone'; data += piece
            return data
        mark, kind, _, length = struct.unpack('=IIII', read(16)); assert mark == MARK
        return kind, read(length)
    def vectors(self, texts):
        out = []
        for start in range(0, len(texts), 128):
            self.number += 1
            batch = [text.encode() for text in texts[start:start + 128]]
            payload = struct.pack('=I', len(batch)) + b''.join(struct.pack('=I', len(t)) + t for t in batch)
            self.end.sendall(struct.pack('=IIII', MARK, 2, self.number, len(payload)) + payload)
            kind, answer = self.receive(); assert kind == 3, answer
            out.append(np.frombuffer(answer, '<f4', offset=8).reshape(len(batch), self.dimensions))
        return np.concatenate(out)
    def cpu(self):
        fields = open('/proc/%d/stat' % self.process.pid).read().rsplit(') ', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    def peak(self):
        line = next(l for l in open('/proc/%d/status' % self.process.pid) if l.startswith('VmHWM'))
        return int(line.split()[1]) / 1024

def tokenizer(folder):
    pieces = pathlib.Path(folder, 'vocab.txt').read_text(encoding='utf-8').split('\n')
    made = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces) if p}, unk_token='[UNK]'))
    made.normalizer = normalizers.BertNormalizer(); made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(single='[CLS] $A [SEP]', special_tokens=[('[CLS]', 101), ('[SEP]', 102)])
    made.enable_truncation(256)
    return made

def pooled(hidden):
    mean = hidden.mean(axis=0); return mean / np.linalg.norm(mean)

def by_onnxruntime(rows, folder):
    import onnxruntime
    session = onnxruntime.InferenceSession(str(pathlib.Path(folder, 'model.onnx')), providers=['CPUExecutionProvider'])
    out = []
    for row in rows:
        ids = np.array([row], np.int64)
        out.append(pooled(session.run(None, {'input_ids': ids, 'attention_mask': np.ones_like(ids), 'token_type_ids': np.zeros_like(ids)})[0][0]))
    return np.array(out)

def by_numpy(rows, path):
    from scipy.special import erf
    data = open(path, 'rb').read(); size = struct.unpack('<Q', data[:8])[0]; head = json.loads(data[8:8 + size])
    w = {n: np.frombuffer(data, {'F32': '<f4', 'I64': '<i8'}[e['dtype']], offset=8 + size + e['data_offsets'][0], count=int(np.prod(e['shape']))).reshape(e['shape']) for n, e in head.items() if n != '__metadata__'}
    def norm(x, n):
        m = x.mean(-1, keepdims=True); v = ((x - m) ** 2).mean(-1, keepdims=True)
        return (x - m) / np.sqrt(v + 1e-12) * w[n + '.weight'] + w[n + '.bias']
    dense = lambda x, n: x @ w[n + '.weight'].T + w[n + '.bias']
    out = []
    for row in rows:
        n = len(row); e = 'embeddings.'
        x = norm(w[e + 'word_embeddings.weight'][row] + w[e + 'position_embeddings.weight'][:n] + w[e + 'token_type_embeddings.weight'][0], e + 'LayerNorm')
        for layer in range(6):
            p = 'encoder.layer.%d.' % layer
            q, k, v = (dense(x, p + 'attention.self.' + part).reshape(n, 12, 32).transpose(1, 0, 2) for part in ('query', 'key', 'value'))
            s = q @ k.transpose(0, 2, 1) / np.sqrt(32); s = np.exp(s - s.max(-1, keepdims=True)); s /= s.sum(-1, keepdims=True)
            x = norm(x + dense((s @ v).transpose(1, 0, 2).reshape(n, 384), p + 'attention.output.dense'), p + 'attention.output.LayerNorm')
            h = dense(x, p + 'intermediate.dense'); h = h * 0.5 * (1 + erf(h / np.sqrt(2)))
            x = norm(x + dense(h, p + 'output.dense'), p + 'output.LayerNorm')
        out.append(pooled(x))
    return np.array(out)

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('polylogue'); parser.add_argument('folder'); parser.add_argument('--float')
    options = parser.parse_args()
    started = time.time(); worker = Worker(options.polylogue, options.folder)
    print('loaded in %.2f s, %.2f CPU-seconds, %.0f MB' % (time.time() - started, worker.cpu(), worker.peak()))
    every = texts(); made = tokenizer(options.folder)
    rows = [encoding.ids for encoding in made.encode_batch(every)]
    found = worker.vectors(every)
    print('%d texts, %d to %d tokens; %.0f MB at most' % (len(every), min(map(len, rows)), max(map(len, rows)), worker.peak()))
    names = [('onnxruntime, same weights', by_onnxruntime(rows, options.folder))]
    if options.float: names.append(('float32 weights', by_numpy(rows, options.float)))
    for name, reference in names:
        cosine = (found * reference).sum(1)
        print('%s: cosine at least %.5f, mean %.5f, below 0.998: %d' % (name, cosine.min(), cosine.mean(), (cosine < 0.998).sum()))
        for index in np.argsort(cosine)[:3]: print('   %.5f %r' % (cosine[index], every[index][:60]))
    words = [w for s in SENTENCES[:5] for w in s.split()]
    chosen = random.Random(3); messages = []
    while len(messages) < 1024:
        text = ' '.join(chosen.choice(words) for _ in range(60))
        while len(made.encode(text).ids) > 60: text = text.rsplit(' ', 1)[0]
        messages.append(text)
    rates = []
    for start in range(0, len(messages), 256):
        before = worker.cpu(); worker.vectors(messages[start:start + 256]); rates.append(256 / (worker.cpu() - before))
    times = []
    for text in messages[:30]:
        before = time.time(); worker.vectors([text[:60]]); times.append(time.time() - before)
    print('messages of 60 tokens a CPU-second: %s; one short text %.1f ms; %.0f MB at most'
          % (', '.join('%.0f' % r for r in rates), sorted(times)[15] * 1000, worker.peak()))

main()
