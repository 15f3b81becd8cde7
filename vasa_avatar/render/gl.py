"""OpenGL renderer: as MeshRenderer, drawn by a graphics card without a window (EGL).

It poses as MeshRenderer does and draws with the shaders of the browser's module, so a face looks
the same from a processor, a card here and a card there. Frames are read back through two buffers:
while one is drawn, the one before is on its way (`render_all`). Needs `vasa-avatar[gl]`; Mesa draws
by software where there is no card, slower than MeshRenderer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import U8, FaceMotion
from vasa_avatar.errors import RenderError
from vasa_avatar.folders import face_module_folder
from vasa_avatar.render import assets, kernels
from vasa_avatar.render.gl_folds import fringes
from vasa_avatar.render.mesh import MeshRenderer

_N_LAYERS = assets.N_LAYERS
_SHADED = (kernels.SHADED, kernels.SHADED_BLEND)
_IN_FLIGHT = 2


class GlRenderer(MeshRenderer):
    """Draws one avatar at one size on a graphics card; not for two threads at once.

    Args:
        avatar: a baked avatar (anything with `.assets`).
        size_px: edge of the square frame, 64..1024.

    Raises:
        RenderError: moderngl or EGL is missing; says what to install.
    """

    def __init__(self, avatar: Any, size_px: int = 512) -> None:
        super().__init__(avatar, size_px)
        self._split_corners()
        self._context = _make_context()
        with self._context:
            self._device = str(self._context.info["GL_RENDERER"])
            self._load()

    @property
    def device(self) -> str:
        """What draws, in its maker's words."""
        return self._device

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        """Draw one frame; see `Renderer.render`."""
        with self._context:
            self._draw(motion, self._buffers[0])
            return self._take(self._buffers[0], out)

    def render_all(self, motions: Iterable[FaceMotion]) -> Iterator[U8]:
        """Frames one after another; each is read while the next is drawn."""
        waiting: deque[Any] = deque()
        for number, motion in enumerate(motions):
            with self._context:
                if len(waiting) == _IN_FLIGHT:
                    ready = self._take(waiting.popleft(), None)
                else:
                    ready = None
                self._draw(motion, self._buffers[number % _IN_FLIGHT])
                waiting.append(self._buffers[number % _IN_FLIGHT])
            if ready is not None:
                yield ready
        while waiting:
            with self._context:
                ready = self._take(waiting.popleft(), None)
            yield ready

    def close(self) -> None:
        """Free what the card holds."""
        self._context.release()

    # -- what is loaded once ----------------------------------------------------------------

    def _split_corners(self) -> None:
        """Vertices as the card has them: one for each way in which they are used."""
        made = self._assets
        layers = np.repeat(made.triangle_layer.astype(np.int64), 3)
        is_shaded = np.repeat(np.isin(made.triangle_kind, _SHADED), 3)
        vertices = made.triangles.reshape(-1).astype(np.int64)
        keys = (vertices * 32 + layers) * 2 + is_shaded
        _, first, corner_of = np.unique(keys, return_index=True, return_inverse=True)
        self._vertex_of = vertices[first]
        self._corner_of = corner_of.reshape(-1, 3).astype(np.uint32)
        self._n_own = len(first)
        most = self._n_own + 4 * len(self._sheet.edges)
        traits = np.ones((most, 3), np.float32)
        traits[: self._n_own, 0] = made.light[self._vertex_of] / kernels.UNCHANGED
        traits[: self._n_own, 1], traits[: self._n_own, 2] = layers[first], is_shaded[first]
        traits[self._n_own :, 1], traits[self._n_own :, 2] = _N_LAYERS, 0.0
        self._traits = traits
        self._corners = np.ones((most, 5), np.float32)

    def _load(self) -> None:
        context, size = self._context, self._size_px
        self._skin = context.program(*_shaders("SKIN_VERTEX", "SKIN_FRAGMENT"))
        plate = context.program(*_shaders("PLATE_VERTEX", "PLATE_FRAGMENT"))
        self._atlas_texture = _texture(context, _rgba(self._texture), has_mips=True)
        gains = self._shading.gains
        self._gain_texture = context.texture(gains.shape[::-1], 1, dtype="f4")
        self._plate_texture = _texture(context, _rgba(self._plate))
        for unit, texture in enumerate(
            (self._atlas_texture, self._gain_texture, self._plate_texture)
        ):
            texture.repeat_x = texture.repeat_y = False
            texture.use(unit)
        self._corner_buffer = context.buffer(reserve=self._corners.nbytes)
        n_indices = self._corner_of.size + 6 * len(self._sheet.edges)
        self._index_buffer = context.buffer(reserve=4 * n_indices)
        traits = context.buffer(self._traits.tobytes())
        self._vertex_array = context.vertex_array(
            self._skin,
            [
                (self._corner_buffer, "2f 3f", 0, 1),
                (traits, "3f", 2),
            ],
            index_buffer=self._index_buffer,
        )
        self._plate_array = context.vertex_array(plate, [])
        self._target = context.simple_framebuffer((size, size), 4)
        self._buffers = [context.buffer(reserve=3 * size * size) for _ in range(_IN_FLIGHT)]
        self._set_constants(plate)

    def _set_constants(self, plate: Any) -> None:
        shading, (height, width) = self._shading, self._texture.shape
        rows, columns = shading.gains.shape
        skin = self._skin
        skin["designToClip"] = (2.0 / self._size_px, -2.0 / self._size_px)
        skin["texel"] = (1.0 / width, 1.0 / height)
        skin["shadeFrame"] = (shading.u0, shading.v0, shading.cells_per_texel)
        skin["cell"] = (1.0 / columns, 1.0 / rows)
        skin["atlas"], skin["gains"], plate["plate"] = 0, 1, 2

    # -- every frame ------------------------------------------------------------------------

    def _draw(self, motion: FaceMotion, into: Any) -> None:
        """Draw a frame and have it read into a buffer, without waiting for it."""
        self._pose(motion)
        count = self._write()
        context = self._context
        self._target.use()
        context.disable(context.BLEND)
        self._plate_array.render(context.TRIANGLES, vertices=3)
        context.enable(context.BLEND)
        context.blend_func = context.ONE, context.ONE_MINUS_SRC_ALPHA
        self._vertex_array.render(context.TRIANGLES, vertices=count)
        self._target.read_into(into, components=3, alignment=1)

    def _write(self) -> int:
        """Corners, order, gains and alphas of the pose; the number of indices."""
        mesh, n_own = self._mesh, self._n_own
        self._corners[:n_own, :2] = mesh.xy[self._vertex_of]
        self._corners[:n_own, 2:4] = mesh.uv[self._vertex_of]
        added = fringes(mesh, self._sheet, self._depth)
        self._corners[n_own : n_own + 4 * len(added)] = added.reshape(-1, 5)
        self._corner_buffer.write(self._corners[: n_own + 4 * len(added)].tobytes())
        below, over = (
            order[mesh.alphas[order] > 0]
            for order in np.split(self._order, [self._layer_bounds[assets.LAYER_OVER]])
        )
        quads = n_own + 4 * np.arange(len(added))[:, None] + np.array([0, 1, 2, 1, 2, 3])
        parts = self._corner_of[below], quads, self._corner_of[over]
        indices = np.concatenate([part.reshape(-1) for part in parts])
        self._index_buffer.write(indices.astype(np.uint32).tobytes())
        gains = self._shading.gains.astype(np.float32) / kernels.UNCHANGED
        self._gain_texture.write(gains.tobytes())
        alphas = np.ones(_N_LAYERS + 1, np.float32)
        for layer in range(_N_LAYERS):
            first, last = self._layer_bounds[layer : layer + 2]
            if first < last:
                alphas[layer] = mesh.alphas[first] / kernels.FULL_ALPHA
        self._skin["alphas"].write(alphas.tobytes())
        return len(indices)

    def _take(self, buffer: Any, out: U8 | None) -> U8:
        """What was read into a buffer; waits for it."""
        size = self._size_px
        upside_down = np.frombuffer(buffer.read(), np.uint8).reshape(size, size, 3)
        if out is None:
            return np.ascontiguousarray(upside_down[::-1])
        out[:] = upside_down[::-1]
        return out


