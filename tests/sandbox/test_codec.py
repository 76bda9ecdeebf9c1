"""Values survive the wire; things that are no values are refused."""

import collections
import enum
import math
import pathlib
import socket
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox import wire
from grader.sandbox.codec import CodecError, Decoder, Encoder, device_of


def there_and_back(value: object) -> object:
    """Through encoder, socket and decoder."""
    encoder = Encoder(lambda thing: {"$": "handle", "id": 1, "type": type(thing).__name__})
    tree = encoder.encode(value)
    here, there = socket.socketpair()
    with here, there:
        wire.send(here, wire.Frame({"v": tree}, encoder.arrays))
        frame = wire.receive(there)
    return Decoder(frame.arrays, lambda node: ("handle", node["type"])).decode(frame.header["v"])


class Grade(enum.IntEnum):
    LOW = 1


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        2**70,
        0.1,
        -math.inf,
        "é\n\x00",
        b"\x00\xff",
        [],
        [1, [2, (3,)]],
        (1, "a"),
        {"a": 1, 2: (3,), (4, 5): None},
        {1, 2},
        frozenset("ab"),
        2 + 3j,
        slice(1, None, 2),
        range(3, 9, 2),
        Ellipsis,
        pathlib.Path("a/b"),
        torch.float32,
        torch.device("cuda:0"),
        torch.Size([2, 3]),
        np.float32(1.5),
        np.str_("x"),
        np.bool_(True),
    ],
)
def test_plain_values_come_back_equal_and_of_the_same_type(value: object) -> None:
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value) or isinstance(value, pathlib.Path)


def test_nan_comes_back_as_nan() -> None:
    back = there_and_back(math.nan)
    assert isinstance(back, float)
    assert math.isnan(back)


def test_named_tuples_keep_their_names_and_enum_members_their_value() -> None:
    assert there_and_back(Point(1, [2])).y == [2]  # type: ignore[attr-defined]
    assert there_and_back(Grade.LOW) == 1
    assert there_and_back(collections.OrderedDict(b=1, a=2)) == {"b": 1, "a": 2}


@pytest.mark.parametrize(
    "dtype",
    [
        "?",
        "i1",
        "i2",
        "i4",
        "i8",
        "u1",
        "u2",
        "u4",
        "u8",
        "f2",
        "f4",
        "f8",
        "c8",
        "c16",
        "U3",
        "O",
        ">f4",
        "M8[D]",
    ],
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 1)])
def test_arrays_keep_dtype_shape_and_values(dtype: str, shape: tuple[int, ...]) -> None:
    values = np.arange(math.prod(shape)).reshape(shape)
    array = values.astype(dtype) if dtype != "O" else values.astype("U").astype(object)
    back = there_and_back(array)
    assert isinstance(back, np.ndarray)
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.shape == shape
    assert (back == array).all()


@pytest.mark.parametrize(
    "dtype",
    [
        torch.bool,
        torch.uint8,
        torch.int16,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
        torch.complex128,
    ],
)
@pytest.mark.parametrize("shape", [(), (0, 2), (3, 1)])
def test_tensors_keep_dtype_shape_and_values(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = torch.randint(0, 2, shape).to(dtype)
    back = there_and_back(tensor)
    assert isinstance(back, torch.Tensor)
    assert back.dtype is dtype
    assert back.shape == tensor.shape
    assert torch.equal(back, tensor)


def test_a_tensor_keeps_requires_grad_and_sheds_its_graph() -> None:
    leaf = torch.ones(2, requires_grad=True)
    back = there_and_back(leaf * 2)
    assert isinstance(back, torch.Tensor)
    assert back.requires_grad
    assert back.is_leaf
    assert not there_and_back(leaf.detach()).requires_grad  # type: ignore[attr-defined]
    assert device_of(back) == torch.device("cpu")


def test_strided_and_conjugate_views_arrive_as_what_they_show() -> None:
    base = torch.arange(12.0).reshape(3, 4)
    assert torch.equal(there_and_back(base.t()[1:]), base.t()[1:])  # type: ignore[arg-type]
    assert (there_and_back(np.arange(12).reshape(3, 4)[::-1, ::2]) == np.arange(12).reshape(3, 4)[::-1, ::2]).all()
    z = torch.tensor([1 + 2j]).conj()
    assert torch.equal(there_and_back(z), z.resolve_conj())  # type: ignore[arg-type]


def test_frames_keep_columns_index_dtypes_and_attributes() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2], "b": [0.5, math.nan], "c": ["x", None], "d": [True, False]}, index=["r", "s"]
    ).astype({"a": "uint8"})
    frame.attrs["skipped"] = ["one.dcm"]
    back = there_and_back(frame)
    pd.testing.assert_frame_equal(back, frame)  # type: ignore[arg-type]
    assert back.attrs == frame.attrs  # type: ignore[attr-defined]


