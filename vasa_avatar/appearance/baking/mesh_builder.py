"""Collects vertices, triangles and texture patches of one avatar while it is baked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.layers.tone import in_tone, tone_curve
from vasa_avatar.datatypes import F32, K

PATCH_GAP = 3
"""free texels around a patch"""


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

    def finish(self) -> NDArray[np.uint8]:
        """The whole texture, (Ha, Wa, 4) uint8; patches in the canvas's tone if it has just one."""
        self._close_row()
        curve = tone_curve(self.canvas_rgb()[self._canvas[..., 3] > 128])
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
        self._triangles: list[NDArray[np.int32]] = []
        self._layers: list[NDArray[np.uint8]] = []
        self._kinds: list[NDArray[np.uint8]] = []
        self.n_vertices = 0

    def add(
        self,
        points: NDArray[Any],
        uv: NDArray[Any],
        basis: NDArray[Any] | None = None,
        weights: NDArray[Any] | None = None,
        light: NDArray[Any] | float = 256.0,
    ) -> NDArray[np.int32]:
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

    def set_breath(self, indices: NDArray[Any], shift_px: NDArray[Any]) -> None:
        """Set the shift at a full breath, (n, 2) design pixels, of vertices of one `add`."""
        block, first = self._block_of(self._breath, indices)
        block[indices - first] = shift_px

    def set_turn(self, indices: NDArray[Any], shift: NDArray[Any], side: NDArray[Any]) -> None:
        """Set the texture shift of a turned head, (n, 2) texels and (n,), of one `add`."""
        block, first = self._block_of(self._turn, indices)
        block[indices - first] = np.column_stack([shift, side])

    @staticmethod
    def _block_of(blocks: list[F32], indices: NDArray[Any]) -> tuple[F32, int]:
        """The block of the `add` that made these vertices, and its first index."""
        first = 0
        for block in blocks:
            if indices[0] < first + len(block):
                return block, first
            first += len(block)
        raise IndexError(f"vertex {indices[0]} of {first}")

    def add_triangles(self, triangles: NDArray[Any], layer: int, kind: Any) -> None:
        """Add (m, 3) triangles to a layer; `kind` is one value or (m,)."""
        m = len(triangles)
        self._triangles.append(np.asarray(triangles, np.int32))
        self._layers.append(np.full(m, layer, np.uint8))
        self._kinds.append(np.broadcast_to(np.asarray(kind, np.uint8), (m,)).copy())

    def points(self) -> F32:
        """(N, 3)"""
        return np.concatenate(self._points)

    def arrays(self) -> dict[str, Any]:
        """Concatenated arrays under the names of MeshAssets."""
        weights = np.concatenate(self._weights)
        return {
            "vertices": np.concatenate(self._points),
            "uv": np.concatenate(self._uv),
            "turn_uv": np.ascontiguousarray(np.concatenate(self._turn)[:, :2]),
            "turn_side": np.ascontiguousarray(np.concatenate(self._turn)[:, 2]),
            "basis": np.concatenate(self._basis, axis=1),
            "head_weight": np.ascontiguousarray(weights[:, 0]),
            "shift_weight": np.ascontiguousarray(weights[:, 1]),
            "distance_weight": np.ascontiguousarray(weights[:, 2]),
            "light": np.concatenate(self._light),
            "breath_px": np.concatenate(self._breath),
            "triangles": np.concatenate(self._triangles),
            "triangle_layer": np.concatenate(self._layers),
            "triangle_kind": np.concatenate(self._kinds),
        }


def grid_triangles(indices: NDArray[Any]) -> NDArray[np.int32]:
    """Triangles of an (r, c) grid of vertex indices."""
    a, b = indices[:-1, :-1].ravel(), indices[:-1, 1:].ravel()
    c, d = indices[1:, :-1].ravel(), indices[1:, 1:].ravel()
    first, second = np.stack([a, b, c], -1), np.stack([b, d, c], -1)
    return np.concatenate([first, second]).astype(np.int32)
