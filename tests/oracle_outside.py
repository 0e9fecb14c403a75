"""Stand-ins for what whole scripts take from outside: data sets, files, plots, packages, training. Keras then runs the rest of
such a file, the definition of its model included, as it stands.

    with stood_in(): exec(...)

Data sets of Keras have their real shapes and types with few samples; anything else is `Anything`, which can be called, indexed,
iterated over (it is empty), and computed with, and gives `Anything` again. Training returns at once.
"""
import builtins
import contextlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
from unittest import mock

import keras
import numpy as np

SAMPLES = 12


class Anything(types.ModuleType):
    """What nothing is known of, and nothing of the model depends on."""

    def __init__(self, name="anything"):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name)

    def __call__(self, *arguments, **named):
        return Anything()

    def __getitem__(self, index):
        return Anything()

    def __setitem__(self, index, value):
        pass

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def __fspath__(self):
        return "anything"

    def __float__(self):
        return 0.0

    def __int__(self):
        return 0

    def __index__(self):
        return 0


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or"):
    for _form in (f"__{_name}__", f"__r{_name}__"):
        setattr(Anything, _form, Anything.__call__)


class _Missing(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds, after all others, the packages that are not installed here."""

    def __init__(self, packages):
        self.packages = packages

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Anything(spec.name)

    def exec_module(self, module):
        pass


def _images(shape, classes):
    def load_data(*arguments, **named):
        random = np.random.default_rng(0)
        half = [(random.integers(0, 255, (SAMPLES, *shape), dtype="uint8"),
                 random.integers(0, classes, SAMPLES).astype("uint8")) for _ in range(2)]
        return tuple(half)
    return load_data


def _texts(*arguments, **named):
    random = np.random.default_rng(0)
    texts = np.empty(SAMPLES, dtype=object)
    for i in range(SAMPLES):
        texts[i] = random.integers(1, 20, 4 + i).tolist()
    return (texts, random.integers(0, 2, SAMPLES)), (texts, random.integers(0, 2, SAMPLES))


def _nothing(*arguments, **named):
    return Anything()


PACKAGES = {"matplotlib", "pandas", "seaborn", "sklearn", "trimesh", "gdown", "tqdm", "cv2", "imageio", "gymnasium", "IPython", "ipywidgets"}
DATA_SETS = {"mnist": _images((28, 28), 10), "fashion_mnist": _images((28, 28), 10), "cifar10": _images((32, 32, 3), 10),
             "cifar100": _images((32, 32, 3), 100), "imdb": _texts, "reuters": _texts}


@contextlib.contextmanager
def stood_in():
    finder = _Missing(PACKAGES)
    sys.meta_path.append(finder)
    with contextlib.ExitStack() as stack:
        for name, load_data in DATA_SETS.items():
            stack.enter_context(mock.patch.object(getattr(keras.datasets, name), "load_data", load_data))
        for owner, names in ((keras.utils, "get_file image_dataset_from_directory plot_model"),
                             (keras.Model, "fit evaluate predict save load_weights save_weights"),
                             (keras.layers.Normalization, "adapt"), (os, "makedirs system"), (builtins, "open")):
            for name in names.split():
                stack.enter_context(mock.patch.object(owner, name, _nothing))
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in [n for n in sys.modules if n.split(".")[0] in PACKAGES]:
                del sys.modules[name]
