import { useEffect, useState } from 'preact/hooks';

import { isPassing, retryDelay } from '../api/client';

export interface Asked<Answer> {
  answer: Answer | null;
  /** Why there is none; empty while it may still come. */
  problem: string;
}

/**
 * What `ask` comes to, asked once for each `key`, and again while the server cannot be reached. An
 * answer to an older key is never shown; its request is given up.
 */
export function useAnswer<Answer>(
  key: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Asked<Answer> {
  const [asked, setAsked] = useState<Asked<Answer> & { key: string }>({
    key,
    answer: null,
    problem: '',
  });
  useEffect(() => {
    const giveUp = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const attempt = async (number: number): Promise<void> => {
      try {
        const answer = await ask(giveUp.signal);
        if (!giveUp.signal.aborted) setAsked({ key, answer, problem: '' });
      } catch (error) {
        if (giveUp.signal.aborted) return;
        if (isPassing(error)) {
          timer = setTimeout(() => void attempt(number + 1), retryDelay(number) * 1000);
        } else {
          const problem = error instanceof Error ? error.message : String(error);
          setAsked({ key, answer: null, problem });
        }
      }
    };
    void attempt(0);
    return () => {
      giveUp.abort();
      clearTimeout(timer);
    };
  }, [key]);
  return asked.key === key ? asked : { answer: null, problem: '' };
}
