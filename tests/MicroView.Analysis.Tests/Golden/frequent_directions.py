#!/usr/bin/env python3
"""Golden scores of the paper's detector, by numpy: python3 frequent_directions.py > frequent_directions.csv

Independent of the code under test: numpy.linalg.svd of the whole buffer, the score by the artifact's formula (the norm of
yn - (yn @ V.T) @ V), the threshold by numpy.percentile. The input is drawn from SplitMix64, so that a test makes the same rows itself.
Written with numpy 1.24.2 on Debian 12.
"""
import numpy as np

D, L, K, TRAIN, LIVE, FACTORS = 64, 8, 8, 300, 150, 5
MASK = (1 << 64) - 1
state = 20260101


def uniform():
    global state
    state = (state + 0x9E3779B97F4A7C15) & MASK
    x = state
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return ((x ^ (x >> 31)) >> 11) / float(1 << 53)


loadings = [[uniform() - 0.5 for _ in range(D)] for _ in range(FACTORS)]


def make_row(i):
    weights = [(FACTORS - f) * (uniform() - 0.5) for f in range(FACTORS)]
    row = []
    for j in range(D):
        value = uniform() - 0.5
        for f in range(FACTORS):
            value = value + weights[f] * loadings[f][j]
        row.append(100.0 + j + (1 + j % 7) * value)
    # Every tenth row after the training is a fault: six metrics far out, another six each time.
    if i >= TRAIN and i % 10 == 7:
        for j in range(i % 58, i % 58 + 6):
            row[j] = row[j] + 4.0 * (1 + j % 7)
    return row


rows = np.array([make_row(i) for i in range(TRAIN + LIVE)])
z = (rows - rows[:TRAIN].mean(axis=0)) / rows[:TRAIN].std(axis=0)


class Sketch:
    """Frequent Directions with a buffer of 2L rows: decomposed when it is full, all squared singular values lowered by the L-th."""

    def __init__(self):
        self.buffer, self.v = [], np.zeros((K, D))

    def append(self, row):
        self.buffer.append(row)
        if len(self.buffer) < 2 * L:
            return
        s, vt = self.decompose()
        lowered = np.sqrt(np.maximum(s**2 - s[L - 1] ** 2, 0))
        self.buffer = [lowered[i] * vt[i] for i in range(L - 1)]

    def decompose(self):
        _, s, vt = np.linalg.svd(np.array(self.buffer), full_matrices=False)
        self.v = vt[:K]
        return s, vt

    def score(self, y):
        return float(np.linalg.norm(y - (y @ self.v.T) @ self.v))


def unit(y):
    size = np.linalg.norm(y)
    return y / size if size else y


def run(eta):
    """Scores of the rows after the training; eta None: nothing is absorbed, else an anomalous row with that probability, 0 or 1."""
    sketch = Sketch()
    for y in z[:TRAIN]:
        sketch.append(unit(y))
    sketch.decompose()
    threshold = float(np.percentile([sketch.score(unit(y)) for y in z[:TRAIN]], 99))
    scores = []
    for y in z[TRAIN:]:
        scores.append(sketch.score(unit(y)))
        if eta is not None and (scores[-1] <= threshold or eta == 1):
            sketch.append(unit(y))
    return threshold, scores


(threshold, fixed), (_, never), (_, always) = run(None), run(0), run(1)
print("row,fixed,eta0,eta1")
print(f"threshold,{threshold!r},{threshold!r},{threshold!r}")
for i in range(LIVE):
    print(f"{i},{fixed[i]!r},{never[i]!r},{always[i]!r}")
