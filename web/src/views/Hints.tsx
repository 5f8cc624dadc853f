import { reloadModels } from '../controls/ModelControls';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';

/** The next step, said once, after the first run of all. */
export function Hints() {
  const seen = useStore(ui, (state) => state.hintsSeen);
  const done = useStore(server, (state) =>
    [...state.jobs.values()].some((job) => job.state === 'done'),
  );
  const folder = useStore(server, (state) => state.boot?.models_dirs[0]);
  if (seen || !done) return null;
  return (
    <aside class="hint" aria-label="What next">
      <p>
        Two pictures make a travel between them: drop them on the page, or choose them with{' '}
        <em>From pictures</em>.
      </p>
      {folder !== undefined && (
        <p>
          Your own checkpoint: put it into <code>{folder}</code> and let the server look for it.
        </p>
      )}
      <div class="row">
        <button type="button" class="button" onClick={() => ui.set({ hintsSeen: true })}>
          Understood
        </button>
        {folder !== undefined && (
          <button type="button" class="button" onClick={() => void reloadModels()}>
            Look for models
          </button>
        )}
      </div>
    </aside>
  );
}
