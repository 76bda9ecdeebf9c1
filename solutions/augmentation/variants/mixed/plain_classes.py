"""Data sets are classes without a parent."""

import numpy as np


class AugmentedDataset:
    def __init__(self, base, transform, indices=None):
        self._get = base.__getitem__
        self._t = transform
        self._i = np.arange(len(base)) if indices is None else indices

    def __len__(self):
        return int(self._i.size)

    def __getitem__(self, index):
        image, label = self._get(int(self._i[index]))
        return self._t(image), label


class mix:
    def __init__(self, base, transform, augmented_fraction=0.5):
        if augmented_fraction < 0 or augmented_fraction >= 1:
            raise ValueError("augmented_fraction")
        n = len(base)
        k = int(np.rint(n * augmented_fraction / (1 - augmented_fraction)))
        self.base = base
        self.augmented = AugmentedDataset(base, transform, np.resize(np.arange(n), k))

    def __len__(self):
        return len(self.base) + len(self.augmented)

    def __getitem__(self, i):
        return self.base[i] if i < len(self.base) else self.augmented[i - len(self.base)]
