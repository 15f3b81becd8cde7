"""Collects vertices, triangles and texture patches of one avatar while it is baked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vasa_avatar.appearance.picture import in_tone, tone_curve
from vasa_avatar.datatypes import F32, I32, U8, Floats, K

PATCH_GAP = 3
"""free texels around a patch"""


@dataclass(frozen=True, slots=True, eq=False)
class MeshArrays:
    """A finished mesh under the names of MeshAssets, which says what each array is."""

    vertices: F32
    uv: F32
    turn_uv: F32
    turn_side: F32
    basis: F32
    head_weight: F32
    shift_weight: F32
    distance_weight: F32
    light: F32
    breath_px: F32
    triangles: I32
    """(M, 3) in the order of their layers"""
    triangle_layer: U8
    triangle_kind: U8


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Vertices that go where others go."""

    pairs: I32
    """(C, 2) destination and source"""
    offset: F32
    """(C, 3) from the source's place to the destination's, face widths"""

    @staticmethod
    def none() -> Copies:
        """No vertices."""
        return Copies(np.zeros((0, 2), np.int32), np.zeros((0, 3), np.float32))

    @staticmethod
    def joined(parts: list[Copies]) -> Copies:
        """Those of several parts, in their order."""
        return Copies(
            np.concatenate([part.pairs for part in parts]).astype(np.int32),
            np.concatenate([part.offset for part in parts]).astype(np.float32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class TurnShift:
    """How the textures of n vertices shift when the head turns."""

    shift: F32
    """(n, 2) texels"""
    side: F32
    """(n,) which turn brings it: +1 the nose to the viewer's right, -1 to the left, in between less
    of it; 0 for vertices that stay"""


class AtlasBuilder:
    """One texture: the canvas on top, patches packed in rows below it."""

    def __init__(self, canvas_rgba: F32) -> None:
        """Begin with the canvas.

        Args:
            canvas_rgba: (C, C, 4) premultiplied, 0..255.
        """
        self._canvas = canvas_rgba
        self._width = canvas_rgba.shape[1]
        self._rows: list[F32] = [canvas_rgba]
        self._height = canvas_rgba.shape[0]
        self._pending: list[tuple[int, F32]] = []
        self._cursor = PATCH_GAP
        self._row_height = 0

    def canvas_rgb(self) -> F32:
        """(C, C, 3) the canvas's colours, without what its alpha took from them."""
        alpha = np.maximum(self._canvas[..., 3:] / 255.0, 1e-2)
        return np.asarray(np.clip(self._canvas[..., :3] / alpha, 0.0, 255.0), np.float32)

    def place(self, patch_rgba: F32) -> tuple[int, int]:
        """Add a (h, w, 4) premultiplied patch; returns x, y of its first texel."""
        height, width = patch_rgba.shape[:2]
        assert width + 2 * PATCH_GAP <= self._width, (width, self._width)
        if self._cursor + width + PATCH_GAP > self._width:
            self._close_row()
        x, y = self._cursor, self._height + PATCH_GAP
        self._pending.append((x, patch_rgba))
        self._cursor += width + PATCH_GAP
        self._row_height = max(self._row_height, height)
        return x, y

    def _close_row(self) -> None:
        if not self._pending:
            return
        row = np.zeros((self._row_height + 2 * PATCH_GAP, self._width, 4), np.float32)
        for x, patch in self._pending:
            height, width = patch.shape[:2]
            # Repeat the rim into the gap, so that bilinear samples at the edge stay clean.
            padded = np.pad(patch, ((PATCH_GAP - 1,) * 2, (PATCH_GAP - 1,) * 2, (0, 0)), "edge")
            row[1 : 1 + padded.shape[0], x - 2 : x - 2 + padded.shape[1]] = padded
        self._rows.append(row)
        self._height += row.shape[0]
        self._pending, self._cursor, self._row_height = [], PATCH_GAP, 0

    def tone(self) -> F32 | None:
        """(256, 3) the canvas's colour of each luma, if it is in one tone; see `tone_curve`."""
        return tone_curve(self.canvas_rgb()[self._canvas[..., 3] > 128])

    def finish(self, is_drawn: bool) -> U8:
        """The whole texture, (Ha, Wa, 4) uint8; patches in the canvas's tone if it has just one.

        Args:
            is_drawn: patches show the picture's own colours, of which flat art has so few that it
                may look like one tone without its eyes.
        """
        self._close_row()
        curve = None if is_drawn else self.tone()
        patches = self._rows[1:]
        if curve is not None:
            patches = [in_tone(row, curve) for row in patches]
        whole = np.concatenate([self._canvas, *patches])
        return np.asarray(np.clip(np.rint(whole), 0, 255), np.uint8)


class MeshBuilder:
    """Vertices with everything that belongs to them, and triangles in layers."""

    def __init__(self) -> None:
        self._points: list[F32] = []
        self._uv: list[F32] = []
        self._basis: list[F32] = []
        self._weights: list[F32] = []
        self._light: list[F32] = []
        self._breath: list[F32] = []
        self._turn: list[F32] = []
        self._triangles: list[I32] = []
        self._layers: list[U8] = []
        self._kinds: list[U8] = []
        self.n_vertices = 0

    def add(
        self,
        points: Floats,
        uv: Floats,
        basis: Floats | None = None,
        weights: Floats | None = None,
        light: Floats | float = 256.0,
    ) -> I32:
        """Add n vertices.

        Args:
            points: (n, 3) face widths.
            uv: (n, 2) atlas texels.
            basis: (52, n, 3), none of them moving when None.
            weights: (n, 3) head, shift, distance weights; ones when None.
            light: (n,) vertex light.

        Returns:
            (n,) their indices.
        """
        n = len(points)
        self._points.append(np.asarray(points, np.float32))
        self._uv.append(np.asarray(uv, np.float32))
        zero = np.zeros((K, n, 3), np.float32)
        self._basis.append(zero if basis is None else np.asarray(basis, np.float32))
        ones = np.ones((n, 3), np.float32)
        self._weights.append(ones if weights is None else np.asarray(weights, np.float32))
        self._light.append(np.broadcast_to(np.asarray(light, np.float32), (n,)).copy())
        self._breath.append(np.zeros((n, 2), np.float32))
        self._turn.append(np.zeros((n, 3), np.float32))
        first = self.n_vertices
        self.n_vertices += n
        return np.arange(first, first + n, dtype=np.int32)

    def set_breath(self, indices: I32, shift_px: Floats) -> None:
        """Set the shift at a full breath, (n, 2) design pixels, of vertices of one `add`."""
        block, first = self._block_of(self._breath, indices)
        block[indices - first] = shift_px

    def set_turn(self, indices: I32, turn: TurnShift) -> None:
        """Set the texture shift of a turned head of vertices of one `add`."""
        block, first = self._block_of(self._turn, indices)
        block[indices - first] = np.column_stack([turn.shift, turn.side])

    def blocks(self, first: int) -> Iterator[tuple[F32, F32]]:
        """Points (n, 3) and basis (52, n, 3) of each `add` from vertex `first` on, to change."""
        start = 0
        for points, basis in zip(self._points, self._basis, strict=True):
            if start >= first:
                yield points, basis
            start += len(points)

    @staticmethod
    def _block_of(blocks: list[F32], indices: I32) -> tuple[F32, int]:
        """The block of the `add` that made these vertices, and its first index."""
        first = 0
        for block in blocks:
            if indices[0] < first + len(block):
                return block, first
            first += len(block)
        raise IndexError(f"vertex {indices[0]} of {first}")

    def add_triangles(self, triangles: I32, layer: int, kind: ArrayLike) -> None:
        """Add (m, 3) triangles to a layer; `kind` is one value or (m,)."""
        m = len(triangles)
        self._triangles.append(np.asarray(triangles, np.int32))
        self._layers.append(np.full(m, layer, np.uint8))
        self._kinds.append(np.broadcast_to(np.asarray(kind, np.uint8), (m,)).copy())

    def points(self) -> F32:
        """(N, 3)"""
        return np.concatenate(self._points)

    def uv(self) -> F32:
        """(N, 2) atlas texels"""
        return np.concatenate(self._uv)

    def finish(self) -> MeshArrays:
        """Everything that was added."""
        turn, weights = np.concatenate(self._turn), np.concatenate(self._weights)
        layers = np.concatenate(self._layers)
        order = np.argsort(layers, kind="stable")
        return MeshArrays(
            vertices=self.points(),
            uv=self.uv(),
            turn_uv=np.ascontiguousarray(turn[:, :2]),
            turn_side=np.ascontiguousarray(turn[:, 2]),
            basis=np.concatenate(self._basis, axis=1),
            head_weight=np.ascontiguousarray(weights[:, 0]),
            shift_weight=np.ascontiguousarray(weights[:, 1]),
            distance_weight=np.ascontiguousarray(weights[:, 2]),
            light=np.concatenate(self._light),
            breath_px=np.concatenate(self._breath),
            triangles=np.ascontiguousarray(np.concatenate(self._triangles)[order]),
            triangle_layer=np.ascontiguousarray(layers[order]),
            triangle_kind=np.ascontiguousarray(np.concatenate(self._kinds)[order]),
        )


def grid_triangles(indices: I32) -> I32:
    """Triangles of an (r, c) grid of vertex indices."""
    a, b = indices[:-1, :-1].ravel(), indices[:-1, 1:].ravel()
    c, d = indices[1:, :-1].ravel(), indices[1:, 1:].ravel()
    first, second = np.stack([a, b, c], -1), np.stack([b, d, c], -1)
    return np.concatenate([first, second]).astype(np.int32)
