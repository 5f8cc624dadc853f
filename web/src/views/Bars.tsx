import { server } from '../state/server';
import { useStore } from '../state/store';

/** What concerns the whole page: the connection, a paused queue, a newer server. */
export function Bars() {
  const connection = useStore(server, (state) => state.connection);
  const paused = useStore(server, (state) => state.queue.paused);
  const refusal = useStore(server, (state) => state.refusal);
  const outdated = useStore(server, (state) => state.outdated);
  return (
    <div class="bars" aria-live="polite">
      {refusal !== '' && (
        <div class="bar bar-wrong" role="alert">
          The page cannot be opened: {refusal}
          <button type="button" class="button" onClick={() => location.reload()}>
            Try again
          </button>
        </div>
      )}
      {connection.state === 'lost' && (
        <div class="bar">
          Connection lost. Runs go on, and what you write is kept.
          <span class="quiet" aria-hidden="true">
            Trying again in {connection.retryInSeconds} s
          </span>
        </div>
      )}
      {paused !== '' && (
        <div class="bar bar-wrong" role="alert">
          The queue is paused: {paused}
        </div>
      )}
      {outdated && (
        <div class="bar">
          The server is newer than this page.
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
    </div>
  );
}
