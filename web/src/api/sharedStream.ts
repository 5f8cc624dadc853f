import { EventStream, type Connection, type StreamHandlers } from './eventStream';
import type { ServerEvent } from './types';

type Message =
  | { kind: 'event'; event: ServerEvent }
  | { kind: 'connection'; connection: Connection }
  | { kind: 'hello' };

const channelName = 'prompt-travel-events';

/**
 * The server's events, with one connection for all tabs: browsers allow six to one host. The tab that
 * holds the lock reads and passes on; when it closes another one takes over. Where there are no locks
 * (a page that is not from this machine, without TLS) each tab reads for itself while it is visible.
 */
export function followServer(handlers: StreamHandlers): void {
  if (navigator.locks && typeof BroadcastChannel === 'function') {
    shareStream(handlers);
  } else {
    readWhileVisible(handlers);
  }
}

function shareStream(handlers: StreamHandlers): void {
  const channel = new BroadcastChannel(channelName);
  let reading = false;
  let connection: Connection = { state: 'connecting' };
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'event') handlers.onEvent(data.event);
    if (data.kind === 'connection') handlers.onConnection(data.connection);
    if (data.kind === 'hello' && reading) channel.postMessage({ kind: 'connection', connection });
  };
  channel.postMessage({ kind: 'hello' } satisfies Message);
  void navigator.locks.request(channelName, () => {
    reading = true;
    const stream = new EventStream({
      onEvent: (event) => {
        handlers.onEvent(event);
        channel.postMessage({ kind: 'event', event } satisfies Message);
      },
      onConnection: (now) => {
        connection = now;
        handlers.onConnection(now);
        channel.postMessage({ kind: 'connection', connection: now } satisfies Message);
      },
    });
    stream.start();
    // Held until the tab closes.
    return new Promise(() => {});
  });
}

function readWhileVisible(handlers: StreamHandlers): void {
  const stream = new EventStream(handlers);
  const follow = () => {
    if (document.visibilityState === 'visible') {
      stream.start();
    } else {
      stream.stop();
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}
