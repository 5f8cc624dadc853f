import { useEffect, useState } from 'preact/hooks';

import { useStore } from '../state/store';
import { ui } from '../state/ui';

/** Whether a media query holds, followed. */
function useMedia(query: MediaQueryList): boolean {
  const [matches, setMatches] = useState(query.matches);
  useEffect(() => {
    const look = () => setMatches(query.matches);
    look();
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, [query]);
  return matches;
}

const narrow = window.matchMedia('(max-width: 639px)');
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is laid out for a phone. */
export function useNarrow(): boolean {
  return useMedia(narrow);
}

/** Whether the page is dark: chosen here, or the system's wish. */
export function useDark(): boolean {
  const theme = useStore(ui, (state) => state.theme);
  const wished = useMedia(dark);
  return theme === 'system' ? wished : theme === 'dark';
}
