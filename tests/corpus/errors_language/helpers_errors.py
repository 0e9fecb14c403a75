def block(x):
    return x
