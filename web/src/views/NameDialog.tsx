import { useState } from 'preact/hooks';

import { runName } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';
import { saveName } from './runMenu';

/** A name for a run; empty: its first words again. */
export function NameDialog() {
  const id = useStore(ui, (state) => state.dialogJob);
  const job = useStore(server, (state) => (id === null ? undefined : state.jobs.get(id)));
  const [name, setName] = useState(job?.name ?? '');
  if (!job) return null;
  return (
    <Dialog title={`Name of ${runName(job).toLowerCase()}`}>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void saveName(job, name);
          ui.set({ dialog: null });
        }}
      >
        <input
          class="input"
          type="text"
          aria-label="Name"
          value={name}
          placeholder={job.title}
          autoComplete="off"
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          Save
        </button>
      </form>
    </Dialog>
  );
}
