import { server } from '../state/server';
import { useStore } from '../state/store';
import { SelectControl } from './FieldControl';
import { Labelled } from './Labelled';
import { useField } from './useField';

/** "Sampling method", from the server's list of samplers. */
export function SamplerControl() {
  const use = useField('sampler');
  const samplers = useStore(server, (state) => state.boot?.samplers);
  if (!use || !samplers) return null;
  return (
    <Labelled use={use}>
      <SelectControl use={use} options={samplers.map(({ name }) => ({ name, label: name }))} />
    </Labelled>
  );
}

/** "Schedule type". */
export function SchedulerControl() {
  const use = useField('scheduler');
  const schedulers = useStore(server, (state) => state.boot?.schedulers);
  if (!use || !schedulers) return null;
  return (
    <Labelled use={use}>
      <SelectControl use={use} options={schedulers.map((name) => ({ name, label: name }))} />
    </Labelled>
  );
}
