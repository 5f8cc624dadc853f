import { apiRoot, retryDelay } from './client';
import { EventParser } from './eventParser';
import { parseJson } from './json';
import type { ServerEvent } from './types';

export type Connection =
  { state: 'connecting' } | { state: 'open' } | { state: 'lost'; retryInSeconds: number };

export interface StreamHandlers {
  onEvent: (event: ServerEvent) => void;
  onConnection: (connection: Connection) => void;
}

/** The server sends a comment every 15 s; after this long without a byte the line is dead. */
const silenceLimit = 40_000;

/**
 * Reads /api/v1/events and goes on after interruptions where it stopped (Last-Event-ID). It is read
 * with fetch, because EventSource neither tells when it will try again nor takes an id to begin with.
 */
export class EventStream {
  private readonly handlers: StreamHandlers;
  private abort: AbortController | null = null;
  private lastId: string | null = null;

  constructor(handlers: StreamHandlers) {
    this.handlers = handlers;
  }

  start(): void {
    if (this.abort) return;
    this.abort = new AbortController();
    void this.run(this.abort.signal);
  }

  /** Ends the connection; start() goes on behind the last event. */
  stop(): void {
    this.abort?.abort();
    this.abort = null;
  }

  private async run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted;) {
      this.handlers.onConnection({ state: 'connecting' });
      try {
        await this.readOnce(signal, () => (attempt = 0));
      } catch {
        // Said below: whatever ended the stream, the next thing is to try again.
      }
      for (let left = retryDelay(attempt++); left > 0 && !signal.aborted; left--) {
        this.handlers.onConnection({ state: 'lost', retryInSeconds: left });
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  /** A listener's own fault ends neither the stream nor is it taken for a lost connection. */
  private tell(event: ServerEvent): void {
    try {
      this.handlers.onEvent(event);
    } catch (error) {
      reportError(error);
    }
  }

  private async readOnce(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const attempt = new AbortController();
    const giveUp = () => attempt.abort();
    signal.addEventListener('abort', giveUp);
    let watchdog = setTimeout(giveUp, silenceLimit);
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.lastId !== null) headers['Last-Event-ID'] = this.lastId;
      const response = await fetch(`${apiRoot}/events`, {
        headers,
        signal: attempt.signal,
        cache: 'no-store',
      });
      if (!response.ok || !response.body) throw new Error(`events: ${response.status}`);
      onOpen();
      this.handlers.onConnection({ state: 'open' });
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const parser = new EventParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(giveUp, silenceLimit);
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          if (event.id !== null) this.lastId = event.id;
          this.tell({ name: event.name, data: parseJson(event.data) } as ServerEvent);
        }
      }
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', giveUp);
      attempt.abort();
    }
  }
}
