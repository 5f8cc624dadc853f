import { dismiss, messages } from '../state/messages';
import { useStore } from '../state/store';

/** Messages of the last seconds; all of them are kept under "Messages". */
export function Toasts() {
  const shown = useStore(messages, (state) => state.shown);
  return (
    <div class="toasts">
      <div role="status" aria-live="polite">
        {shown
          .filter((each) => each.kind === 'info')
          .map((each) => (
            <Toast key={each.id} id={each.id} />
          ))}
      </div>
      <div role="alert">
        {shown
          .filter((each) => each.kind === 'error')
          .map((each) => (
            <Toast key={each.id} id={each.id} />
          ))}
      </div>
    </div>
  );
}

function Toast({ id }: { id: number }) {
  const message = useStore(messages, (state) => state.shown.find((each) => each.id === id));
  if (!message) return null;
  return (
    <div class={message.kind === 'error' ? 'toast toast-wrong' : 'toast'}>
      <span>{message.text}</span>
      {message.action && (
        <button type="button" class="button" onClick={message.action.run}>
          {message.action.label}
        </button>
      )}
      <button
        type="button"
        class="button button-icon button-quiet"
        aria-label="Close message"
        onClick={() => dismiss(id)}
      >
        ×
      </button>
    </div>
  );
}
