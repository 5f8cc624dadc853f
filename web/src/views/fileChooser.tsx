// Checkpoints or VAEs as a list with pictures: typing searches, arrow keys and Enter or a click choose.

import '../styles/chooser.css';

import { useEffect, useRef, useState } from 'preact/hooks';

import { reloadModels } from '../controls/ModelControls';
import { useField } from '../controls/useField';
import {
  checkpointChoices,
  placeAfter,
  searchedChoices,
  vaeChoices,
  type Choice,
} from '../model/choices';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';
import { FilePicture } from './FilePicture';

const listId = 'chooser-list';
const withoutHash = (title: string) => title.replace(/ \[[0-9a-f]+\]$/, '');
const lineId = (place: number) => `chooser-${place}`;

function Line(props: {
  choice: Choice;
  id: string;
  active: boolean;
  chosen: boolean;
  onChoose: () => void;
}) {
  const { choice, active, chosen } = props;
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) element.current?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const classes = ['choice', active ? 'choice-active' : '', choice.refusal ? 'choice-unfit' : ''];
  return (
    <li
      ref={element}
      id={props.id}
      role="option"
      class={classes.filter(Boolean).join(' ')}
      aria-selected={chosen}
      aria-disabled={choice.refusal !== ''}
      onClick={props.onChoose}
    >
      <FilePicture name={withoutHash(choice.title)} picture={choice.picture} />
      <span class="choice-words">
        <span class="choice-title">{choice.title}</span>
        <span class="choice-about">
          {choice.refusal === '' ? choice.about : `⚠ ${choice.refusal}`}
        </span>
        {chosen && <span class="choice-mark">✓ in use</span>}
      </span>
    </li>
  );
}

/** The window in which a checkpoint or a VAE is chosen. */
export function FileChooser({ field }: { field: 'model' | 'vae' }) {
  const use = useField(field);
  const models = useStore(server, (state) => state.boot?.models ?? []);
  const vaes = useStore(server, (state) => state.boot?.vaes ?? []);
  const [search, setSearch] = useState('');
  const [asked, setAsked] = useState<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    // Behind the window's end: nothing beneath it can have the focus before.
    return () => queueMicrotask(() => document.getElementById(`browse-${field}`)?.focus());
  }, []);
  if (!use) return null;
  const isModel = field === 'model';
  const all = isModel ? checkpointChoices(models) : vaeChoices(vaes);
  const standard = models.find((model) => model.is_default);
  const value = isModel && use.value === standard?.name ? '' : use.value;
  const found = searchedChoices(all, search);
  const current = found.findIndex((choice) => choice.value === value);
  const place = Math.min(asked ?? Math.max(0, current), found.length - 1);
  const choose = (choice: Choice | undefined) => {
    if (!choice || choice.refusal !== '') return;
    use.set(choice.value);
    ui.set({ dialog: null });
  };
  const what = isModel ? 'checkpoints' : 'VAEs';
  return (
    <Dialog title={isModel ? 'Choose a checkpoint' : 'Choose a VAE'}>
      <div class="row choice-head">
        <input
          ref={input}
          class="input"
          type="text"
          role="combobox"
          aria-label={`Search ${what}`}
          aria-expanded="true"
          aria-controls={listId}
          aria-autocomplete="list"
          {...(found.length > 0 ? { 'aria-activedescendant': lineId(place) } : {})}
          placeholder="Search"
          value={search}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            setAsked(null);
          }}
          onKeyDown={(event) => {
            const next = placeAfter(event.key, place, found.length);
            if (next === null && event.key !== 'Enter') return;
            event.preventDefault();
            if (next === null) choose(found[place]);
            else setAsked(next);
          }}
        />
        <button type="button" class="button" onClick={() => void reloadModels()}>
          Look again
        </button>
      </div>
      <p class="quiet choice-help">
        Type to search; ↑ ↓ and Enter choose. The picture of <code>name.safetensors</code> is{' '}
        <code>name.png</code> beside it.
      </p>
      <p class="quiet" role="status">
        {found.length === 0 ? `Nothing is found for “${search}”.` : ''}
      </p>
      <ul class="choice-list" id={listId} role="listbox" aria-label={what}>
        {found.map((choice, i) => (
          <Line
            key={choice.value}
            id={lineId(i)}
            choice={choice}
            active={i === place}
            chosen={choice.value === value}
            onChoose={() => choose(choice)}
          />
        ))}
      </ul>
    </Dialog>
  );
}
