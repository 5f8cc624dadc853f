import { parseJson } from './json';
import type { ApiProblem, Problem } from './types';

/** An answer of the server that is no success: its own words, and problems by field. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problems: Problem[];

  constructor(status: number, error: ApiProblem) {
    super(error.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = error.code;
    this.problems = error.problems ?? [];
  }
}

/** No answer at all: the server is gone, or the way to it. */
export class ConnectionError extends Error {
  constructor() {
    super('The server does not answer');
    this.name = 'ConnectionError';
  }
}

export const apiRoot = '/api/v1';

export interface CallOptions {
  /** Sent as JSON, or as it is when it is a Blob. */
  body?: unknown;
  signal?: AbortSignal;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body = parseJson(await response.text()) as { error?: ApiProblem };
    if (body.error) return new ApiError(response.status, body.error);
  } catch {
    // Not ours: a proxy's page, or an answer cut short.
  }
  const message = `The server answers ${response.status} ${response.statusText}`.trim();
  return new ApiError(response.status, { code: 'unknown', message });
}

/** As fetch; throws ConnectionError where there is no answer. */
async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ConnectionError();
  }
}

/** A text file of the server, null where it is not there; throws as call. */
export async function readText(address: string, signal: AbortSignal): Promise<string | null> {
  const response = await send(address, { signal });
  if (response.status === 404) return null;
  if (!response.ok) throw await errorOf(response);
  return response.text();
}

/** One request to /api/v1; throws ApiError, ConnectionError, or AbortError. */
export async function call<Answer>(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const { body, signal } = options;
  const init: RequestInit = { method };
  if (signal) init.signal = signal;
  if (body instanceof Blob) {
    init.body = body;
    init.headers = { 'Content-Type': body.type || 'application/octet-stream' };
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  const response = await send(apiRoot + path, init);
  if (!response.ok) throw await errorOf(response);
  if (response.status === 204) return undefined as Answer;
  return parseJson(await response.text()) as Answer;
}

/** Seconds before the next try, growing to 5. */
export function retryDelay(attempt: number): number {
  return [1, 2, 3, 5][Math.min(attempt, 3)] ?? 5;
}

/** Whether asking again may help: no answer, or a gateway that has none. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    (error instanceof ApiError && (error.status === 502 || error.status === 504))
  );
}

/**
 * The same request again and again until the server answers. Only for what may be repeated: reading,
 * or actions with an id that the client made.
 */
export async function callUntilAnswered<Answer>(
  method: string,
  path: string,
  options: CallOptions = {},
  wait: (seconds: number) => Promise<void> = (seconds) =>
    new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call<Answer>(method, path, options);
    } catch (error) {
      if (!isPassing(error) || options.signal?.aborted) throw error;
    }
    await wait(retryDelay(attempt));
  }
}

/** An id for a new job: 22 letters and digits, drawn at random. Works without a secure context. */
export function newId(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  return Array.from(bytes, (byte) => letters[byte % letters.length]).join('');
}
