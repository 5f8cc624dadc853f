import { afterEach, describe, expect, it, vi } from 'vitest';

import { ApiError, call, callUntilAnswered, ConnectionError, newId, retryDelay } from './client';

const answer = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

afterEach(() => vi.unstubAllGlobals());

describe('call', () => {
  it('gives the server’s words and problems', async () => {
    const problems = [{ field: 'steps', message: '"0", expected a whole number from 1 to 1000' }];
    const body = { error: { code: 'invalid_argument', message: 'steps: wrong', problems } };
    vi.stubGlobal('fetch', () => Promise.resolve(answer(422, body)));
    const error = await call('POST', '/jobs', { body: {} }).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code: 'invalid_argument', problems });
  });

  it('says what came where it is no answer of ours', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 500 })));
    await expect(call('GET', '/jobs')).rejects.toThrow('The server answers 500');
  });
});

describe('callUntilAnswered', () => {
  it('repeats the very same request while there is no answer', async () => {
    const sent: unknown[] = [];
    const fetcher = vi.fn((_address: string, init: RequestInit) => {
      sent.push(init.body);
      return sent.length < 3
        ? Promise.reject(new TypeError('gone'))
        : Promise.resolve(answer(201, { id: 'x' }));
    });
    vi.stubGlobal('fetch', fetcher);
    const waits: number[] = [];
    const wait = (seconds: number) => {
      waits.push(seconds);
      return Promise.resolve();
    };
    const job = await callUntilAnswered('POST', '/jobs', { body: { id: 'x' } }, wait);
    expect(job).toEqual({ id: 'x' });
    expect(new Set(sent).size).toBe(1);
    expect(waits).toEqual([1, 2]);
  });

  it('does not repeat what the server has refused', async () => {
    const fetcher = vi.fn(() =>
      Promise.resolve(answer(409, { error: { code: 'conflict', message: 'no' } })),
    );
    vi.stubGlobal('fetch', fetcher);
    await expect(callUntilAnswered('POST', '/jobs', {}, () => Promise.resolve())).rejects.toThrow(
      'no',
    );
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  it('ends when it is aborted', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('gone')));
    const abort = new AbortController();
    const wait = () => {
      abort.abort();
      return Promise.resolve();
    };
    await expect(
      callUntilAnswered('GET', '/jobs', { signal: abort.signal }, wait),
    ).rejects.not.toBeInstanceOf(ConnectionError);
  });
});

it('ids differ and have the letters that the queue takes', () => {
  const ids = Array.from({ length: 100 }, newId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
});

it('waits longer, up to 5 s', () => {
  expect([0, 1, 2, 3, 9].map(retryDelay)).toEqual([1, 2, 3, 5, 5]);
});
