import { useRef } from 'preact/hooks';

import { masksOf, uploadOf } from '../model/maskField';
import { chooseInitPicture } from '../state/drops';
import { ui } from '../state/ui';
import { Labelled } from './Labelled';
import { useField } from './useField';

/** A picture of the form, the init picture or its mask: chosen, looked at, taken away. */
export function InitPictureControl({ name }: { name: 'init_image' | 'mask' }) {
  const use = useField(name);
  const chooser = useRef<HTMLInputElement>(null);
  if (!use) return null;
  // Masks may be several, one for each stage.
  const uploads = masksOf(use.value).flatMap((each) => uploadOf(each) ?? []);
  const choose = async (file: File | undefined) => {
    const picture = file && (await chooseInitPicture(file));
    if (picture) use.set(picture);
  };
  return (
    <Labelled use={use} wide label={use.field.label}>
      <div class="init-picture">
        {uploads.map((upload, i) => (
          <img
            key={i}
            src={`/api/v1/pictures/${upload}?w=192`}
            alt={`The ${use.field.label.toLowerCase()}${uploads.length > 1 ? ` of stage ${i + 1}` : ''}`}
            width={96}
            height={96}
          />
        ))}
        {name === 'mask' && (
          <button
            class="button"
            type="button"
            aria-haspopup="dialog"
            onClick={() => ui.set({ dialog: 'mask' })}
          >
            {uploads.length === 0 ? 'Draw…' : 'Edit…'}
          </button>
        )}
        <button class="button" type="button" {...use.aria} onClick={() => chooser.current?.click()}>
          {uploads.length === 0 ? 'Choose a picture…' : 'Another picture…'}
        </button>
        {uploads.length > 0 && (
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
