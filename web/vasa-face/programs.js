// The shader programs: the plate behind the person, everything of the person, and the mark over all.

export const PLATE_VERTEX = `#version 300 es
out vec2 place;
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? -3.0 : 1.0);
  place = vec2(0.5 + 0.5 * corner.x, 0.5 - 0.5 * corner.y);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

export const PLATE_FRAGMENT = `#version 300 es
precision highp float;
in vec2 place;
uniform sampler2D plate;
out vec4 colour;
void main() { colour = vec4(texture(plate, place).rgb, 1.0); }`;

export const SKIN_VERTEX = `#version 300 es
layout(location = 0) in vec2 place;  // design pixels
layout(location = 1) in vec3 sheet;  // texels u, v; how much it covers
layout(location = 2) in vec3 trait;  // light, layer, whether it is shaded
uniform vec2 designToClip;
uniform vec2 texel;
uniform vec3 shadeFrame;
uniform vec2 cell;
uniform float alphas[18];
out vec2 atlasAt;
out vec2 gainAt;
out float light;
out float alpha;
flat out float shaded;
void main() {
  float layerAlpha = alphas[int(trait.y)];
  atlasAt = (sheet.xy + 0.5) * texel;
  gainAt = ((sheet.xy - shadeFrame.xy) * shadeFrame.z + 0.5) * cell;
  light = trait.x;
  alpha = sheet.z * (trait.z > 0.5 ? 1.0 : layerAlpha);
  shaded = trait.z;
  gl_Position = vec4(place * designToClip + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

// The texture is sampled as if it had 1.5 texels a pixel: fewer would blur it, more would flicker.
export const SKIN_FRAGMENT = `#version 300 es
precision highp float;
in vec2 atlasAt;
in vec2 gainAt;
in float light;
in float alpha;
flat in float shaded;
uniform sampler2D atlas;
uniform sampler2D gains;
out vec4 colour;
void main() {
  vec4 texel = texture(atlas, atlasAt, -0.585);
  float gain = shaded > 0.5 ? texture(gains, gainAt).r : light;
  colour = vec4(min(texel.rgb * gain, vec3(texel.a)), texel.a) * alpha;
}`;

// Of a tile that holds numbers from 128 on, so many (`steps`) to a grey level: those of the asked sign,
// a little `less` of whole levels: the blending rounds 0.6 to one where the picture is opaque, and to
// none where not. A frame is 512 of the tile's pixels wide.
export const MARK_FRAGMENT = `#version 300 es
precision highp float;
in vec2 place;
uniform sampler2D tile;
uniform float side;
uniform float steps;
uniform float less;
out vec4 colour;
void main() {
  vec2 at = place * 512.0 / vec2(textureSize(tile, 0));
  float level = round(texture(tile, at).r * 255.0 - 128.0) * side / steps;
  colour = vec4(vec3(level > 0.0 ? (level - less) / 255.0 : 0.0), 0.0);
}`;

export const MERGE_FRAGMENT = `#version 300 es
precision highp float;
in vec2 place;
uniform sampler2D tint;
uniform sampler2D coverage;
out vec4 merged;
void main() {
  vec2 upright = vec2(place.x, 1.0 - place.y);  // a texture's first row is its picture's top
  float a = texture(coverage, upright).r;
  merged = vec4(min(texture(tint, upright).rgb, vec3(a)), a);
}`;

/** A program and the places of its uniforms: {program, at}. */
export function makeProgram(gl, vertexText, fragmentText) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertexText], [gl.FRAGMENT_SHADER, fragmentText]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`a shader cannot be used here: ${gl.getProgramInfoLog(program)}`);
  }
  const at = {};
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i += 1) {
    const { name } = gl.getActiveUniform(program, i);
    at[name.replace("[0]", "")] = gl.getUniformLocation(program, name);
  }
  return { program, at };
}
