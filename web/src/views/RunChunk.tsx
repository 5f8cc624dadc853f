import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Pixels around what can be seen, so that the keyboard always finds a next line. */
const margin = 1000;

/**
 * Some lines of a long list: in the document only while they are near what can be seen, or one of
 * them has the focus; else a space of their height.
 */
export function RunChunk({ lines }: { lines: () => ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  const [near, setNear] = useState(true);
  useEffect(() => {
    const { current } = box;
    if (!current) return undefined;
    const scroller = current.closest('.runs-scroll');
    // On a phone the list does not scroll by itself, the page does.
    const own = scroller !== null && getComputedStyle(scroller).maxHeight !== 'none';
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries[entries.length - 1];
        if (!entry) return;
        if (!entry.isIntersecting && current.contains(document.activeElement)) return;
        if (!entry.isIntersecting) height.current = entry.boundingClientRect.height;
        setNear(entry.isIntersecting);
      },
      { root: own ? scroller : null, rootMargin: `${margin}px 0px` },
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} style={near ? {} : { height: `${height.current}px` }}>
      {near && lines()}
    </div>
  );
}
