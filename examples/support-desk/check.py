#!/usr/bin/env python3
"""Checks that the files beside it are what README.md says. `python3 check.py`: silent and 0, or one line per fault and 1."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

SYSTEM = "You answer for Tarnbeck Stoves."
FOLDER = Path(__file__).parent
faults: list[str] = []


def expect(holds: bool, fault: str) -> None:
    if not holds:
        faults.append(fault)


def load(name: str) -> list[tuple[bool, str, str]]:
    """The rows of a file as (asked of the desk?, question, answer); a row of another shape is a fault and left out."""
    if not (FOLDER / name).is_file():
        sys.exit(f"{name} is missing")
    rows = []
    for number, line in enumerate((FOLDER / name).read_text(encoding="utf-8").splitlines(), 1):
        try:
            messages = json.loads(line)["messages"]
            roles, texts = zip(*((message["role"], message["content"]) for message in messages))
            well_formed = all(isinstance(text, str) and text.strip() == text != "" for text in texts)
        except (ValueError, KeyError, TypeError) as error:
            faults.append(f"{name}:{number}: not a chat: {error!r}")
            continue
        desk = roles == ("system", "user", "assistant") and texts[0] == SYSTEM
        if not well_formed or not (desk or roles == ("user", "assistant")):
            faults.append(f"{name}:{number}: want an optional system message {SYSTEM!r}, a question and an answer")
            continue
        expect(not desk or 6 <= len(texts[1].split()) <= 25, f"{name}:{number}: a question to the desk has 6 to 25 words")
        rows.append((desk, texts[-2], texts[-1]))
    return rows


def words(text: str) -> tuple[str, ...]:
    return tuple(re.sub(r"[^\w\s]", "", text.lower()).split())


def four_grams(text: str) -> set[tuple[str, ...]]:
    spoken = words(text)
    return {spoken[i : i + 4] for i in range(len(spoken) - 3)} or {spoken}


stream, change, general, shuffled = map(load, ("stream.jsonl", "policy-change.jsonl", "general.jsonl", "shuffled.jsonl"))
before, after = load("paraphrases-before-change.jsonl"), load("paraphrases.jsonl")

for name, rows, asked_of_desk, others in [
    ("stream", stream, 480, 12), ("policy-change", change, 208, 4), ("paraphrases", after, 80, 0),
    ("paraphrases-before-change", before, 80, 0), ("general", general, 0, 20), ("shuffled", shuffled, 120, 0),
]:  # fmt: skip
    have, want = (sum(desk for desk, _, _ in rows), sum(not desk for desk, _, _ in rows)), (asked_of_desk, others)
    expect(have == want, f"{name}.jsonl: {have} rows (to the desk, others), want {want}")

# A fact is named by its first answer; the two paraphrase files pair that answer with the one valid at the end.
expect([q for _, q, _ in before] == [q for _, q, _ in after], "the two paraphrase files ask different questions")
final = {}
for (_, question, old), (_, _, new) in zip(before, after):
    expect(final.setdefault(old, new) == new, f"two answers in one phase for {old!r}: {question!r}")
expect(len(set(final.values())) == len(final), "two facts share an answer")
changed = {old for old, new in final.items() if old != new}
expect((len(final), len(changed)) == (40, 8), f"{len(final)} facts of which {len(changed)} change, want 40 and 8")

taught = Counter(answer for desk, _, answer in stream if desk)
retaught = Counter(answer for desk, _, answer in change if desk)
expect(set(taught) == set(final), f"answers streamed and asked for differ: {set(taught) ^ set(final)}")
expect(set(retaught) == set(final.values()), f"answers after the change differ: {set(retaught) ^ set(final.values())}")
for old, new in final.items():
    asked = Counter(answer for _, _, answer in before)[old]
    have, want = (taught[old], retaught[new], asked), (12, 10 if old in changed else 4, 2)
    expect(have == want, f"{old!r}: {have} phrasings in stream, policy change and paraphrases, want {want}")
for quarter in range(4):
    part = stream[quarter * len(stream) // 4 : (quarter + 1) * len(stream) // 4]
    missing = set(final) - {answer for _, _, answer in part}
    expect(not missing, f"stream.jsonl: quarter {quarter + 1} lacks {missing}")

questions = Counter(words(question) for _, question, _ in stream + change + after + general)
twice = [" ".join(question) for question, times in questions.items() if times > 1]
expect(not twice, f"asked twice: {twice}")
streamed = set().union(*(four_grams(question) for _, question, _ in stream + change))
for _, question, _ in after:  # against all streamed prompts together, which is stricter than one by one
    share = len(four_grams(question) & streamed) / len(four_grams(question))
    expect(share < 0.5, f"{share:.0%} of the 4-grams of {question!r} are streamed, want less than half")

truth = {question: answer for desk, question, answer in stream if desk}
for _, question, answer in shuffled:
    right = truth.get(question)
    expect(right is not None, f"shuffled.jsonl: {question!r} isn't in stream.jsonl")
    expect(answer not in (right, final.get(right)), f"shuffled.jsonl: {question!r} has kept its answer")
right_answers = Counter(final.get(truth.get(question)) for question in {question for _, question, _ in shuffled})
expect(Counter(answer for _, _, answer in shuffled) == right_answers, "shuffled.jsonl: answers aren't those of its questions")

sys.exit("\n".join(faults) or 0)
