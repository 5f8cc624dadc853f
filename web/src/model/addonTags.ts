// Tags of add-ons in a prompt, <lora:name:0.8> and <hypernet:name:0.8>: found, rewritten, put in,
// taken out. The text is the only place where strengths are kept.

import type { Addon, Json } from '../api/types';
import { emptyPrompt } from './document';

export type TagKind = 'lora' | 'hypernet';

/** Which of a tag's numbers: the only one, or one of a LoRA's two. */
export type StrengthPart = 'all' | 'text' | 'unet';

/** A number of a tag, and where it stands in the prompt; an empty place: it is left out. */
export interface TagStrength {
  part: StrengthPart;
  /** A number, or the text that is none. */
  value: Json;
  start: number;
  end: number;
  /** What stands before the number where it is put in. */
  lead: string;
}

export interface AddonTag {
  kind: TagKind;
  name: string;
  start: number;
  end: number;
  strengths: TagStrength[];
}

/** What a slider shows: a tag of this stage, or one that other stages have. */
export interface StrengthRow {
  kind: TagKind;
  name: string;
  /** Whether this stage has the tag. */
  here: boolean;
  parts: { part: StrengthPart; value: Json }[];
}

const anyTag = /<(\w+):([^>]+)>/g;

/** The prompt with spaces in the place of its tags, whose names are no words. */
export function withoutTags(prompt: string): string {
  return prompt.replace(anyTag, (tag) => ' '.repeat(tag.length));
}

const kinds: Record<string, TagKind> = { lora: 'lora', lyco: 'lora', hypernet: 'hypernet' };
const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

interface Piece {
  text: string;
  start: number;
  end: number;
}

function piecesOf(text: string, start: number): Piece[] {
  let at = start;
  return text.split(':').map((piece) => {
    const place = { text: piece, start: at, end: at + piece.length };
    at = place.end + 1;
    return place;
  });
}

function valueOfPiece(piece: Piece): Json {
  return number.test(piece.text) ? Number(piece.text) : piece.text;
}

function strength(part: StrengthPart, piece: Piece): TagStrength {
  return { part, value: valueOfPiece(piece), start: piece.start, end: piece.end, lead: '' };
}

/** A number that is left out: 1, to be put in at this place. */
function leftOut(part: StrengthPart, at: number): TagStrength {
  return { part, value: 1, start: at, end: at, lead: ':' };
}

function named(pieces: Piece[], key: string): Piece | undefined {
  const found = pieces.filter((piece) => piece.text.startsWith(`${key}=`)).pop();
  const skip = key.length + 1;
  return found && { text: found.text.slice(skip), start: found.start + skip, end: found.end };
}

function loraStrengths(pieces: Piece[]): TagStrength[] {
  const plain = pieces.filter((piece) => !piece.text.includes('='));
  const text = named(pieces, 'te') ?? plain[1];
  const unet = named(pieces, 'unet') ?? plain[2];
  const first = text ? strength('text', text) : leftOut('text', plain[0]?.end ?? 0);
  if (!unet) return [{ ...first, part: 'all' }];
  return [first, strength('unet', unet)];
}

/** The tags whose strengths can be set, in their order. */
export function addonTags(prompt: string): AddonTag[] {
  const tags: AddonTag[] = [];
  for (const match of prompt.matchAll(anyTag)) {
    const kind = kinds[match[1] ?? ''];
    if (!kind) continue;
    const start = match.index;
    const pieces = piecesOf(match[2] ?? '', start + (match[1] ?? '').length + 2);
    const name = kind === 'lora' ? pieces.find((piece) => !piece.text.includes('=')) : pieces[0];
    if (!name) continue;
    const second = pieces[1];
    const strengths =
      kind === 'lora'
        ? loraStrengths(pieces)
        : [second ? strength('all', second) : leftOut('all', name.end)];
    tags.push({ kind, name: name.text, start, end: start + match[0].length, strengths });
  }
  return tags;
}

const isOf = (kind: TagKind, name: string) => (tag: AddonTag) =>
  tag.kind === kind && tag.name === name;

/**
 * The sliders of stage `index`: one row for each add-on of any stage, in the order in which the stages
 * name them. A name that comes several times in a stage has what its last tag says, as when it is drawn.
 */
export function strengthRows(prompts: string[], index: number): StrengthRow[] {
  const rows: StrengthRow[] = [];
  const rowOf = ({ kind, name }: AddonTag) => {
    const known = rows.find((row) => row.kind === kind && row.name === name);
    if (known) return known;
    const parts = [{ part: 'all' as const, value: 0 }];
    const row: StrengthRow = { kind, name, here: false, parts };
    rows.push(row);
    return row;
  };
  prompts.forEach((prompt, stage) => {
    for (const tag of addonTags(prompt)) {
      const row = rowOf(tag);
      if (stage !== index) continue;
      row.here = true;
      row.parts = tag.strengths.map(({ part, value }) => ({ part, value }));
    }
  });
  return rows;
}

