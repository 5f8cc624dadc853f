import { call } from '../api/client';
import type { Model } from '../api/types';
import { modelOf } from '../model/fields';
import { bytes } from '../model/format';
import { say, sayError } from '../state/messages';
import { refreshModels, server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { FilePicture } from '../views/FilePicture';
import { SelectControl } from './FieldControl';
import { Labelled } from './Labelled';
import { useField } from './useField';

/** Lets the server look again into the models folders. */
export async function reloadModels(): Promise<void> {
  try {
    await call('POST', '/models/refresh');
    await refreshModels();
    const models = server.get().boot?.models ?? [];
    say(`${models.length} models in the models folders.`);
  } catch (error) {
    sayError(error);
  }
}

/** Opens the list with pictures; shows the picture of what is chosen. */
function Browse(props: { dialog: 'model' | 'vae'; label: string; chosen: Model | undefined }) {
  const { chosen } = props;
  return (
    <button
      id={`browse-${props.dialog}`}
      class="button browse"
      type="button"
      aria-haspopup="dialog"
      aria-label={props.label}
      onClick={() => ui.set({ dialog: props.dialog })}
    >
      {chosen && chosen.picture !== null && (
        <FilePicture name={chosen.title} picture={chosen.picture} />
      )}
      Browse…
    </button>
  );
}

/** The model, with those that cannot be used greyed and their reasons. */
export function ModelControl() {
  const use = useField('model');
  const models = useStore(server, (state) => state.boot?.models);
  if (!use || !models) return null;
  const standard = models.find((model) => model.is_default);
  const options = [
    { name: '', label: standard ? `${standard.title} (default)` : 'default' },
    ...models
      .filter((model) => !model.is_default)
      .map((model) => ({
        name: model.name,
        label: model.supported
          ? `${model.title} (${bytes(model.bytes)})`
          : `${model.title}: ${model.refusal}`,
        disabled: !model.supported,
      })),
  ];
  const value = use.value === standard?.name ? '' : use.value;
  return (
    <Labelled use={use} label="Checkpoint">
      <div class="joined">
        <SelectControl use={{ ...use, value }} options={options} />
        <Browse dialog="model" label="Browse checkpoints" chosen={modelOf({ models }, value)} />
      </div>
    </Labelled>
  );
}

/** The VAE: the model's own, or a file of the models folders. */
export function VaeControl() {
  const use = useField('vae');
  const vaes = useStore(server, (state) => state.boot?.vaes);
  if (!use || !vaes) return null;
  const options = [
    { name: '', label: 'automatic' },
    { name: 'none', label: "none (the checkpoint's own)" },
    ...vaes.map((each) => ({ name: each.name, label: each.title })),
  ];
  return (
    <Labelled use={use}>
      <div class="joined">
        <SelectControl use={use} options={options} />
        <Browse
          dialog="vae"
          label="Browse VAEs"
          chosen={vaes.find((each) => each.name === use.value)}
        />
      </div>
    </Labelled>
  );
}
