// Small files that tests make: pictures, and LoRAs for the default model.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deflateSync } from 'node:zlib';

type Colour = [number, number, number];

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

/** A PNG with a colour for each point. */
export function pngOf(
  width: number,
  height: number,
  colour: (x: number, y: number) => Colour,
): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(colour(x, y), y * (1 + 3 * width) + 1 + 3 * x);
  }
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Writes a file; makes its folder. */
export function put(path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** The default model's attention to texts: its blocks with their channels. */
const layers: [string, number][] = [
  ['down_blocks_1_attentions_0', 96],
  ['down_blocks_2_attentions_0', 192],
  ['mid_block_attentions_0', 192],
];

/**
 * A LoRA of rank 1 for the values of some of the UNet's attentions to texts of this width (the
 * default model's is 192), with numbers large enough to be seen in pictures.
 */
export function loraOf(width: number, metadata: Record<string, string> = {}): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const numbers: number[] = [];
  const add = (name: string, shape: number[], value: (i: number) => number) => {
    const begin = 4 * numbers.length;
    const count = shape.reduce((product, side) => product * side, 1);
    for (let i = 0; i < count; i++) numbers.push(value(i));
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, 4 * numbers.length] };
  };
  for (const [block, channels] of layers) {
    const layer = `lora_unet_${block}_transformer_blocks_0_attn2_to_v`;
    add(`${layer}.lora_down.weight`, [1, width], (i) => Math.sin(1 + i * 1.7) / 4);
    add(`${layer}.lora_up.weight`, [channels, 1], (i) => Math.cos(i * 2.3));
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, Buffer.from(new Float32Array(numbers).buffer)]);
}
