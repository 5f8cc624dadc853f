import { useRef } from 'preact/hooks';

import { NumberInput } from '../controls/NumberInput';
import { strengthRows, withoutTag, withStrength, type StrengthRow } from '../model/addonTags';
import { setStage } from '../state/form';
import type { Stage } from '../model/document';

const partWords = { all: '', text: ', text', unet: ', UNet' };

type Part = StrengthRow['parts'][number];

/** A slider reaches from -1 to 2, and as far as its values have been: it keeps still while it is dragged. */
function useRange(value: number): { min: number; max: number } {
  const widest = useRef({ min: -1, max: 2 });
  const { min, max } = widest.current;
  widest.current = { min: Math.min(min, Math.floor(value)), max: Math.max(max, Math.ceil(value)) };
  return widest.current;
}

/** Slider and field of one number of a row. */
function Strength(props: { id: string; label: string; row: StrengthRow; stage: Stage; part: Part }) {
  const { id, label, row, stage } = props;
  const { part, value } = props.part;
  const number = typeof value === 'number' ? value : 0;
  const range = useRange(number);
  const set = (next: number) =>
    setStage(stage.key, { prompt: withStrength(stage.prompt, row.kind, row.name, part, next) });
  return (
    <>
      <input
        type="range"
        aria-label={`${label}, slider`}
        {...range}
        step={0.05}
        value={number}
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
      <NumberInput
        id={id}
        class="input number"
        step="any"
        value={typeof value === 'number' ? value : null}
        empty={null}
        placeholder={typeof value === 'number' ? '' : String(value)}
        onValue={(next) => {
          if (typeof next === 'number') set(next);
        }}
      />
    </>
  );
}

function Row(props: { row: StrengthRow; stage: Stage; place: number }) {
  const { row, stage, place } = props;
  return (
    <>
      {row.parts.map((each, i) => {
        const label = `${row.name}${partWords[each.part]}`;
        const id = `strength-${row.kind}-${place}-${each.part}`;
        return (
          <div key={each.part} class="strength">
            <label class="strength-name" for={id} title={label}>
              <span class="strength-word">{label}</span>
              {row.kind === 'hypernet' && <span class="quiet"> hypernetwork</span>}
              {!row.here && <span class="quiet"> not in this stage</span>}
            </label>
            <Strength id={id} label={label} row={row} stage={stage} part={each} />
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

const keyOf = (row: StrengthRow) => `${row.kind}:${row.name}`;

/** Rows in the order in which they were shown first: a slider that puts a tag in stays where it is. */
function useKeptOrder(rows: StrengthRow[]): StrengthRow[] {
  const order = useRef<string[]>([]);
  order.current = [...new Set([...order.current, ...rows.map(keyOf)])];
  const placeOf = (row: StrengthRow) => order.current.indexOf(keyOf(row));
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}

/** A slider for the strength of each add-on of any stage, as it is in this one: 0 without a tag. */
export function StageStrengths({ stages, index }: { stages: Stage[]; index: number }) {
  const stage = stages[index];
  const rows = useKeptOrder(
    strengthRows(
      stages.map((each) => each.prompt),
      index,
    ),
  );
  if (!stage || rows.length === 0) return null;
  return (
    <div class="strengths" role="group" aria-label={`Strengths of add-ons in stage ${index + 1}`}>
      {rows.map((row, i) => (
        <Row key={`${stage.key} ${keyOf(row)}`} row={row} stage={stage} place={i} />
      ))}
    </div>
  );
}
