"""Whole rounds of the base are concatenated, then a part of one."""

import math
from fractions import Fraction

from torch.utils.data import ConcatDataset, Dataset, Subset


class AugmentedDataset(Dataset):
    def __init__(self, base, transform):
        self.base, self.transform = base, transform

    def __len__(self):
        return len(self.base)

    def __getitem__(self, i):
        item = self.base[i]
        return self.transform(item[0].clone()), item[1]


def mix(base, transform, augmented_fraction=0.5):
    f = Fraction(augmented_fraction).limit_denominator(10**6)
    if not (0 <= augmented_fraction and augmented_fraction < 1):
        raise ValueError(f"bad {augmented_fraction}")
    k = math.floor(len(base) * f / (1 - f) + Fraction(1, 2))
    whole, rest = divmod(k, len(base))
    parts = [base] + [AugmentedDataset(base, transform)] * whole
    if rest:
        parts.append(Subset(AugmentedDataset(base, transform), range(rest)))
    return ConcatDataset(parts)
