import { useMemo, useRef } from 'preact/hooks';

import { tiesOf } from '../controls/useField';
import { changeWeight, movePart, type TextState } from '../model/promptEdit';
import { markUnknown } from '../model/words';

/** A prompt: unknown words are underlined with dots, keys change weights and move parts. */
export function PromptInput(props: {
  id: string;
  value: string;
  placeholder?: string;
  rows: number;
  known: ReadonlySet<string>;
  problem: string;
  onValue: (text: string) => void;
  onLines?: (text: string) => void;
}) {
  const { value, known, onValue, onLines } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const pieces = useMemo(() => markUnknown(value, known), [value, known]);

  const replace = (next: TextState) => {
    onValue(next.text);
    requestAnimationFrame(() => area.current?.setSelectionRange(next.start, next.end));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { current } = area;
    if (!current) return;
    const state = { text: current.value, start: current.selectionStart, end: current.selectionEnd };
    const up = event.key === 'ArrowUp';
    if (event.ctrlKey && !event.shiftKey && !event.altKey && (up || event.key === 'ArrowDown')) {
      event.preventDefault();
      replace(changeWeight(state, up ? 0.1 : -0.1));
    } else if (
      event.altKey &&
      !event.ctrlKey &&
      (event.key === 'ArrowLeft' || event.key === 'ArrowRight')
    ) {
      event.preventDefault();
      replace(movePart(state, event.key === 'ArrowLeft' ? -1 : 1));
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && onLines) {
      // A stage is one line.
      event.preventDefault();
    }
  };
  return (
    <div class="prompt">
      <div class="prompt-marks" aria-hidden="true">
        {pieces.map((piece, i) => (piece.unknown ? <mark key={i}>{piece.text}</mark> : piece.text))}
        {'\u200b'}
      </div>
      <textarea
        ref={area}
        {...tiesOf(props.id, props.problem)}
        class="input prompt-text"
        rows={props.rows}
        spellcheck={false}
        autoComplete="off"
        placeholder={props.placeholder ?? ''}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const text = event.clipboardData?.getData('text/plain') ?? '';
          const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
          if (onLines && lines.length > 1) {
            event.preventDefault();
            onLines(text);
          }
        }}
      />
    </div>
  );
}
