import { useState } from 'preact/hooks';

import type { Target } from '../model/pictures';
import { draggedFiles, dragsFiles, dropFiles } from '../state/drops';

/** Lets an element take dropped pictures: whether some are over it, and its handlers. */
export function useDropTarget(target: Target) {
  const [over, setOver] = useState(false);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!dragsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!dragsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      void dropFiles(draggedFiles(event), target);
    },
  };
  return { over, handlers };
}
