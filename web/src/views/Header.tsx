import { ModelControl, VaeControl } from '../controls/ModelControls';
import { messages } from '../state/messages';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui, type Theme } from '../state/ui';
import { useNarrow } from './useMedia';

const themes: { name: Theme; label: string }[] = [
  { name: 'system', label: 'System' },
  { name: 'light', label: 'Light' },
  { name: 'dark', label: 'Dark' },
];

/** The name, the model, how long the queue is, and the page's own switches. */
export function Header() {
  const queue = useStore(server, (state) => state.queue);
  const theme = useStore(ui, (state) => state.theme);
  const log = useStore(messages, (state) => state.log.length);
  const narrow = useNarrow();
  const inQueue = queue.waiting.length;
  return (
    <header class="header">
      <h1>
        <svg viewBox="0 0 32 12" width="32" height="12" aria-hidden="true">
          <circle cx="6" cy="6" r="5" fill="var(--accent)" />
          <circle cx="18" cy="6" r="3.5" fill="var(--accent)" opacity="0.65" />
          <circle cx="27.5" cy="6" r="2.5" fill="var(--accent)" opacity="0.4" />
        </svg>
        Prompt Travel
      </h1>
      {!narrow && (
        <div class="header-models">
          <ModelControl />
          <VaeControl />
        </div>
      )}
      <div class="header-tools">
        <span class="queue-count" title="Runs in work and waiting">
          {queue.current === null && inQueue === 0
            ? 'idle'
            : `${queue.current === null ? '' : 'drawing'}${inQueue > 0 ? `${queue.current === null ? '' : ' · '}${inQueue} queued` : ''}`}
        </span>
        <label>
          <span class="hidden">Colours</span>
          <select
            class="select select-small"
            value={theme}
            onChange={(event) => ui.set({ theme: event.currentTarget.value as Theme })}
          >
            {themes.map((each) => (
              <option key={each.name} value={each.name}>
                {each.label}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button button-quiet" onClick={() => ui.set({ dialog: 'log' })}>
          Messages{log > 0 ? ` ${log}` : ''}
        </button>
        <button
          type="button"
          class="button button-quiet"
          aria-label="Keys"
          title="Keys (?)"
          onClick={() => ui.set({ dialog: 'keys' })}
        >
          ?
        </button>
      </div>
    </header>
  );
}