def _make_context() -> Any:
    try:
        import moderngl
    except ImportError:
        raise RenderError('drawing by OpenGL needs: pip install "vasa-avatar[gl]"') from None
    try:
        create: Any = moderngl.create_context
        return create(standalone=True, backend="egl", require=300)
    except Exception as problem:  # moderngl's own classes, without a common base
        raise RenderError(
            f"OpenGL cannot be had without a window ({problem}); on Debian: apt-get install "
            "libegl1 libgl1-mesa-dri"
        ) from problem


def _shaders(vertex: str, fragment: str) -> tuple[str, str]:
    """The texts of two constants of the browser's module."""
    text = (face_module_folder() / "programs.js").read_text(encoding="utf-8")
    found = []
    for name in (vertex, fragment):
        begin = text.index(f"export const {name} = `") + len(f"export const {name} = `")
        found.append(text[begin : text.index("`", begin)])
    return found[0], found[1]


def _rgba(texels: NDArray[np.uint32]) -> U8:
    """(H, W) texels of the kernel to (H, W, 4)."""
    return np.ascontiguousarray(texels.view(np.uint8).reshape(*texels.shape, 4)[..., [2, 1, 0, 3]])


def _texture(context: Any, picture: U8, has_mips: bool = False) -> Any:
    texture = context.texture(picture.shape[1::-1], 4, picture.tobytes())
    if has_mips:
        texture.build_mipmaps()
        texture.filter = context.LINEAR_MIPMAP_LINEAR, context.LINEAR
    return texture
