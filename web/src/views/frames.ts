// Pictures of frames in memory, so that playing does not flicker.

const most = 240;
const pictures = new Map<string, HTMLImageElement>();

/** The picture at an address, loading or loaded; the last ones used stay. */
export function picture(address: string): HTMLImageElement {
  const known = pictures.get(address);
  if (known) {
    pictures.delete(address);
    pictures.set(address, known);
    return known;
  }
  const image = new Image();
  image.decoding = 'async';
  image.src = address;
  pictures.set(address, image);
  image.addEventListener('error', () => pictures.delete(address), { once: true });
  if (pictures.size > most) {
    const oldest = pictures.keys().next().value;
    if (oldest !== undefined) pictures.delete(oldest);
  }
  return image;
}

export function isReady(image: HTMLImageElement): boolean {
  return image.complete && image.naturalWidth > 0;
}

/** Calls `draw` once the picture is there; returns how to forget about it. */
export function whenReady(image: HTMLImageElement, draw: () => void): () => void {
  if (isReady(image)) {
    draw();
    return () => {};
  }
  image.addEventListener('load', draw, { once: true });
  return () => image.removeEventListener('load', draw);
}
