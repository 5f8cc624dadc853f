import { useState } from 'preact/hooks';

import { ApiError } from '../api/client';
import type { Field, Json, Problem } from '../api/types';
import { NumberInput } from '../controls/NumberInput';
import { useFieldTable } from '../controls/useField';
import { say } from '../state/messages';
import { player } from '../state/player';
import { exportVideo, fileAddress, runName } from '../state/runs';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';

/** What makes another video of the same frames. */
const videoFields = ['fps', 'format', 'pad', 'hold', 'ping_pong', 'pick', 'contact_sheet'];

function Control(props: {
  field: Field;
  value: Json;
  id: string;
  describedBy: string;
  onValue: (value: Json) => void;
}) {
  const { field, value, onValue, id } = props;
  const aria = { id, 'aria-describedby': props.describedBy };
  if (field.kind === 'boolean') {
    return (
      <input
        type="checkbox"
        {...aria}
        checked={value === true}
        onChange={(event) => onValue(event.currentTarget.checked)}
      />
    );
  }
  if (field.choices) {
    return (
      <select
        class="select"
        {...aria}
        value={String(value)}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {field.choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === 'integer' || field.kind === 'number') {
    return (
      <NumberInput
        class="input number"
        {...aria}
        step={field.kind === 'integer' ? 1 : 'any'}
        value={value}
        empty=""
        onValue={onValue}
      />
    );
  }
  return (
    <input
      class="input"
      type="text"
      {...aria}
      autoComplete="off"
      value={String(value ?? '')}
      placeholder={field.example && `e.g. ${field.example}`}
      onInput={(event) => onValue(event.currentTarget.value)}
    />
  );
}

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
            return (
              <div key={name} class={field.kind === 'boolean' ? 'field field-check' : 'field'}>
                <label class="field-label" for={`video-${name}`}>
                  {field.label}
                </label>
                <Control
                  field={field}
                  id={`video-${name}`}
                  describedBy={`video-help-${name}`}
                  value={values[name] ?? null}
                  onValue={(value) => setValues({ ...values, [name]: value })}
                />
                <p class="field-help" id={`video-help-${name}`}>
                  {field.help}
                </p>
                {problem !== '' && <p class="field-problem">{problem}</p>}
              </div>
            );
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
