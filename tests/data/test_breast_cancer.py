"""The breast cancer table: the real one value for value, and a phantom that behaves like it."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from grader.data import load

SIZES = ("radius", "perimeter", "area")


def measures(table):
    return table.drop(columns=["id", "diagnosis"])


@pytest.fixture(scope="module")
def real():
    return load("breast-cancer").table


@pytest.fixture(scope="module")
def phantom():
    return load("breast-cancer", "phantom", 7, 4000).table


def test_the_real_table_is_scikit_learns_value_for_value(real):
    shipped = load_breast_cancer()
    names = {}
    for shipped_name in shipped.feature_names:
        words = shipped_name.split()
        if words[0] in ("mean", "worst"):
            measure, statistic = " ".join(words[1:]), words[0]
        else:
            measure, statistic = " ".join(words[:-1]), "se"
        names[shipped_name] = measure.replace("fractal dimension", "fractal_dimension") + "_" + statistic
    assert real.shape == (569, 32)
    for index, shipped_name in enumerate(shipped.feature_names):
        column = real[names[shipped_name]].to_numpy()
        assert column.dtype == np.float64
        np.testing.assert_array_equal(column, shipped.data[:, index])
    np.testing.assert_array_equal((real["diagnosis"] == "B").astype(int), shipped.target)


def test_columns_are_named_and_ordered_as_in_the_course(real):
    assert list(real.columns[:12]) == [
        "id", "diagnosis", "radius_mean", "texture_mean", "perimeter_mean", "area_mean", "smoothness_mean",
        "compactness_mean", "concavity_mean", "concave points_mean", "symmetry_mean", "fractal_dimension_mean",
    ]  # fmt: skip
    assert list(real.columns[[12, 21, 22, 31]]) == [
        "radius_se", "fractal_dimension_se", "radius_worst", "fractal_dimension_worst",
    ]  # fmt: skip


def test_facts_of_the_real_table(real):
    assert real["diagnosis"].value_counts().to_dict() == {"B": 357, "M": 212}
    assert real["id"].tolist() == list(range(1, 570))
    assert real["radius_mean"].mean() == pytest.approx(14.127, abs=5e-4)
    assert not real.isna().any().any()


def test_every_call_gives_a_table_of_its_own(real):
    spoilt = load("breast-cancer").table
    spoilt.loc[0, "radius_mean"] = -1
    assert load("breast-cancer").table.loc[0, "radius_mean"] == real.loc[0, "radius_mean"] > 0


def test_a_part_of_the_real_table_is_rows_of_it(real):
    part = load("breast-cancer", "real", 4, 50).table
    assert len(part) == 50
    assert part.index.tolist() == list(range(50))
    assert part.reset_index(drop=True).equals(real.iloc[part["id"] - 1].reset_index(drop=True))


def test_the_phantom_has_the_same_columns_and_types(real, phantom):
    assert list(phantom.columns) == list(real.columns)
    assert list(phantom.dtypes) == list(real.dtypes)
    assert len(phantom) == 4000
    assert (phantom["diagnosis"] == "M").mean() == pytest.approx(212 / 569, abs=0.001)


def test_phantoms_are_repeatable_and_differ_between_seeds():
    first, second, other = (load("breast-cancer", "phantom", seed).table for seed in (1, 1, 2))
    assert first.equals(second)
    assert not set(first["radius_mean"] + first["texture_mean"]) <= set(other["radius_mean"] + other["texture_mean"])


def test_phantom_rows_are_no_copies_of_real_ones(real, phantom):
    merged = phantom.merge(real, on=["radius_mean", "texture_mean", "smoothness_mean"])
    assert merged.empty


@pytest.mark.parametrize("rows", [2, 3, 10])
def test_both_diagnoses_occur_in_the_smallest_tables(rows):
    table = load("breast-cancer", "phantom", 0, rows).table
    assert len(table) == rows
    assert set(table["diagnosis"]) == {"B", "M"}


def test_radius_perimeter_and_area_obey_geometry(phantom):
    for statistic in ("mean", "worst"):
        radius = phantom[f"radius_{statistic}"]
        assert np.corrcoef(radius, phantom[f"perimeter_{statistic}"])[0, 1] > 0.98
        assert np.corrcoef(radius**2, phantom[f"area_{statistic}"])[0, 1] > 0.98
        # No outline encloses more than a circle of its length.
        assert (phantom[f"area_{statistic}"] * 4 * np.pi < phantom[f"perimeter_{statistic}"] ** 2).all()
    for size in SIZES:
        assert (phantom[f"{size}_worst"] >= phantom[f"{size}_mean"]).all()


def test_values_are_possible(phantom):
    values = measures(phantom)
    assert np.isfinite(values.to_numpy()).all()
    assert (values >= 0).all().all()
    assert (values[[f"{size}_{statistic}" for size in SIZES for statistic in ("mean", "se", "worst")]] > 0).all().all()


def test_correlations_are_like_the_real_ones(real, phantom):
    by_rank = measures(phantom).corr(method="spearman") - measures(real).corr(method="spearman")
    assert by_rank.abs().to_numpy().max() < 0.2
    linear = measures(phantom).corr() - measures(real).corr()  # outliers of the real table weigh on single ones
    assert linear.abs().to_numpy().mean() < 0.05


def test_malignant_nuclei_are_larger_as_in_the_real_table(real, phantom):
    for table in (real, phantom):
        means = table.groupby("diagnosis")["radius_mean"].mean()
        assert means["M"] - means["B"] == pytest.approx(5.3, abs=0.5)
