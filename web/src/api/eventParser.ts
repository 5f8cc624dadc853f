/** One event of a text/event-stream. */
export interface RawEvent {
  name: string;
  data: string;
  id: string | null;
}

/** Cuts a text/event-stream, which comes in pieces of any size, into events. */
export class EventParser {
  private rest = '';
  private name = '';
  private data: string[] = [];
  private id: string | null = null;

  /** The events that this piece completes. Comments are no events. */
  push(piece: string): RawEvent[] {
    const events: RawEvent[] = [];
    const lines = (this.rest + piece).split(/\r\n|\n/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        this.takeLine(line);
      } else if (this.data.length > 0) {
        events.push({ name: this.name || 'message', data: this.data.join('\n'), id: this.id });
        this.forget();
      } else {
        this.forget();
      }
    }
    return events;
  }

  private takeLine(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    if (field === 'data') this.data.push(value);
    if (field === 'id') this.id = value;
  }

  private forget(): void {
    this.name = '';
    this.data = [];
    this.id = null;
  }
}
