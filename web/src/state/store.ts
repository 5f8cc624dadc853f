import { useEffect, useState } from 'preact/hooks';

/** A value that components follow: replaced as a whole, never changed in place. */
export interface Store<Value> {
  get: () => Value;
  set: (change: Partial<Value> | ((value: Value) => Value)) => void;
  subscribe: (listener: () => void) => () => void;
}

export function createStore<Value extends object>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(change) {
      const next = typeof change === 'function' ? change(value) : { ...value, ...change };
      if (next === value) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A part of a store; the component is drawn again when that part is another one. */
export function useStore<Value, Part>(store: Store<Value>, select: (value: Value) => Part): Part {
  const selected = select(store.get());
  const [, redraw] = useState({});
  useEffect(() => {
    // Something may have changed between drawing and now.
    let last = selected;
    const look = () => {
      const now = select(store.get());
      if (!Object.is(now, last)) {
        last = now;
        redraw({});
      }
    };
    look();
    return store.subscribe(look);
  });
  return selected;
}
