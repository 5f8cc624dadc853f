// Words that the default model knows.

import { withoutTags } from './addonTags';

export interface Piece {
  text: string;
  /** A word that the model does not know. */
  unknown: boolean;
}

const word = /[\p{L}\p{N}][\p{L}\p{N}'-]*/gu;
const grammar = new Set(['AND', 'BREAK']);

/** A prompt cut into pieces, unknown words apart. With no vocabulary everything is known. */
export function markUnknown(prompt: string, known: ReadonlySet<string>): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const add = (text: string, unknown: boolean) => {
    const last = pieces[pieces.length - 1];
    if (last && last.unknown === unknown) last.text += text;
    else if (text !== '') pieces.push({ text, unknown });
  };
  const words = withoutTags(prompt);
  for (const match of known.size > 0 ? words.matchAll(word) : []) {
    const unknown = isUnknown(match[0], known);
    add(prompt.slice(end, match.index), false);
    add(match[0], unknown);
    end = match.index + match[0].length;
  }
  add(prompt.slice(end), false);
  return pieces;
}

function isUnknown(text: string, known: ReadonlySet<string>): boolean {
  return !/^\d/.test(text) && !grammar.has(text) && !known.has(text.toLowerCase());
}

export function unknownWords(prompt: string, known: ReadonlySet<string>): string[] {
  const marked = markUnknown(prompt, known).filter((piece) => piece.unknown);
  return [...new Set(marked.map((piece) => piece.text))];
}

/** Each word of the vocabulary, also of those of several words. */
export function vocabulary(words: string[]): Set<string> {
  return new Set(words.flatMap((each) => each.toLowerCase().split(/[^\p{L}\p{N}'-]+/u)));
}

/** Words of sentences, known to the model but of no use as a tag. */
const fillers = new Set(
  'a an and at has he in is it of on she the there wearing wears with'.split(' '),
);

/** Words to offer: those that go on with what is being typed, or those the prompt does not have. */
export function offeredWords(words: string[], prompt: string, count: number): string[] {
  const typed = (/([^,]*)$/.exec(prompt)?.[1] ?? '').trim().toLowerCase();
  const tags = prompt.toLowerCase().split(/\s*,\s*/);
  const has = new Set([...tags, ...tags.flatMap((tag) => tag.split(/\s+/))]);
  const fresh = words.filter(
    (each) => !fillers.has(each.toLowerCase()) && !has.has(each.toLowerCase()),
  );
  const begun = fresh.filter((each) => each.toLowerCase().startsWith(typed));
  return (typed !== '' && begun.length > 0 ? begun : fresh).slice(0, count);
}

/** Adds a word: instead of its beginning at the end of the prompt, else behind a comma. */
export function addWord(prompt: string, added: string): string {
  const cut = prompt.lastIndexOf(',') + 1;
  const typed = prompt.slice(cut).trim();
  if (typed !== '' && added.toLowerCase().startsWith(typed.toLowerCase())) {
    return `${prompt.slice(0, cut)}${cut > 0 ? ' ' : ''}${added}`;
  }
  const head = prompt.trimEnd().replace(/,$/, '');
  return head === '' ? added : `${head}, ${added}`;
}

/** What replace does between two prompts: tags that go and tags that come. */
export function tagChanges(from: string, to: string): { gone: string[]; come: string[] } {
  const tags = (text: string) =>
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean);
  const [before, after] = [tags(from), tags(to)];
  return {
    gone: before.filter((tag) => !after.includes(tag)),
    come: after.filter((tag) => !before.includes(tag)),
  };
}
