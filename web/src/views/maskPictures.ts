// Masks as pictures: read from the server, shown over a picture, made into a file.

import { call } from '../api/client';
import type { Picture } from '../api/types';
import { newMask, type Mask, type Rect } from '../model/mask';

/** What lies over the picture, and how much of it where the mask is white. */
const tint = { red: 233, green: 30, blue: 99, share: 0.62 };

/** An uploaded picture; rejects where it is gone. */
export function loadPicture(upload: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error('The picture is no longer on the server.'));
    image.src = `/api/v1/pictures/${upload}`;
  });
}

/** A 2D context, of a canvas that is read from again. */
function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser has no canvas.');
  return context;
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** A picture's transparency where it has some, else its brightness, at this size: as masks are read. */
export function maskOfPicture(image: HTMLImageElement, width: number, height: number): Mask {
  const context = contextOf(canvasOf(width, height));
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const mask = newMask(width, height);
  let clear = false;
  for (let i = 3; i < data.length && !clear; i += 4) clear = data[i] !== 255;
  for (let i = 0; i < mask.data.length; i++) {
    const at = (channel: number) => data[4 * i + channel] ?? 0;
    mask.data[i] = clear ? at(3) : Math.round(0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2));
  }
  return mask;
}

/** Shows an area of the mask: tinted, or in black and white. */
export function showMask(canvas: HTMLCanvasElement, mask: Mask, area: Rect, plain: boolean): void {
  const shown = new ImageData(area.width, area.height);
  const { data } = shown;
  for (let row = 0; row < area.height; row++) {
    for (let column = 0; column < area.width; column++) {
      const value = mask.data[(area.y + row) * mask.width + area.x + column] ?? 0;
      const at = 4 * (row * area.width + column);
      data[at] = plain ? value : tint.red;
      data[at + 1] = plain ? value : tint.green;
      data[at + 2] = plain ? value : tint.blue;
      data[at + 3] = plain ? 255 : Math.round(value * tint.share);
    }
  }
  contextOf(canvas).putImageData(shown, area.x, area.y);
}

/** Sends a mask to the server as a PNG; returns what requests call it. */
export async function uploadMask(mask: Mask): Promise<string> {
  const canvas = canvasOf(mask.width, mask.height);
  showMask(canvas, mask, { x: 0, y: 0, width: mask.width, height: mask.height }, true);
  const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!file) throw new Error('This browser could not make a picture of the mask.');
  return (await call<Picture>('POST', '/pictures', { body: file })).init_image;
}
