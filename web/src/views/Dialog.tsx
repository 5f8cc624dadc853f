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
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-label={props.title}
      onClose={close}
      onClick={(event) => {
        if (event.target === element.current) close();
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
