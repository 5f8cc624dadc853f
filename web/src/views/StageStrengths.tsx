import { NumberInput } from '../controls/NumberInput';
import { strengthRows, withoutTag, withStrength, type StrengthRow } from '../model/addonTags';
import { setStage } from '../state/form';
import type { Stage } from '../model/document';

const partWords = { all: '', text: ', text', unet: ', UNet' };

/** A slider reaches from -1 to 2, and as far as the value. */
function rangeOf(value: number): { min: number; max: number } {
  return { min: Math.min(-1, Math.floor(value)), max: Math.max(2, Math.ceil(value)) };
}

function Row(props: { row: StrengthRow; stage: Stage; place: number }) {
  const { row, stage, place } = props;
  const set = (part: StrengthRow['parts'][number]['part'], value: number) =>
    setStage(stage.key, { prompt: withStrength(stage.prompt, row.kind, row.name, part, value) });
  return (
    <>
      {row.parts.map(({ part, value }, i) => {
        const label = `${row.name}${partWords[part]}`;
        const number = typeof value === 'number' ? value : 0;
        const id = `strength-${row.kind}-${place}-${part}`;
        return (
          <div key={part} class="strength">
            <label class="strength-name" for={id} title={label}>
              {label}
              {row.kind === 'hypernet' && <span class="quiet"> hypernetwork</span>}
              {!row.here && <span class="quiet"> not in this stage</span>}
            </label>
            <input
              type="range"
              aria-label={`${label}, slider`}
              {...rangeOf(number)}
              step={0.05}
              value={number}
              onInput={(event) => set(part, Number(event.currentTarget.value))}
            />
            <NumberInput
              id={id}
              class="input number"
              step="any"
              value={typeof value === 'number' ? value : null}
              empty={null}
              placeholder={typeof value === 'number' ? '' : String(value)}
              onValue={(next) => {
                if (typeof next === 'number') set(part, next);
              }}
            />
            {row.here && i === 0 ? (
              <button
                type="button"
                class="button button-quiet button-icon"
                aria-label={`Take ${row.name} out of this stage`}
                title="Take it out of this stage"
                onClick={() =>
                  setStage(stage.key, { prompt: withoutTag(stage.prompt, row.kind, row.name) })
                }
              >
                ×
              </button>
            ) : (
              <span />
            )}
          </div>
        );
      })}
    </>
  );
}

/** A slider for the strength of each add-on of any stage, as it is in this one: 0 without a tag. */
export function StageStrengths({ stages, index }: { stages: Stage[]; index: number }) {
  const stage = stages[index];
  const rows = strengthRows(
    stages.map((each) => each.prompt),
    index,
  );
  if (!stage || rows.length === 0) return null;
  return (
    <div class="strengths" role="group" aria-label={`Strengths of add-ons in stage ${index + 1}`}>
      {rows.map((row, i) => (
        <Row key={`${row.kind}:${row.name}`} row={row} stage={stage} place={i} />
      ))}
    </div>
  );
}
