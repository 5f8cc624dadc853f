import { hasPreset } from '../model/fields';
import { form, switchPreset } from '../state/form';
import { server } from '../state/server';
import { useStore } from '../state/store';

/** What models of few steps ask for, as one choice; it only sets fields that are on the page. */
export function FewStepsControl() {
  const boot = useStore(server, (state) => state.boot);
  const values = useStore(form, (state) => state.history.present.values);
  if (!boot) return null;
  const chosen = boot.few_steps.find(({ request }) => hasPreset(request, values, boot.defaults));
  const choose = (name: string) => {
    if (chosen) switchPreset(chosen.request, false);
    const next = boot.few_steps.find((preset) => preset.name === name);
    if (next) switchPreset(next.request, true);
  };
  return (
    <div class="field">
      <label class="field-label" for="few-steps">Model of few steps</label>
      <select
        id="few-steps"
        class="select"
        value={chosen?.name ?? ''}
        aria-describedby="few-steps-help"
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">None</option>
        {boot.few_steps.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      <p class="field-help" id="few-steps-help">
        Sets sampler, schedule, steps and CFG scale as such models ask for
      </p>
    </div>
  );
}
