import { setSteps } from '../model/edit';
import { ease } from '../model/travel';
import { tagChanges } from '../model/words';
import { NumberInput } from '../controls/NumberInput';
import { doc, update } from '../state/form';
import { useDropTarget } from './useDropTarget';

function easePath(name: string): string {
  const points = Array.from({ length: 21 }, (_, i) => {
    const t = i / 20;
    return `${(t * 100).toFixed(1)} ${(22 - ease(name, t) * 20).toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}

/** What the mode does in this gap, shortly. */
function modeNote(mode: string, from: string, to: string, iterations: number): string {
  if (mode === 'replace') {
    const { gone, come } = tagChanges(from, to);
    return `−${gone.length} +${come.length} parts`;
  }
  return mode === 'grad' ? `× ${iterations} step${iterations === 1 ? '' : 's'}` : '';
}

/** The way between two stages: its number of frames, its speed, a place to drop a picture. */
export function GapBar(props: { index: number; width: number | null; closing?: boolean }) {
  const { index, width, closing } = props;
  const { stages, values } = doc();
  const stage = stages[index];
  const between = !closing && stage !== undefined;
  const { over, handlers } = useDropTarget(
    between ? { kind: 'gap', before: stage.key } : { kind: 'page' },
  );
  const from = stages[closing ? stages.length - 1 : index - 1];
  if (!stage || !from) return null;
  const easing = String(values.easing ?? 'linear');
  const note = modeNote(
    String(values.mode ?? 'linear'),
    from.prompt,
    stage.prompt,
    Number(values.grad_iter ?? 1),
  );
  const label = closing
    ? `Steps from the last stage back to the first`
    : `Steps between stages ${index} and ${index + 1}`;
  const set = (steps: number) =>
    update((now) => setSteps(now, stage.key, steps), `steps:${stage.key}`);
  return (
    <div
      class={`gap${over ? ' drop-here' : ''}${closing ? ' gap-closing' : ''}`}
      style={width === null ? {} : { width: `${width}px` }}
      {...handlers}
    >
      {easing !== 'linear' && (
        <svg class="gap-ease" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
          <path d={easePath(easing)} vector-effect="non-scaling-stroke" />
        </svg>
      )}
      <div class="gap-steps">
        <button
          type="button"
          class="gap-button"
          aria-label={`One fewer: ${label.toLowerCase()}`}
          tabIndex={-1}
          onClick={() => set(stage.steps - 1)}
        >
          −
        </button>
        <NumberInput
          class="gap-number"
          aria-label={label}
          min={0}
          step={1}
          value={stage.steps}
          empty={null}
          onValue={(value) => {
            if (typeof value === 'number') set(value);
          }}
        />
        <button
          type="button"
          class="gap-button"
          aria-label={`One more: ${label.toLowerCase()}`}
          tabIndex={-1}
          onClick={() => set(stage.steps + 1)}
        >
          +
        </button>
      </div>
      {note !== '' && <span class="gap-note">{note}</span>}
    </div>
  );
}
