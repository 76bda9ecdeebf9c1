"""The Wisconsin diagnostic breast cancer table as the course uses it, from the copy that scikit-learn ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MEASURES = (
    "radius", "texture", "perimeter", "area", "smoothness",
    "compactness", "concavity", "concave points", "symmetry", "fractal_dimension",
)  # fmt: skip
STATISTICS = ("mean", "se", "worst")  # scikit-learn calls the second "error"
FEATURES = tuple(f"{measure}_{statistic}" for statistic in STATISTICS for measure in MEASURES)
COLUMNS = ("id", "diagnosis", *FEATURES)


def table() -> pd.DataFrame:
    """The 569 rows: `id`, `diagnosis` (`"M"` or `"B"`) and the 30 measures, float64, named as in the original file.

    scikit-learn leaves out the patients' numbers, which mean nothing for any exercise: `id` counts from 1.
    """
    from sklearn.datasets import load_breast_cancer

    shipped = load_breast_cancer()
    order = [f"mean {m}" for m in MEASURES] + [f"{m} error" for m in MEASURES] + [f"worst {m}" for m in MEASURES]
    names = [name.replace("_", " ") for name in order]
    columns = [list(shipped.feature_names).index(name) for name in names]
    return assemble(shipped.data[:, columns], shipped.target == 0)


def assemble(features: np.ndarray, malignant: np.ndarray) -> pd.DataFrame:
    """A table in the course's form from measures `(N, 30)`, ordered as `FEATURES`, and a boolean `(N,)`."""
    import pandas as pd

    frame = pd.DataFrame(features, columns=list(FEATURES))
    frame.insert(0, "diagnosis", np.where(malignant, "M", "B"))
    frame.insert(0, "id", np.arange(1, len(frame) + 1))
    return frame
