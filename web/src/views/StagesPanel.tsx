import { useRef } from 'preact/hooks';

import { dropFiles } from '../state/drops';
import { form, update } from '../state/form';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { useCounts } from './RunBar';
import { StageEditor } from './StageEditor';
import { StageTrack } from './StageTrack';
import { TextView } from './TextView';
import { useNarrow } from './useMedia';

/** The stages, as cards on a track or as text, and the editor of the chosen one. */
export function StagesPanel() {
  const text = useStore(ui, (state) => state.textView);
  const keepTotal = useStore(form, (state) => state.history.present.keepTotal);
  const notes = useStore(form, (state) => state.dry?.notes);
  const counts = useCounts();
  const narrow = useNarrow();
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <section class="stages" aria-label="Travel">
      <header class="panel-head stages-head">
        <h2>Stages</h2>
        <p class="counts" aria-live="off">
          {counts.frames} · {counts.film} · {counts.time}
        </p>
        <div class="row">
          {!text && !narrow && (
            <label class="check check-small">
              <input
                type="checkbox"
                checked={keepTotal}
                aria-describedby="keep-total-help"
                onChange={(event) => {
                  const { checked } = event.currentTarget;
                  update((now) => ({ ...now, keepTotal: checked }));
                }}
              />
              <span>Keep total</span>
            </label>
          )}
          <button
            type="button"
            class="button button-quiet"
            onClick={() => chooser.current?.click()}
          >
            From pictures…
          </button>
          <button
            type="button"
            class="button button-quiet"
            aria-haspopup="dialog"
            onClick={() => ui.set({ dialog: 'presets' })}
          >
            Presets…
          </button>
          <button
            type="button"
            class="button button-quiet"
            aria-pressed={text}
            onClick={() => ui.set({ textView: !text })}
          >
            Text
          </button>
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            accept="image/png,image/jpeg,image/webp"
            aria-label="Pictures for stages"
            onChange={(event) => {
              void dropFiles(Array.from(event.currentTarget.files ?? []), { kind: 'page' });
              event.currentTarget.value = '';
            }}
          />
        </div>
      </header>
      {!text && !narrow && (
        <p class="quiet keep-total-help" id="keep-total-help">
          {keepTotal
            ? 'Dragging a card sideways takes its frames from the gap behind it: the film stays as long.'
            : 'Dragging a card sideways changes one gap: the film gets longer or shorter.'}
        </p>
      )}
      {text ? (
        <TextView />
      ) : (
        <>
          <StageTrack />
          <StageEditor />
        </>
      )}
      {notes && notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
