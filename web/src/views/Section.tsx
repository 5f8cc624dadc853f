import type { ComponentChildren } from 'preact';

import { useStore } from '../state/store';
import { toggleSection, ui } from '../state/ui';

/** A part of the settings that can be closed; its heading says what is in it. */
export function Section(props: {
  id: string;
  title: string;
  summary: string;
  problems: number;
  children: ComponentChildren;
}) {
  const open = useStore(ui, (state) => state.openSections.includes(props.id));
  return (
    <details
      class="section"
      open={open}
      onToggle={(event) => toggleSection(props.id, event.currentTarget.open)}
    >
      <summary>
        <span class="section-title">{props.title}</span>
        <span class="section-summary">{props.summary}</span>
        {props.problems > 0 && (
          <span class="section-problems">
            {props.problems} {props.problems === 1 ? 'problem' : 'problems'}
          </span>
        )}
      </summary>
      {open && <div class="section-body">{props.children}</div>}
    </details>
  );
}
