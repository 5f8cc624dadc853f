import { server } from '../state/server';
import { useStore } from '../state/store';
import { reducedMotion } from '../state/ui';

/** Before the first run: a finished travel plays, so that one sees what the program makes. */
export function Example() {
  const example = useStore(server, (state) => state.boot?.example);
  const still = reducedMotion();
  if (!example) return null;
  return (
    <section class="panel result" aria-label="Example">
      <header class="result-head">
        <div class="result-title">
          <h2>A travel between two prompts</h2>
          <p class="quiet">Press Run and yours is drawn here, frame by frame.</p>
        </div>
        <span class="badge">example</span>
      </header>
      <div class="stagebox">
        <video
          class="video"
          src={example.video}
          autoPlay={!still}
          controls={still}
          loop
          muted
          playsInline
          aria-label="Example: a girl with red hair in a forest becomes a girl with blue hair on a beach"
        />
      </div>
    </section>
  );
}
