import { createStore } from './store';

export const compareModes = ['slider', 'side by side', 'flicker', 'difference'] as const;
export type CompareMode = (typeof compareModes)[number];

export interface FramePick {
  id: string;
  frame: number;
}

export const compare = createStore<{
  mode: CompareMode;
  a: FramePick | null;
  b: FramePick | null;
  split: number;
}>({
  mode: 'slider',
  a: null,
  b: null,
  split: 50,
});

export function nextMode(): void {
  compare.set((state) => ({
    ...state,
    mode: compareModes[(compareModes.indexOf(state.mode) + 1) % compareModes.length] ?? 'slider',
  }));
}
