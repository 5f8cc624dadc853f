import { useEffect, useState } from 'preact/hooks';

import { draggedFiles, dragsFiles, dropFiles } from '../state/drops';

/** Takes pictures that are dropped anywhere, and says so while they are over the page. */
export function DropOverlay() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onOver = (event: DragEvent) => {
      if (!dragsFiles(event)) return;
      event.preventDefault();
      setOver(true);
      clearTimeout(timer);
      timer = setTimeout(() => setOver(false), 200);
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (!dragsFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      void dropFiles(draggedFiles(event), { kind: 'page' });
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('drop', onDrop);
    };
  }, []);
  if (!over) return null;
  return (
    <div class="drop-note" aria-hidden="true">
      Drop pictures: one makes a stage, two a travel between them. On a card it replaces the stage,
      between two cards it makes one there.
    </div>
  );
}
