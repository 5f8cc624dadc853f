import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { ui } from '../state/ui';

/**
 * A window over the page, closed by Escape, by its button, or by a click beside it, unless
 * `mayClose` refuses.
 */
export function Dialog(props: {
  title: string;
  wide?: boolean;
  mayClose?: () => boolean;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = element;
    if (current && !current.open) current.showModal();
    return () => current?.close();
  }, []);
  const close = () => ui.set({ dialog: null });
  const mayClose = () => props.mayClose?.() ?? true;
  const ask = () => {
    if (mayClose()) close();
  };
  useEffect(() => {
    // Browsers let `cancel` refuse once only: at a second Escape they close without asking.
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !mayClose()) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
  // A text that is marked by dragging out of the window ends beside it, too.
  const beganBeside = useRef(false);
  return (
    <dialog
      ref={element}
      class={props.wide ? 'dialog dialog-wide' : 'dialog'}
      aria-label={props.title}
      onClose={close}
      onCancel={(event) => {
        if (!mayClose()) event.preventDefault();
      }}
      onPointerDown={(event) => (beganBeside.current = event.target === element.current)}
      onClick={(event) => {
        if (beganBeside.current && event.target === element.current) ask();
      }}
    >
      <div class="dialog-inner">
        <header class="panel-head">
          <h2>{props.title}</h2>
          <button type="button" class="button" onClick={ask}>
            Close
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
