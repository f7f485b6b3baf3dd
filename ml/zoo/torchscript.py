"""A TorchScript file, looked through before anything in it is loaded.

A TorchScript file is a zip: tensors, two pickles that torch's own reader understands, and a program in a
language of torch's that looks like Python. That language can write files (`torch.save`) and map them
(`torch.from_file`), and some of its objects run code while they are loaded. So nothing is loaded unless
every word of the program that reaches torch is one that networks are made of, and both pickles build
nothing but tensors, numbers, lists and the program's own objects.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
import zlib
from collections.abc import Iterator

from ml.zoo.card_json import refused

_OPERATIONS = frozenset(  # functions of torch, by what they are for
    (  # noqa: SIM905 - quoted one by one they would fill two pages
        # Asking about and between values.
        "__and__ __contains__ __getitem__ __is__ __isnot__ __not__ __or__ __range_length all any append "
        "dict dim eq extend floordiv format ge get_device gt is_floating_point isfinite isinf isnan "
        "items keys le len list lt ne numel ones_like pop size str type_as values warn "
        # Numbers.
        "_log_softmax _softmax abs abs_ acos add add_ addcdiv addcmul addmm amax amin argmax argmin "
        "asin atan baddbmm bmm ceil clamp clamp_ clamp_max clamp_min clip cos cosh cumsum div div_ "
        "einsum erf exp exp_ expm1 floor floor_divide fmod log log10 log1p log2 log_softmax logical_and "
        "logical_not logical_or logit logsumexp matmul max maximum mean min minimum mm mul mul_ neg "
        "norm pow prod reciprocal remainder round rsqrt rsub sigmoid sigmoid_ sign sin softmax softplus "
        "sort sqrt square std std_mean sub sub_ sum tan tanh tanh_ topk true_divide trunc var var_mean "
        "where "
        # Making and shaping.
        "_cast_Float _set_item _shape_as_tensor _unsafe_view alias arange as_tensor bitwise_not "
        "broadcast_tensors broadcast_to cat chunk clone contiguous copy_ detach empty empty_like expand "
        "expand_as eye fill_ flatten flip full full_like gather index index_put_ index_select linspace "
        "masked_fill masked_fill_ meshgrid movedim narrow new_empty new_full new_ones new_zeros ones "
        "pad pad_sequence permute pixel_shuffle pixel_unshuffle repeat repeat_interleave reshape "
        "reshape_as roll rot90 scalar_tensor select slice split split_with_sizes squeeze squeeze_ stack "
        "sym_size t tensor tensor_split tile to transpose tril triu unbind unflatten unfold unsqueeze "
        "unsqueeze_ view view_as zero_ zeros zeros_like "
        # Layers.
        "_convolution _convolution_mode _native_multi_head_attention _upsample_bicubic2d_aa "
        "_upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d "
        "_upsample_nearest_exact2d _upsample_nearest_exact3d adaptive_avg_pool1d adaptive_avg_pool2d "
        "adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d affine_grid_generator "
        "alpha_dropout avg_pool1d avg_pool2d batch_norm bernoulli bernoulli_ celu constant_pad_nd "
        "conv1d conv2d conv3d conv_transpose2d cudnn_is_acceptable dropout dropout_ elu elu_ "
        "feature_dropout gelu glu grid_sampler group_norm hardshrink hardsigmoid hardsigmoid_ hardswish "
        "hardswish_ hardtanh hardtanh_ im2col instance_norm layer_norm leaky_relu leaky_relu_ linear "
        "local_response_norm lp_pool2d max_pool1d max_pool2d max_pool2d_with_indices mish mish_ "
        "native_batch_norm native_layer_norm prelu reflection_pad2d relu relu6 relu6_ relu_ "
        "replication_pad2d rms_norm scaled_dot_product_attention selu selu_ silu silu_ softshrink "
        "threshold uniform_ upsample_bicubic2d upsample_bilinear2d upsample_linear1d upsample_nearest1d "
        "upsample_nearest2d upsample_nearest3d upsample_trilinear3d zero_pad2d "
    ).split()
)
_PRIM = frozenset(
    {
        "ConstantChunk",
        "NumToTensor",
        "RaiseException",
        "TupleIndex",
        "TupleUnpack",
        "device",
        "dtype",
        "is_cuda",
        "layout",
        "max",
        "min",
    }
)
# Words that have no place in a network, wherever in the program they stand.
_NEVER = frozenset({"save", "load", "from_file", "import", "__setstate__", "__getstate__", "fork", "rpc"})
_WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[^\sA-Za-z_]")

_BUILDS = frozenset(
    {
        "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2",
        *(
            f"torch.jit._pickle {name}"
            for name in (
                "build_boollist",
                "build_doublelist",
                "build_intlist",
                "build_tensorlist",
                "restore_type_tag",
            )
        ),
        *(
            f"torch {kind}Storage"
            for kind in (
                "BFloat16",
                "Bool",
                "Byte",
                "Char",
                "Double",
                "Float",
                "Half",
                "Int",
                "Long",
                "Short",
            )
        ),
    }
)
_OWN_OBJECT = re.compile(r"__torch__(\.[A-Za-z_][A-Za-z0-9_]*)+ [A-Za-z_][A-Za-z0-9_]*")
_LARGEST_PART = 64 << 20  # bytes of a program or a pickle; tensors lie apart and may be larger
_STEEPEST = 200  # times that a part may grow; tensors are stored as they are


def check_script(content: bytes, bundle: str) -> None:
    """Raises `ModelProblem` unless a file is TorchScript that holds a network and nothing else.

    A plain pickle, and a zip that `torch.save` wrote, are refused: only torch's Python could read them, and
    that runs whatever is in them.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise refused(bundle, "its weights are a pickle, or damaged; only TorchScript is read")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, bundle)
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise refused(bundle, "its TorchScript file is damaged", error=error) from None


