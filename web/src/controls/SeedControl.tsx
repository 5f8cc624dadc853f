import type { Json } from '../api/types';
import { player } from '../state/player';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { Dice, Recycle } from '../views/icons';
import { Labelled } from './Labelled';
import { NumberInput } from './NumberInput';
import { useField } from './useField';

function firstSeed(value: Json | undefined): Json {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** The seed with the dice (a new one for each run) and the way back to the shown run's. */
export function SeedControl() {
  const use = useField('seed');
  const id = useStore(player, (state) => state.job);
  const request = useStore(server, (state) =>
    id === null ? undefined : state.jobs.get(id)?.request,
  );
  const last = firstSeed(request?.seed);
  if (!use) return null;
  return (
    <Labelled use={use}>
      <div class="joined">
        <button
          class="button button-icon"
          type="button"
          aria-label="Random seed for each run"
          title="Random seed for each run"
          aria-pressed={use.value === -1}
          onClick={() => use.set(-1)}
        >
          <Dice />
        </button>
        <NumberInput
          class="input number"
          {...use.aria}
          min={-1}
          step={1}
          value={use.value}
          empty=""
          onValue={(next) => use.set(next)}
        />
        <button
          class="button button-icon"
          type="button"
          aria-label="Seed of the shown run"
          title={last === null ? 'Seed of the shown run' : `Seed of the shown run: ${String(last)}`}
          disabled={last === null}
          onClick={() => use.set(last)}
        >
          <Recycle />
        </button>
      </div>
    </Labelled>
  );
}