def test_frames_with_repeated_columns_and_shuffled_rows_come_back() -> None:
    frame = pd.DataFrame(np.arange(6).reshape(3, 2), columns=["a", "a"], index=[2, 0, 1])
    pd.testing.assert_frame_equal(there_and_back(frame), frame)  # type: ignore[arg-type]
    series = pd.Series([1.0, 2.0], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), name="y")
    pd.testing.assert_series_equal(there_and_back(series), series)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(there_and_back(pd.DataFrame(index=range(3))), pd.DataFrame(index=range(3)))  # type: ignore[arg-type]


def test_other_objects_become_handles_also_inside_containers() -> None:
    kind, data = there_and_back((torch.nn.Linear(1, 1), [torch.zeros(1)]))  # type: ignore[misc]
    assert kind == ("handle", "Linear")
    assert torch.equal(data[0], torch.zeros(1))


def test_a_container_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="nested"):
        Encoder(lambda thing: {}).encode(loop)


@pytest.mark.parametrize(
    "node",
    [
        {},
        {"$": "tensor"},
        {"$": "tensor", "a": "9", "dtype": "float32", "shape": [1], "device": "cpu", "grad": False},
        {"$": "tensor", "a": "0", "dtype": "float64", "shape": [2], "device": "cpu", "grad": False},
        {"$": "tensor", "a": "0", "dtype": "float32", "shape": [1, 2], "device": "cpu", "grad": False},
        {"$": "tensor", "a": "0", "dtype": "float32", "shape": [2], "device": "nonsense", "grad": False},
        {"$": "array", "a": "0", "dtype": "O", "shape": [2]},
        {"$": "array", "a": "0", "dtype": "V8", "shape": [2]},
        {"$": "array", "dtype": "f8", "shape": [3], "v": ["x"]},
        {"$": "int", "v": "0x" + "f" * 100_000},
        {"$": "dict", "v": [[[], 1]]},
        {"$": "size", "v": "ab"},
        {"$": "namedtuple", "fields": ["class"], "v": [1]},
        {"$": "frame", "columns": {}, "index": {}, "v": []},
        {"$": "index", "v": {"range": [0, 10**12, 1], "name": None}},
        {"$": "eval", "v": "1"},
        {"$": ["tuple"], "v": []},
    ],
)
def test_what_no_encoder_makes_is_refused(node: object) -> None:
    with pytest.raises(CodecError):
        Decoder({"0": np.zeros(2, np.float32)}, lambda n: None).decode(node)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$", "v", "a", "dtype", "shape", "id", "name", "fields", "index", "columns"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
tags = st.sampled_from(
    [
        "tensor",
        "array",
        "frame",
        "series",
        "index",
        "dict",
        "tuple",
        "scalar",
        "bytes",
        "int",
        "float",
        "namedtuple",
        "subclass",
        "dtype",
        "slice",
        "range",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        lambda tag, rest: {**rest, "$": tag},
        tags,
        st.dictionaries(
            st.sampled_from(
                ["v", "a", "dtype", "shape", "device", "grad", "name", "index", "columns", "attrs", "fields"]
            ),
            json_values,
            max_size=6,
        ),
    )
)
def test_any_json_is_decoded_or_refused_and_nothing_else(node: dict[str, object]) -> None:
    with suppress(CodecError):
        Decoder({"0": np.zeros(2, np.float32)}, lambda n: None).decode(node)
