import { useEffect, useRef, useState } from 'preact/hooks';

import { server } from '../state/server';
import { useStore } from '../state/store';
import { reducedMotion } from '../state/ui';

/** Before the first run: a finished travel plays, so that one sees what the program makes. */
export function Example() {
  const example = useStore(server, (state) => state.boot?.example);
  const video = useRef<HTMLVideoElement>(null);
  const [still, setStill] = useState(reducedMotion);
  useEffect(() => {
    // A browser may not want to play by itself.
    if (still) video.current?.pause();
    else video.current?.play().catch(() => setStill(true));
  }, [still]);
  if (!example) return null;
  return (
    <section class="panel result" aria-label="Example">
      <header class="result-head">
        <div class="result-title">
          <h2>A travel between two prompts</h2>
          <p class="quiet">Press Run and yours is drawn here, frame by frame.</p>
        </div>
        <div class="example-side">
          <span class="badge">example</span>
          <button type="button" class="button" onClick={() => setStill(!still)}>
            {still ? 'Play' : 'Pause'}
          </button>
        </div>
      </header>
      <div class="stagebox">
        <video
          ref={video}
          class="video"
          src={example.video}
          loop
          muted
          playsInline
          aria-label="Example: a girl with red hair in a forest becomes a girl with blue hair on a beach"
        />
      </div>
    </section>
  );
}
