import { createStore } from './store';

export interface Message {
  id: number;
  text: string;
  kind: 'info' | 'error';
  time: number;
  action?: { label: string; run: () => void };
}

/** Shown for a while; `log` keeps all of this visit's. */
export const messages = createStore<{ shown: Message[]; log: Message[] }>({ shown: [], log: [] });

const longest = 200;
const shownFor = 10_000;
let lastId = 0;

export function dismiss(id: number): void {
  messages.set((value) => ({ ...value, shown: value.shown.filter((each) => each.id !== id) }));
}

function logged(text: string, kind: Message['kind']): Message {
  lastId += 1;
  const message: Message = { id: lastId, text, kind, time: Date.now() / 1000 };
  messages.set((value) => ({ ...value, log: [...value.log, message].slice(-longest) }));
  return message;
}

/** Keeps what is said elsewhere on the page already. */
export function note(text: string): void {
  logged(text, 'info');
}

/** Says something at the edge of the page; what can be undone brings the button for it. */
export function say(
  text: string,
  options: { kind?: Message['kind']; action?: Message['action'] } = {},
): void {
  const message = logged(text, options.kind ?? 'info');
  const { id } = message;
  if (options.action) {
    const { label, run } = options.action;
    message.action = {
      label,
      run: () => {
        dismiss(id);
        run();
      },
    };
  }
  messages.set((value) => ({
    ...value,
    shown: [...value.shown.filter((each) => each.text !== text), message].slice(-4),
  }));
  setTimeout(() => dismiss(id), options.kind === 'error' ? 2 * shownFor : shownFor);
}

export function sayError(error: unknown): void {
  say(error instanceof Error ? error.message : String(error), { kind: 'error' });
}
