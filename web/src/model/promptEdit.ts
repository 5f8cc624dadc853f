// The two things that keys do in a prompt: change a weight, move a part.

/** A text with a selection. */
export interface TextState {
  text: string;
  start: number;
  end: number;
}

const delimiters = /[\s,.()[\]{}:|<>"]/;

function wordAt(text: string, place: number): [number, number] {
  let start = place;
  let end = place;
  while (start > 0 && !delimiters.test(text[start - 1] ?? ' ')) start--;
  while (end < text.length && !delimiters.test(text[end] ?? ' ')) end++;
  return [start, end];
}

/** The brackets `(…:weight)` right around a range, or nothing. */
function weightAround(
  text: string,
  start: number,
  end: number,
): { weight: number; close: number } | null {
  if (text[start - 1] !== '(') return null;
  const match = /^:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)/.exec(text.slice(end));
  return match ? { weight: Number(match[1]), close: end + match[0].length } : null;
}

/** Inside `(some words:1.2)` the place means the whole of it, as in the web UI. */
function bracketAt(text: string, place: number): [number, number] | null {
  const open = text.lastIndexOf('(', place - 1);
  if (open < 0 || text.slice(open, place).includes(')')) return null;
  const match = /^[^()]*?(?=:\s*[+-]?[\d.]+\s*\))/.exec(text.slice(open + 1));
  if (!match) return null;
  const end = open + 1 + match[0].length;
  const close = text.indexOf(')', end);
  return place <= close ? [open + 1, end] : null;
}

/** Ctrl+Up and Ctrl+Down: the weight of the selection, or of the word at the cursor, by `delta`. */
export function changeWeight(state: TextState, delta: number): TextState {
  const { text } = state;
  let [start, end] = [state.start, state.end];
  if (start === end) {
    [start, end] = bracketAt(text, start) ?? wordAt(text, start);
  } else {
    while (end > start && /\s/.test(text[end - 1] ?? '')) end--;
    while (end > start && /\s/.test(text[start] ?? '')) start++;
  }
  if (start === end) return state;
  const around = weightAround(text, start, end);
  const weight = Number(((around?.weight ?? 1) + delta).toFixed(2));
  const before = text.slice(0, around ? start - 1 : start);
  const after = text.slice(around ? around.close : end);
  const inner = text.slice(start, end);
  if (weight === 1) {
    return {
      text: before + inner + after,
      start: before.length,
      end: before.length + inner.length,
    };
  }
  return {
    text: `${before}(${inner}:${weight})${after}`,
    start: before.length + 1,
    end: before.length + 1 + inner.length,
  };
}

/** Alt+Left and Alt+Right: the part between commas at the cursor changes places with its neighbour. */
export function movePart(state: TextState, direction: 1 | -1): TextState {
  const parts = state.text.split(',');
  let at = 0;
  let from = 0;
  while (at < parts.length - 1 && from + (parts[at] ?? '').length < state.start) {
    from += (parts[at] ?? '').length + 1;
    at++;
  }
  const to = at + direction;
  const moved = parts[at];
  const other = parts[to];
  if (moved === undefined || other === undefined) return state;
  // The space behind a comma belongs to the place, not to the part.
  const lead = (part: string) => /^\s*/.exec(part)?.[0] ?? '';
  parts[at] = lead(moved) + other.trimStart();
  parts[to] = lead(other) + moved.trimStart();
  const start = parts.slice(0, to).reduce((sum, part) => sum + part.length + 1, 0);
  const cursor = start + (parts[to] ?? '').length;
  return { text: parts.join(','), start: cursor, end: cursor };
}
