/** 52 coefficients, head pitch, yaw, roll, x, y, distance - 1, gaze pitch, yaw, breath: 61 numbers. */
export type Row = Float32Array;

export interface Picture { width: number; height: number; blob: Blob }

export class FaceFile {
  readonly name: string;
  readonly isSynthetic: boolean;
  readonly pictures: { colour: Picture; coverage: Picture; plate: Picture };
}
export class FaceFileError extends Error {}
/** @throws FaceFileError */
export function readFaceFile(buffer: ArrayBuffer): Promise<FaceFile>;

export interface DrawingOptions { background?: "plate" | "none" }
export class NoWebGL extends Error {}
export function canDraw(): boolean;
/** Events: "lost", "restored", "error". */
export class FaceDrawing extends EventTarget {
  static make(canvas: HTMLCanvasElement, face: FaceFile, options?: DrawingOptions): Promise<FaceDrawing>;
  readonly canvas: HTMLCanvasElement;
  readonly face: FaceFile;
  readonly drawn: number;
  readonly isSoftware: boolean;
  /** `atS`, in seconds of any clock, lets what hangs from the head follow it. */
  draw(row: Row, atS?: number | null): boolean;
  resize(edgePx: number): void;
  close(): void;
}

export interface Heard { generation: number; sample: number; isRunning: boolean }
/** What is heard at a time of performance.now(); null: nothing, show the newest. */
export type Clock = (atMs: number) => Heard | null;
export interface FramePlace { generation: number; sample: number; samples: number; isSpeech: boolean }
export interface Skew { meanMs: number; worstMs: number; count: number }

export class MotionTrack {
  push(place: FramePlace, bytes: Uint8Array): boolean;
  at(generation: number, sample: number, out: Row): boolean;
  newest(out: Row): boolean;
  setGeneration(generation: number): void;
  clear(): void;
  readonly isSpeech: boolean;
  readonly lateSamples: number;
  readonly dropped: number;
}
export class FacePlayer {
  constructor(drawing: FaceDrawing | null, clock: Clock, rateHz: number);
  drawing: FaceDrawing | null;
  rateHz: number;
  readonly track: MotionTrack;
  readonly shown: number;
  readonly scriptMs: number;
  readonly aheadMs: number;
  start(): void;
  stop(): void;
  reset(): void;
  push(place: FramePlace, bytes: Uint8Array): boolean;
  skew(): Skew;
}

export const COEFFICIENTS: readonly string[];
export const PLACE_OF: Readonly<Record<string, number>>;
export const ROW: 61;
export const ROTATION: 52;
export const TRANSLATION: 55;
export const GAZE: 58;
export const BREATH: 60;
export const MOTION_BYTES: 70;
export function readMotion(view: DataView, offset: number, out: Row, at?: number): void;
export function writeMotion(row: Row): Uint8Array;
