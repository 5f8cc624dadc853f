import { storage } from './storage';
import { createStore } from './store';

export type Theme = 'system' | 'light' | 'dark';

export interface Ui {
  theme: Theme;
  /** Single letters act as keys. */
  letterKeys: boolean;
  /** What lies over the page. */
  dialog: 'keys' | 'log' | 'video' | 'name' | 'presets' | 'mask' | 'model' | 'vae' | null;
  /** The run that the dialog is about. */
  dialogJob: string | null;
  textView: boolean;
  /** The stage whose editor is open. */
  stage: string | null;
  openSections: string[];
  /** Hints that were shown once. */
  hintsSeen: boolean;
}

const kept = (storage.read('ui') ?? {}) as Partial<Ui>;

export const ui = createStore<Ui>({
  theme: kept.theme ?? 'system',
  letterKeys: kept.letterKeys ?? true,
  dialog: null,
  dialogJob: null,
  textView: kept.textView ?? false,
  stage: null,
  openSections: kept.openSections ?? [],
  hintsSeen: kept.hintsSeen ?? false,
});

export function showTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

ui.subscribe(() => {
  const { theme, letterKeys, textView, openSections, hintsSeen } = ui.get();
  storage.write('ui', { theme, letterKeys, textView, openSections, hintsSeen });
  showTheme(theme);
});

export function toggleSection(id: string, open: boolean): void {
  const others = ui.get().openSections.filter((each) => each !== id);
  ui.set({ openSections: open ? [...others, id] : others });
}

const motion = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the visitor wants no movement that was not asked for. */
export function reducedMotion(): boolean {
  return motion.matches;
}
