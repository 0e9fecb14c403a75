from keras.layers import Dense

from .sizes import WIDTH


def block(x, units):
    return Dense(units, activation="relu")(Dense(WIDTH)(x))
