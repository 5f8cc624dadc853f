import { useState } from 'preact/hooks';

import { ApiError } from '../api/client';
import type { Json, Problem } from '../api/types';
import { FieldRow } from '../controls/FieldControl';
import { tiesOf, useFieldTable } from '../controls/useField';
import { say } from '../state/messages';
import { player } from '../state/player';
import { exportVideo, fileAddress, runName } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';

/** What makes another video of the same frames. */
const videoFields = ['fps', 'format', 'pad', 'hold', 'ping_pong', 'pick', 'contact_sheet'];

/** Another video from the frames of a run, without drawing. */
export function VideoDialog() {
  const id = useStore(ui, (state) => state.dialogJob);
  const job = useStore(server, (state) => (id === null ? undefined : state.jobs.get(id)));
  const table = useFieldTable();
  const [values, setValues] = useState<Record<string, Json>>(() =>
    Object.fromEntries(
      videoFields.map((name) => [name, job?.request[name] ?? table.get(name)?.default ?? null]),
    ),
  );
  const [problems, setProblems] = useState<Problem[]>([]);
  const [busy, setBusy] = useState(false);
  if (!job) return null;

  const make = async () => {
    setBusy(true);
    setProblems([]);
    try {
      const file = await exportVideo(job, values);
      ui.set({ dialog: null });
      say(`${file} was made of the frames of ${runName(job).toLowerCase()}.`, {
        action: { label: 'Download', run: () => location.assign(fileAddress(job, file)) },
      });
      player.set({ view: 'video', playing: false });
    } catch (error) {
      const told = error instanceof ApiError ? error.problems : [];
      document.getElementById(`video-${told[0]?.field ?? ''}`)?.focus();
      setProblems(
        told.length > 0
          ? told
          : [{ field: '', message: error instanceof Error ? error.message : String(error) }],
      );
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Video of ${runName(job).toLowerCase()}`}>
      <p class="quiet">Made of the frames that are there; nothing is drawn.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <div class="grid">
          {videoFields.map((name) => {
            const field = table.get(name);
            if (!field) return null;
            const problem = problems.find((each) => each.field === name)?.message ?? '';
            const use = {
              field,
              problem,
              value: values[name] ?? null,
              set: (value: Json) => setValues({ ...values, [name]: value }),
              aria: { ...tiesOf(`video-${name}`, problem), name },
            };
            return <FieldRow key={name} use={use} />;
          })}
        </div>
        {problems
          .filter((each) => !videoFields.includes(each.field))
          .map((each) => (
            <p key={each.message} class="field-problem" role="alert">
              {each.message}
            </p>
          ))}
        <div class="row dialog-foot">
          <button type="submit" class="button button-run" disabled={busy}>
            {busy ? 'Making the video…' : 'Make the video'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
