import { useEffect, useState } from 'preact/hooks';

import type { Job } from '../api/types';
import { server } from '../state/server';
import { useStore } from '../state/store';

/** The frame in work as it becomes clear. A new look fades in over the one before. */
export function LivePreview({ job, small }: { job: Job; small: boolean }) {
  const preview = useStore(server, (state) =>
    state.preview?.id === job.id ? state.preview : null,
  );
  const [shown, setShown] = useState<string[]>([]);
  const address = preview ? `/api/v1/preview?n=${preview.number}` : null;
  useEffect(() => {
    if (address === null) {
      setShown([]);
      return undefined;
    }
    // Loaded before it is shown, so that nothing flickers; slow pages skip some.
    const image = new Image();
    image.onload = () => setShown((now) => [...now, address].slice(-2));
    image.src = address;
    return () => {
      image.onload = null;
    };
  }, [address]);
  if (shown.length === 0 || !preview) return null;
  const what = preview.frame === null ? 'A picture on the way' : `Frame ${preview.frame}`;
  const text = `${what}, step ${preview.step} of ${preview.steps}`;
  return (
    <figure class={small ? 'live live-small' : 'live'}>
      {shown.map((each, i) => (
        <img
          key={each}
          src={each}
          alt={i === shown.length - 1 ? `${text}, still being drawn` : ''}
        />
      ))}
      <figcaption>{small ? `step ${preview.step}/${preview.steps}` : text}</figcaption>
    </figure>
  );
}
