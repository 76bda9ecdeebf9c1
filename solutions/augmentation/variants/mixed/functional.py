"""Written from the handout alone, with functions and subsets."""

from torch.utils.data import Dataset


class AugmentedDataset(Dataset):
    def __init__(self, base, transform):
        super().__init__()
        self._items, self._t = base, transform

    def __len__(self):
        return self._items.__len__()

    def __getitem__(self, k):
        pair = self._items[k]
        return (self._t(pair[0]),) + tuple(pair[1:])


class Mixed(Dataset):
    def __init__(self, base, transform, extra):
        self.base, self.transform, self.extra = base, transform, extra

    def __len__(self):
        return len(self.base) + self.extra

    def __getitem__(self, k):
        n = len(self.base)
        if k < 0:
            k += len(self)
        if not 0 <= k < n + self.extra:
            raise IndexError(k)
        if k < n:
            return self.base[k]
        x, y = self.base[(k - n) % n]
        return self.transform(x), y


def mix(base, transform, augmented_fraction=0.5):
    f = float(augmented_fraction)
    if f < 0 or f >= 1:
        raise ValueError(f"augmented_fraction={f}: must be at least 0 and below 1")
    total = len(base) / (1.0 - f)
    return Mixed(base, transform, int(total - len(base) + 0.5))