def _check_parts(archive: zipfile.ZipFile, bundle: str) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if not parts or min(part.header_offset for part in parts) != 0:
        raise refused(bundle, "its TorchScript file is cut off, or something was put before it")
    # torch finds parts whatever their case: of two that differ by it alone, another could be read than here.
    if len({name.lower() for name in names}) != len(names):
        raise refused(bundle, "a part of its TorchScript file occurs twice")
    ends = {name.partition("/")[2] for name in names}
    if not {"data.pkl", "constants.pkl"} <= ends or not any(end.startswith("code/") for end in ends):
        raise refused(bundle, "its weights are a pickle that torch.save wrote; only TorchScript is read")
    for part in parts:
        name = part.filename
        if part.file_size > (1 << 20) and part.file_size > _STEEPEST * max(1, part.compress_size):
            raise refused(bundle, f"“{name}” in its TorchScript file grows too much: a zip bomb")
        if name.endswith((".py", ".pkl")) and part.file_size > _LARGEST_PART:
            raise refused(bundle, f"“{name}” in its TorchScript file is larger than it can be")
        if name.endswith(".py"):
            _check_program(archive.read(part).decode("utf-8", errors="replace"), bundle)
        elif name.endswith(".pkl") and "/code/" not in name:
            _check_pickle(archive.read(part), bundle)


def _check_program(text: str, bundle: str) -> None:
    """By words, not by grammar: no way of writing that torch reads otherwise can hide one."""
    words = _WORDS.findall(text)
    for place, word in enumerate(words):
        if word in _NEVER:
            raise refused(bundle, f"its program says “{word}”, which no network needs")
        if word == "classes" and words[max(0, place - 2) : place] == ["torch", "."]:
            raise refused(bundle, "it needs compiled classes of somebody's own")
        if word not in {"torch", "ops", "CONSTANTS"} or words[max(0, place - 1) : place] == ["."]:
            continue
        after = words[place + 1 : place + 5]
        if word == "CONSTANTS" or (word == "torch" and after[:1] == ["."] and after[1] in _OPERATIONS):
            continue
        if word == "ops" and after[:3] == [".", "prim", "."] and after[3] in _PRIM:
            continue
        raise refused(bundle, f"its program uses “{word}{''.join(after)}”, which is unknown here")


def _check_pickle(content: bytes, bundle: str) -> None:
    """Names of what a pickle builds; torch's reader knows few of a pickle's words and runs no function."""
    for what in _built(content, bundle):
        own = _OWN_OBJECT.fullmatch(what) and not what.startswith("__torch__.torch.classes")
        if not own and what not in _BUILDS:
            raise refused(bundle, f"it holds a pickle that would call “{what.replace(' ', '.')}”")


def _built(content: bytes, bundle: str) -> Iterator[str]:
    try:
        for code, argument, _ in pickletools.genops(content):
            if code.name == "GLOBAL":
                yield str(argument)
            elif code.name in {"STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4"}:
                yield code.name
    except ValueError as error:
        raise refused(bundle, "a pickle in its TorchScript file is damaged", error=error) from None
