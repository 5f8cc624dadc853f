import { hasPreset } from '../model/fields';
import { form, switchPreset } from '../state/form';
import { server } from '../state/server';
import { useStore } from '../state/store';

/** One switch for the settings that make films move most evenly. */
export function SmoothControl() {
  const boot = useStore(server, (state) => state.boot);
  const values = useStore(form, (state) => state.history.present.values);
  if (!boot) return null;
  const on = hasPreset(boot.smooth, values, boot.defaults);
  return (
    <div class="field field-check">
      <label class="check">
        <input
          id="smooth"
          type="checkbox"
          checked={on}
          aria-describedby="smooth-help"
          onChange={(event) => switchPreset(boot.smooth, event.currentTarget.checked)}
        />
        <span>Smooth motion</span>
      </label>
      <p class="field-help" id="smooth-help">
        Draws more pictures, takes those that are equally far apart, and leads across jumps
      </p>
    </div>
  );
}
