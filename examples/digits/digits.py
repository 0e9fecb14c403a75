"""A classifier of handwritten digits, 8x8 pixels of 0 to 16; `python3 digits.py` trains it with Keras."""
from keras import Input, Model
from keras.layers import Add, BatchNormalization, Conv2D, Dense, DepthwiseConv2D, GlobalAveragePooling2D, MaxPooling2D, Rescaling

image = Input(shape=(8, 8, 1), name="image")
x = Rescaling(1 / 16)(image)
x = Conv2D(16, 3, padding="same", activation="relu")(x)
x = BatchNormalization()(x)
y = DepthwiseConv2D(3, padding="same", activation="relu")(x)
y = Conv2D(16, 1, activation="relu")(y)
x = MaxPooling2D(2)(Add()([x, y]))
x = Conv2D(32, 3, padding="same", activation="relu")(x)
x = GlobalAveragePooling2D()(x)
digit = Dense(10, activation="softmax", name="digit")(x)
model = Model(image, digit, name="digits")

if __name__ == "__main__":
    import keras
    import numpy as np
    from sklearn.datasets import load_digits

    keras.utils.set_random_seed(1)
    data = load_digits()
    images, labels = data.images[..., None].astype("float32"), data.target
    order = np.random.RandomState(1).permutation(len(labels))
    held_out = len(labels) // 3
    test, train = order[:held_out], order[held_out:]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images[train], labels[train], batch_size=32, epochs=40, verbose=0)
    print("accuracy on the third that was held out:", model.evaluate(images[test], labels[test], verbose=0)[1])
    model.save_weights("digits.weights.h5")
    np.savez_compressed("calibration.npz", image=images[train[:200]].astype("uint8"))
    np.savez_compressed("test.npz", image=images[test].astype("uint8"))
    np.save("labels.npy", labels[test].astype("uint8"))
