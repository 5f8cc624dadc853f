import { server } from '../state/server';
import { useStore } from '../state/store';

/** What concerns the whole page: the connection, a paused queue, a newer server. */
export function Bars() {
  const connection = useStore(server, (state) => state.connection);
  const paused = useStore(server, (state) => state.queue.paused);
  const outdated = useStore(server, (state) => state.outdated);
  return (
    <div class="bars">
      {connection.state === 'lost' && (
        <div class="bar" role="status">
          Connection lost, trying again in {connection.retryInSeconds} s. The run goes on, and what
          you write is kept.
        </div>
      )}
      {paused !== '' && (
        <div class="bar bar-wrong" role="alert">
          The queue is paused: {paused}
        </div>
      )}
      {outdated && (
        <div class="bar" role="status">
          The server is newer than this page.
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload
          </button>
        </div>
      )}
    </div>
  );
}
