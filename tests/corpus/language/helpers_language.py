BASE = 2


def width(n):
    return BASE + n
