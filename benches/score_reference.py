"""The work of benches/score.rs with sacrebleu, rouge-score and NLTK: `name seconds figure` for each metric, and one line per pair on demand.

argv[1]: a JSON file of [reference, prediction] pairs, prepared. NLTK needs its wordnet corpus (NLTK_DATA); without it METEOR is left out.
"""

import json
import sys
import time

import sacrebleu
from nltk.corpus import wordnet
from nltk.translate.meteor_score import meteor_score
from rouge_score.rouge_scorer import RougeScorer

pairs = json.load(open(sys.argv[1], encoding="utf-8"))
references, predictions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def mean(values):
    return sum(values) / len(values)


def timed(name, work):
    start = time.perf_counter()
    figures = work()
    seconds = time.perf_counter() - start
    print(name, seconds, *figures)


def rouge():
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    scores = [scorer.score(reference, prediction) for reference, prediction in pairs]
    return [mean([score[name].fmeasure for score in scores]) for name in ("rouge1", "rouge2", "rougeL")]


timed("bleu", lambda: [sacrebleu.corpus_bleu(predictions, [references]).score])
timed("rouge", rouge)
try:
    wordnet.synsets("lung")  # NLTK reads its files before the clock starts
except (LookupError, OSError):
    sys.exit("NLTK's wordnet corpus is not at hand: METEOR is left out")
timed("meteor", lambda: [mean([meteor_score([r.split()], p.split()) for r, p in pairs])])