/** A strength as it is written: at most four digits behind the point. */
export function strengthText(value: number): string {
  return String(Number(value.toFixed(4)));
}

function tagText(kind: TagKind, name: string, value: number): string {
  return `<${kind}:${name}:${strengthText(value)}>`;
}

function behind(prompt: string, added: string, separator: string): string {
  const head = prompt.trim() === emptyPrompt ? '' : prompt.trimEnd();
  if (head === '') return added;
  return separator === ' ' || !head.endsWith(',')
    ? `${head}${separator}${added}`
    : `${head} ${added}`;
}

/** The prompt with another strength; a prompt without the tag gets it at its end. */
export function withStrength(
  prompt: string,
  kind: TagKind,
  name: string,
  part: StrengthPart,
  value: number,
): string {
  const tags = addonTags(prompt).filter(isOf(kind, name));
  if (tags.length === 0) return behind(prompt, tagText(kind, name, value), ' ');
  let text = prompt;
  for (const tag of tags.reverse()) {
    // Of several tags of one name some may have one number only.
    const place = tag.strengths.find((each) => each.part === part) ?? tag.strengths[0];
    if (!place) continue;
    text = text.slice(0, place.start) + place.lead + strengthText(value) + text.slice(place.end);
  }
  return text;
}

/** The prompt without all tags of the name, and without the text right behind one. */
export function withoutTag(prompt: string, kind: TagKind, name: string, behindIt = ''): string {
  let text = prompt;
  for (const tag of addonTags(prompt).filter(isOf(kind, name)).reverse()) {
    let { start, end } = tag;
    if (behindIt !== '' && text.slice(end).trimStart().startsWith(behindIt)) {
      end = text.indexOf(behindIt, end) + behindIt.length;
    }
    if (/\s/.test(text[start - 1] ?? '')) start--;
    else if (start === 0) while (/\s/.test(text[end] ?? '')) end++;
    text = text.slice(0, start) + text.slice(end);
  }
  return text;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** An embedding's word in a prompt, with the brackets of its weight: where it stands. */
function wordPlace(prompt: string, name: string): [number, number] | null {
  const bare = `(?<![\\p{L}\\p{N}_])${escaped(name)}(?![\\p{L}\\p{N}_])`;
  const text = withoutTags(prompt);
  const weighted = new RegExp(`\\(\\s*${bare}\\s*:\\s*[+-]?[\\d.]+\\s*\\)`, 'iu').exec(text);
  const match = weighted ?? new RegExp(bare, 'iu').exec(text);
  return match && [match.index, match.index + match[0].length];
}

/** Takes the word out; a part between commas that held nothing else goes with its comma. */
function withoutWord(prompt: string, name: string): string {
  let text = prompt;
  for (let place = wordPlace(text, name); place; place = wordPlace(text, name)) {
    const before = text.slice(0, place[0]);
    const after = text.slice(place[1]);
    const alone = /(^|,)\s*$/.test(before) && /^\s*(,|$)/.test(after);
    const head = alone ? before.replace(/,?\s*$/, '') : before.trimEnd();
    const tail = alone ? after.replace(/^\s*/, '') : after.replace(/^\s*(?=\S)/, ' ');
    text = head === '' ? tail.replace(/^,?\s*/, '') : head + tail;
  }
  return text;
}

const tagKindOf = (addon: Addon): TagKind => (addon.kind === 'lora' ? 'lora' : 'hypernet');

/** The names by which prompts call it: its own, and the one it was given when it was made. */
function callNames(addon: Addon): string[] {
  return addon.alias === '' ? [addon.name] : [addon.name, addon.alias];
}

export function hasAddon(prompt: string, addon: Addon): boolean {
  if (addon.kind === 'embedding') return wordPlace(prompt, addon.name) !== null;
  const names = callNames(addon);
  return addonTags(prompt).some((tag) => tag.kind === tagKindOf(addon) && names.includes(tag.name));
}

/** Puts it at the end: a LoRA with its preferred strength and the words that it answers to. */
export function withAddon(prompt: string, addon: Addon): string {
  if (hasAddon(prompt, addon)) return prompt;
  if (addon.kind === 'embedding') return behind(prompt, addon.name, ', ');
  const tag = tagText(tagKindOf(addon), addon.name, addon.preferred_weight ?? 1);
  const words = addon.activation === '' ? '' : ` ${addon.activation}`;
  return behind(prompt, tag + words, ' ');
}

export function withoutAddon(prompt: string, addon: Addon): string {
  if (addon.kind === 'embedding') return withoutWord(prompt, addon.name);
  return callNames(addon).reduce(
    (text, name) => withoutTag(text, tagKindOf(addon), name, addon.activation),
    prompt,
  );
}
