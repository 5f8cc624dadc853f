import { useEffect, useRef, useState } from 'preact/hooks';

import {
  choosePreset,
  deletePreset,
  loadPresets,
  presets,
  savePreset,
  undoPreset,
  type Preset,
} from '../state/presets';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';

/** Keeps the form by a name, brings a kept one back, deletes. */
export function PresetsDialog() {
  const { presets: all, loaded, gone } = useStore(presets, (state) => state);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    setProblem('');
    try {
      await action();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  useEffect(() => void attempt(loadPresets), []);
  const replaces = all.some((each) => each.name === name.trim());
  const save = () =>
    attempt(async () => {
      // It would be another address; what else is wrong with a name the server says.
      if (/[/\\]/.test(name)) throw new Error('A name has no / and no \\ in it.');
      await savePreset(name.trim());
      setName('');
    });
  const choose = (preset: Preset) => {
    choosePreset(preset);
    ui.set({ dialog: null });
  };
  // The button that had the focus is gone with its line.
  const remove = (preset: Preset) =>
    attempt(async () => {
      await deletePreset(preset);
      input.current?.focus();
    });
  return (
    <Dialog title="Presets">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() === '') input.current?.focus();
          else void save();
        }}
      >
        <input
          ref={input}
          class="input"
          type="text"
          aria-label="Name for the form as it is"
          aria-invalid={problem !== ''}
          aria-describedby="preset-problem"
          placeholder="A name for the form as it is"
          value={name}
          autoComplete="off"
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          {replaces ? 'Replace' : 'Save'}
        </button>
      </form>
      <div role="alert">
        {problem !== '' && (
          <p class="field-problem" id="preset-problem">
            {problem}
          </p>
        )}
      </div>
      <div role="status" class="preset-said">
        {gone && (
          <>
            <span>
              “{gone.preset.name}” is {gone.how}.
            </span>
            <button type="button" class="button" onClick={() => void attempt(undoPreset)}>
              Undo
            </button>
          </>
        )}
      </div>
      {loaded && all.length === 0 && (
        <p class="quiet">No preset is kept. A preset holds prompts and all settings.</p>
      )}
      <ul class="preset-list" aria-label="Presets">
        {all.map((preset) => (
          <li key={preset.name}>
            <button
              type="button"
              class="preset-name"
              title="Put it into the form"
              onClick={() => choose(preset)}
            >
              {preset.name}
            </button>
            <button
              type="button"
              class="button button-quiet"
              aria-label={`Delete ${preset.name}`}
              onClick={() => void remove(preset)}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
