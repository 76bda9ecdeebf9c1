"""Data sets are stacked from lists of pairs of indices."""

from torch.utils.data import Dataset


class AugmentedDataset(Dataset):
    def __init__(self, base, transform):
        super().__init__()
        self.base = base
        self.transform = transform

    def __getitem__(self, index):
        image, *rest = self.base[index]
        return (self.transform(image), *rest)

    def __len__(self):
        return self.base.__len__()


class _Cycle(Dataset):
    def __init__(self, base, count):
        self.base, self.count = base, count

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        if i >= self.count:
            raise IndexError
        return self.base[i % len(self.base)]


def mix(base, transform, augmented_fraction=0.5):
    if not 0.0 <= augmented_fraction < 1.0:
        raise ValueError("augmented_fraction must lie in [0, 1)")
    n = len(base)
    k = 0
    while abs((k + 1) - n * augmented_fraction / (1 - augmented_fraction)) < abs(
        k - n * augmented_fraction / (1 - augmented_fraction)
    ):
        k += 1
    return base + AugmentedDataset(_Cycle(base, k), transform) if k else base
