import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { ui } from '../state/ui';

/** A window over the page, closed by Escape, by its button, or by a click beside it. */
export function Dialog(props: { title: string; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = element;
    if (current && !current.open) current.showModal();
    return () => current?.close();
  }, []);
  const close = () => ui.set({ dialog: null });
  // A text that is marked by dragging out of the window ends beside it, too.
  const beganBeside = useRef(false);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-label={props.title}
      onClose={close}
      onPointerDown={(event) => (beganBeside.current = event.target === element.current)}
      onClick={(event) => {
        if (beganBeside.current && event.target === element.current) close();
      }}
    >
      <div class="dialog-inner">
        <header class="panel-head">
          <h2>{props.title}</h2>
          <button type="button" class="button" onClick={close}>
            Close
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
