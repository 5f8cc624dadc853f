import { useRef } from 'preact/hooks';

import { chooseInitPicture } from '../state/drops';
import { Labelled } from './Labelled';
import { useField } from './useField';

/** The init picture: chosen, dropped, looked at, taken away. */
export function InitPictureControl() {
  const use = useField('init_image');
  const chooser = useRef<HTMLInputElement>(null);
  if (!use) return null;
  const upload = /^upload:(.+)$/.exec(String(use.value ?? ''))?.[1];
  const choose = async (file: File | undefined) => {
    const picture = file && (await chooseInitPicture(file));
    if (picture) use.set(picture);
  };
  return (
    <Labelled use={use} wide label={upload ? use.field.label : 'Init picture'}>
      <div class="init-picture">
        {upload !== undefined && (
          <img
            src={`/api/v1/pictures/${upload}?w=192`}
            alt="The init picture"
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
