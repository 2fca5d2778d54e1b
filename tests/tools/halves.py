"""Which rows of measurements a model was fitted to, and which it is judged by (models/fit/halves.h, written again)."""


def judged(text):
    h = 2166136261
    for c in text.encode():
        h = (h ^ c) * 16777619 & 0xffffffff
    h ^= h >> 16
    h = h * 0x85ebca6b & 0xffffffff
    return bool((h ^ h >> 13) & 1)
