import { useState } from 'preact/hooks';

import { initials } from '../model/addons';

/** The picture beside a file, or two letters of its name where none can be shown. */
export function FilePicture(props: { name: string; picture: string | null }) {
  const { name, picture } = props;
  const [failed, setFailed] = useState<string | null>(null);
  if (picture === null || picture === failed) {
    return (
      <span class="picture-blank" aria-hidden="true">
        {initials(name)}
      </span>
    );
  }
  return (
    <img src={picture} alt="" loading="lazy" decoding="async" onError={() => setFailed(picture)} />
  );
}
