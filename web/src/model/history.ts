/** What undo and redo go through: values before and after the present one. */
export interface History<Value> {
  past: Value[];
  present: Value;
  future: Value[];
  /** Of the last change: changes of one kind that follow quickly are one step. */
  kind: string;
  time: number;
}

const mergeWithin = 1500;
const depth = 200;

export function begin<Value>(present: Value): History<Value> {
  return { past: [], present, future: [], kind: '', time: 0 };
}

/**
 * Makes `value` the present one. `kind` names the thing that changes ("prompt:3"): typing on is no
 * new step. An empty kind never merges.
 */
export function change<Value>(
  history: History<Value>,
  value: Value,
  kind: string,
  now: number,
): History<Value> {
  if (value === history.present) return history;
  const merges = kind !== '' && kind === history.kind && now - history.time < mergeWithin;
  const past = merges ? history.past : [...history.past, history.present].slice(-depth);
  return { past, present: value, future: [], kind, time: now };
}

export function undo<Value>(history: History<Value>): History<Value> {
  const before = history.past[history.past.length - 1];
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    kind: '',
    time: 0,
  };
}

export function redo<Value>(history: History<Value>): History<Value> {
  const [after, ...future] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future, kind: '', time: 0 };
}
