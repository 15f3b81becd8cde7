// A talking face drawn in the browser: see README.md. `element.js` brings <vasa-face> as well.

export { canDraw, FaceDrawing, NoWebGL } from "./drawing.js";
export { FaceFile, FaceFileError, readFaceFile } from "./face-file.js";
export {
  BREATH, COEFFICIENTS, GAZE, MOTION_BYTES, PLACE_OF, readMotion, ROTATION, ROW, TRANSLATION, writeMotion,
} from "./motion.js";
export { MotionTrack } from "./motion-track.js";
export { FacePlayer } from "./player.js";
