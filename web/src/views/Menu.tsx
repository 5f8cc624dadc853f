import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  label: string;
  run?: () => void;
  /** A download instead of an action. */
  href?: string;
  download?: string;
  danger?: boolean;
}

/** Puts the list over everything, below its button or above it, where there is more room. */
function placeMenu(menu: HTMLElement, button: HTMLElement): void {
  menu.showPopover?.();
  const at = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const below = at.bottom + 4 + offsetHeight <= innerHeight || at.top < innerHeight / 2;
  const top = below ? at.bottom + 4 : Math.max(8, at.top - 4 - offsetHeight);
  menu.style.top = `${top}px`;
  menu.style.maxHeight = `${below ? innerHeight - top - 8 : at.top - 12}px`;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - offsetWidth - 8))}px`;
}

/** A button that opens a list of actions. Arrow keys go through it, Escape closes it. */
export function Menu(props: {
  label: string;
  button: ComponentChildren;
  items: MenuItem[];
  class?: string;
}) {
  const [open, setOpen] = useState(false);
  const popup = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return undefined;
    if (popup.current && opener.current) placeMenu(popup.current, opener.current);
    box.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const gone = (event: Event) => {
      if (!popup.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    document.addEventListener('scroll', gone, true);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('scroll', gone, true);
    };
  }, [open]);

  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const items = Array.from(box.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? []);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const goTo: Record<string, number> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const next = goTo[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') setOpen(false);
    else if (next !== undefined) items[next]?.focus();
    else return;
    event.stopPropagation();
    if (event.key !== 'Tab') event.preventDefault();
  };
  return (
    <div class="menu" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={opener}
        type="button"
        class={props.class ?? 'button'}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={props.label}
        title={props.label}
        onClick={() => setOpen(!open)}
      >
        {props.button}
      </button>
      {open && (
        <div ref={popup} class="menu-list" popover="manual" role="menu" aria-label={props.label}>
          {props.items.map((item) =>
            item.href === undefined ? (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                tabIndex={-1}
                class={item.danger ? 'menu-item danger' : 'menu-item'}
                onClick={() => {
                  close();
                  item.run?.();
                }}
              >
                {item.label}
              </button>
            ) : (
              <a
                key={item.label}
                role="menuitem"
                tabIndex={-1}
                class="menu-item"
                href={item.href}
                download={item.download ?? ''}
                onClick={() => setTimeout(close, 0)}
              >
                {item.label}
              </a>
            ),
          )}
        </div>
      )}
    </div>
  );
}
