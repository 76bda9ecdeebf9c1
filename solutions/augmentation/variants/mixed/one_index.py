"""One data set that works out from an index what is asked for."""

from torch.utils.data import Dataset


class AugmentedDataset(Dataset):
    def __init__(self, base, transform):
        self.items = [base[i] for i in range(len(base))]
        self.transform = transform

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        x, y = self.items[i]
        return [self.transform(x), y]


class Mixed(Dataset):
    def __init__(self, base, transform, fraction):
        self.base, self.transform = base, transform
        self.total = int(round(len(base) / (1 - fraction)))

    def __len__(self):
        return self.total

    def __getitem__(self, i):
        n = len(self.base)
        x, y = self.base[i % n]
        return (x, y) if i < n else (self.transform(x), y)


def mix(base, transform, augmented_fraction=0.5):
    if augmented_fraction < 0:
        raise ValueError("negative")
    if augmented_fraction >= 1:
        raise ValueError("too large")
    return Mixed(base, transform, augmented_fraction)
