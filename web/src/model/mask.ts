// A mask that is drawn: grey pixels that a brush changes, and the steps that can be undone. Pixels
// are changed in place: copies of large pictures at every movement would be too slow.

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** 255 is drawn anew, 0 stays; rows from top to bottom. */
export interface Mask {
  width: number;
  height: number;
  data: Uint8Array;
}

export interface Brush {
  /** Pixels of the picture. */
  radius: number;
  /** The share of the radius over which it fades, 0 to 1. */
  softness: number;
  erase: boolean;
}

export function newMask(width: number, height: number, value = 0): Mask {
  return { width, height, data: new Uint8Array(width * height).fill(value) };
}

export function wholeOf(mask: Mask): Rect {
  return { x: 0, y: 0, width: mask.width, height: mask.height };
}

/** The smallest area with both. */
export function joined(a: Rect | null, b: Rect | null): Rect | null {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** How much a brush covers at a distance from its middle, 0 to 1. Hard edges are one pixel wide. */
function coverage(distance: number, brush: Brush): number {
  const outer = brush.radius + 0.5;
  const inner = Math.min(brush.radius * (1 - brush.softness), outer - 1);
  const part = (outer - distance) / (outer - inner);
  if (part <= 0) return 0;
  if (part >= 1) return 1;
  return brush.softness === 0 ? part : part * part * (3 - 2 * part);
}

/** One touch of the brush; x and y in pixels. Returns what has changed, null where nothing can. */
export function stamp(mask: Mask, x: number, y: number, brush: Brush): Rect | null {
  const reach = brush.radius + 0.5;
  const left = Math.max(0, Math.floor(x - reach));
  const top = Math.max(0, Math.floor(y - reach));
  const right = Math.min(mask.width, Math.ceil(x + reach));
  const bottom = Math.min(mask.height, Math.ceil(y + reach));
  if (left >= right || top >= bottom) return null;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      const covered = Math.round(255 * coverage(distance, brush));
      const at = row * mask.width + column;
      const now = mask.data[at] ?? 0;
      // Strokes do not add up where they cross themselves.
      mask.data[at] = brush.erase ? Math.min(now, 255 - covered) : Math.max(now, covered);
    }
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** A stroke from one place to another, its first place left out: that was stamped before. */
export function strokeTo(
  mask: Mask,
  from: { x: number; y: number },
  to: { x: number; y: number },
  brush: Brush,
): Rect | null {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const count = Math.max(1, Math.ceil(length / Math.max(0.5, brush.radius / 4)));
  let changed: Rect | null = null;
  for (let i = 1; i <= count; i++) {
    const part = i / count;
    const x = from.x + (to.x - from.x) * part;
    const y = from.y + (to.y - from.y) * part;
    changed = joined(changed, stamp(mask, x, y, brush));
  }
  return changed;
}

/**
 * How far a view of a `length` must scroll so that it shows what lies `reach` to both sides of `at`, a
 * place in the view; its middle where it is too large.
 */
export function viewShift(at: number, reach: number, length: number): number {
  const margin = Math.min(reach, length / 2);
  if (at < margin) return at - margin;
  return Math.max(0, at + margin - length);
}

export function fill(mask: Mask, value: number): void {
  mask.data.fill(value);
}

export function invert(mask: Mask): void {
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = 255 - (mask.data[i] ?? 0);
}

export function isBlank(mask: Mask): boolean {
  return mask.data.every((value) => value === 0);
}

interface Patch {
  area: Rect;
  pixels: Uint8Array;
}

function copyOf({ width, data }: Mask, area: Rect): Uint8Array {
  const pixels = new Uint8Array(area.width * area.height);
  for (let row = 0; row < area.height; row++) {
    const start = (area.y + row) * width + area.x;
    pixels.set(data.subarray(start, start + area.width), row * area.width);
  }
  return pixels;
}

function paste({ width, data }: Mask, { area, pixels }: Patch): void {
  for (let row = 0; row < area.height; row++) {
    const line = pixels.subarray(row * area.width, (row + 1) * area.width);
    data.set(line, (area.y + row) * width + area.x);
  }
}

/**
 * Undo and redo of a mask: what each step changed, as long as it fits into `limit` bytes. While a step
 * is in work nothing else is undone or changed.
 */
export class MaskHistory {
  private readonly mask: Mask;
  private readonly limit: number;
  /** The mask without the step in work. */
  private readonly settled: Mask;
  private past: Patch[] = [];
  private future: Patch[] = [];
  private working = false;

  constructor(mask: Mask, limit = 128 * 1024 * 1024) {
    this.mask = mask;
    this.settled = { ...mask, data: mask.data.slice() };
    this.limit = limit;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Whether a step was begun that has not ended. */
  get inWork(): boolean {
    return this.working;
  }

  /** A step begins: the mask is about to change. */
  begin(): void {
    this.working = true;
  }

  /** The step that was begun may have changed an area, null: nothing. Returns whether it has. */
  end(area: Rect | null): boolean {
    if (!this.working) return false;
    this.working = false;
    if (!area) return false;
    const pixels = copyOf(this.settled, area);
    const now = copyOf(this.mask, area);
    if (pixels.every((value, i) => value === now[i])) return false;
    paste(this.settled, { area, pixels: now });
    this.past.push({ area, pixels });
    this.future = [];
    let bytes = this.past.reduce((sum, patch) => sum + patch.pixels.length, 0);
    while (bytes > this.limit && this.past.length > 1) {
      bytes -= this.past.shift()?.pixels.length ?? 0;
    }
    return true;
  }

  /** Forgets the step that was begun and what it has changed. */
  cancel(): void {
    if (this.working) this.mask.data.set(this.settled.data);
    this.working = false;
  }

  /** One step of everything; null where it changes nothing. */
  change(action: (mask: Mask) => void): Rect | null {
    if (this.working) return null;
    const area = wholeOf(this.mask);
    this.begin();
    action(this.mask);
    return this.end(area) ? area : null;
  }

  /** The area that has changed; null where there is nothing to undo. */
  undo(): Rect | null {
    return this.swap(this.past, this.future);
  }

  redo(): Rect | null {
    return this.swap(this.future, this.past);
  }

  private swap(from: Patch[], to: Patch[]): Rect | null {
    const patch = this.working ? undefined : from.pop();
    if (!patch) return null;
    to.push({ area: patch.area, pixels: copyOf(this.mask, patch.area) });
    paste(this.mask, patch);
    paste(this.settled, patch);
    return patch.area;
  }
}
