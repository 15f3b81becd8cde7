"""Pixel arithmetic on four 16-bit lanes, as LLVM vector instructions for the numba kernels.

A texel and a frame pixel are the bytes blue, green, red, alpha of one uint32. `lanes` is the same
four values as 16-bit lanes of one uint64 (blue lowest): what a vector unit holds in one register.
Written as LLVM vectors, not as calls of one processor's instructions, so that every target
compiles them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
_FOUR8, _FOUR16, _FOUR32 = (ir.VectorType(kind, 4) for kind in (_I8, _I16, _I32))
_EIGHT8, _EIGHT16 = ir.VectorType(_I8, 8), ir.VectorType(_I16, 8)


def _same(kind: Any, value: int) -> Any:
    """A vector constant of equal values."""
    return ir.Constant(kind, [ir.Constant(kind.element, value)] * kind.count)


def _order(*places: int) -> Any:
    return ir.Constant(ir.VectorType(_I32, len(places)), [ir.Constant(_I32, p) for p in places])


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    """A scalar in every lane."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), _order(*[0] * kind.count))


def _data(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    return context.make_array(array_type)(context, builder, value=array).data


def _blend(builder: Any, first: Any, second: Any, share: Any) -> Any:
    """(first * (256 - share) + second * share + 128) / 256, lane by lane."""
    kind = first.type
    mixed = builder.add(
        builder.mul(first, builder.sub(_same(kind, 256), share)), builder.mul(second, share)
    )
    return builder.lshr(builder.add(mixed, _same(kind, 128)), _same(kind, 8))


@intrinsic
def sample(typing_context, texture, index, width, fx, fy):  # type: ignore[no-untyped-def]
    """Lanes of the flat uint32 `texture` between texels index, index + 1 and the row below.

    `fx`, `fy` are the fractions, 0..255. Nothing is checked.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array, place, row, share_x, share_y = arguments
        data = _data(context, builder, signature.args[0], array)
        pairs = []
        for at in (place, builder.add(place, row)):
            pointer = builder.bitcast(builder.gep(data, [at]), _EIGHT8.as_pointer())
            loaded = builder.load(pointer)
            loaded.align = 4
            pairs.append(builder.zext(loaded, _EIGHT16))
        down = _splat(builder, builder.trunc(share_y, _I16), _EIGHT16)
        column = _blend(builder, pairs[0], pairs[1], down)
        nothing = ir.Constant(_EIGHT16, ir.Undefined)
        left = builder.shuffle_vector(column, nothing, _order(0, 1, 2, 3))
        right = builder.shuffle_vector(column, nothing, _order(4, 5, 6, 7))
        across = _splat(builder, builder.trunc(share_x, _I16), _FOUR16)
        return builder.bitcast(_blend(builder, left, right, across), _I64)

    return types.uint64(texture, types.uint64, types.uint64, types.int64, types.int64), generate


@intrinsic
def pack(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Lanes 0..255 to one pixel."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = builder.bitcast(arguments[0], _FOUR16)
        return builder.bitcast(builder.trunc(wide, _FOUR8), _I32)

    return types.uint32(types.uint64), generate


@intrinsic
def unpack(typing_context, pixel):  # type: ignore[no-untyped-def]
    """One pixel to lanes."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(builder.zext(builder.bitcast(arguments[0], _FOUR8), _FOUR16), _I64)

    return types.uint64(types.uint32), generate


@intrinsic
def brighten(typing_context, lanes, gain):  # type: ignore[no-untyped-def]
    """Colour times gain / 256, at most 255; alpha stays."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = builder.zext(builder.bitcast(arguments[0], _FOUR16), _FOUR32)
        gains = _splat(builder, builder.trunc(arguments[1], _I32), _FOUR32)
        gains = builder.insert_element(gains, ir.Constant(_I32, 256), ir.Constant(_I32, 3))
        lit = builder.lshr(builder.mul(wide, gains), _same(_FOUR32, 8))
        full = _same(_FOUR32, 255)
        lit = builder.select(builder.icmp_unsigned("<", lit, full), lit, full)
        return builder.bitcast(builder.trunc(lit, _FOUR16), _I64)

    return types.uint64(types.uint64, types.uint64), generate


@intrinsic
def within_alpha(typing_context, lanes):  # type: ignore[no-untyped-def]
    """Premultiplied colour, at most its alpha, so that blending cannot overflow."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = builder.bitcast(arguments[0], _FOUR16)
        alpha = builder.shuffle_vector(wide, wide, _order(3, 3, 3, 3))
        least = builder.select(builder.icmp_unsigned("<", wide, alpha), wide, alpha)
        return builder.bitcast(least, _I64)

    return types.uint64(types.uint64), generate


@intrinsic
def fade(typing_context, lanes, share):  # type: ignore[no-untyped-def]
    """Lanes times share / 256, share 0..256."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = builder.bitcast(arguments[0], _FOUR16)
        shares = _splat(builder, builder.trunc(arguments[1], _I16), _FOUR16)
        faint = builder.lshr(builder.mul(wide, shares), _same(_FOUR16, 8))
        return builder.bitcast(faint, _I64)

    return types.uint64(types.uint64, types.uint64), generate


@intrinsic
def over(typing_context, lanes, pixel):  # type: ignore[no-untyped-def]
    """The pixel with premultiplied lanes laid over it; the pixel is opaque."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        top = builder.bitcast(arguments[0], _FOUR16)
        below = builder.zext(builder.bitcast(arguments[1], _FOUR8), _FOUR16)
        alpha = builder.shuffle_vector(top, top, _order(3, 3, 3, 3))
        keep = builder.sub(_same(_FOUR16, 255), alpha)
        keep = builder.add(keep, builder.lshr(keep, _same(_FOUR16, 7)))
        shown = builder.lshr(builder.mul(below, keep), _same(_FOUR16, 8))
        return builder.bitcast(builder.trunc(builder.add(top, shown), _FOUR8), _I32)

    return types.uint32(types.uint64, types.uint32), generate


@intrinsic
def prefetch(typing_context, array, index):  # type: ignore[no-untyped-def]
    """Ask for the cache line of a flat array's element; any index is harmless."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        data = _data(context, builder, signature.args[0], arguments[0])
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), _I8.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(call, [pointer, *(ir.Constant(_I32, n) for n in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate
