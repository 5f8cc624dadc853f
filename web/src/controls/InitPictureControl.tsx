import { useRef } from 'preact/hooks';

import { chooseInitPicture } from '../state/drops';
import { Labelled } from './Labelled';
import { useField } from './useField';

/** A picture of the form, the init picture or its mask: chosen, looked at, taken away. */
export function InitPictureControl({ name }: { name: 'init_image' | 'mask' }) {
  const use = useField(name);
  const chooser = useRef<HTMLInputElement>(null);
  if (!use) return null;
  // Of masks for several stages the first one is shown.
  const upload = /^upload:(.+)$/m.exec(String(use.value ?? ''))?.[1];
  const choose = async (file: File | undefined) => {
    const picture = file && (await chooseInitPicture(file));
    if (picture) use.set(picture);
  };
  return (
    <Labelled use={use} wide label={use.field.label}>
      <div class="init-picture">
        {upload !== undefined && (
          <img
            src={`/api/v1/pictures/${upload}?w=192`}
            alt={`The ${use.field.label.toLowerCase()}`}
            width={96}
            height={96}
          />
        )}
        <button class="button" type="button" {...use.aria} onClick={() => chooser.current?.click()}>
          {upload === undefined ? 'Choose a picture…' : 'Another picture…'}
        </button>
        {upload !== undefined && (
          <button class="button" type="button" onClick={() => use.set('')}>
            Remove
          </button>
        )}
        <input
          ref={chooser}
          type="file"
          accept="image/png,image/jpeg,image/webp"
          hidden
          onChange={(event) => {
            void choose(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
    </Labelled>
  );
}
