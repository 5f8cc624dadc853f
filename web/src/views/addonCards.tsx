// Add-ons as cards; a click puts one into prompts, or takes it out.

import '../styles/addons.css';

import { useEffect, useState } from 'preact/hooks';

import type { Addon } from '../api/types';
import { hasAddon } from '../model/addonTags';
import { addonKinds, searched, unfit, type AddonKind } from '../model/addons';
import { modelOf } from '../model/fields';
import { plural } from '../model/format';
import {
  addons,
  reloadAddons,
  showAddons,
  targetTexts,
  toggleAddon,
  type AddonTarget,
} from '../state/addons';
import { form } from '../state/form';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { FilePicture } from './FilePicture';

/** How many cards are made at once. */
const batch = 60;

/** What is known of an add-on beside its name, line by line. */
function detailsOf(addon: Addon): string[] {
  return [
    addon.folder === '' ? '' : `${addon.folder}/${addon.name}`,
    addon.alias === '' ? '' : `also called ${addon.alias}`,
    addon.activation === '' ? '' : `answers to: ${addon.activation}`,
    addon.description,
    addon.notes,
  ].filter(Boolean);
}

function Card(props: { addon: Addon; reason: string; texts: string[]; onPick: (all: boolean) => void }) {
  const { addon, reason, texts } = props;
  const count = texts.filter((text) => hasAddon(text, addon)).length;
  const all = count === texts.length;
  const state = all ? 'in the prompt' : `in ${count} of ${texts.length}`;
  const details = detailsOf(addon);
  return (
    <li>
      <button
        type="button"
        class={reason === '' ? 'addon' : 'addon addon-unfit'}
        aria-pressed={all}
        title={details.join('\n')}
        onClick={(event) => props.onPick(event.shiftKey)}
      >
        <FilePicture name={addon.name} picture={addon.picture} />
        <span class="addon-name">{addon.name}</span>
        {reason === '' ? (
          <span class="addon-family">{addon.family || 'family not known'}</span>
        ) : (
          <span class="addon-reason">{reason}</span>
        )}
        {count > 0 && <span class="addon-in">✓ {state}</span>}
      </button>
      {details.length > 0 && (
        <details class="addon-details">
          <summary aria-label={`About ${addon.name}`}>About</summary>
          {details.map((line, i) => (
            <p key={i}>{line}</p>
          ))}
        </details>
      )}
    </li>
  );
}

/** The places that a click can mean. */
function Places(props: {
  value: string;
  negative: boolean;
  stage: number;
  onValue: (value: string) => void;
}) {
  return (
    <label class="addon-place">
      <span class="quiet">A click changes</span>
      <select
        class="select select-small"
        value={props.value}
        onChange={(event) => props.onValue(event.currentTarget.value)}
      >
        <option value="stage">the prompt of stage {props.stage}</option>
        <option value="all">the prompts of all stages</option>
        {props.negative && (
          <>
            <option value="stage-negative">the negative prompt of stage {props.stage}</option>
            <option value="all-negative">all negative prompts</option>
          </>
        )}
      </select>
    </label>
  );
}

export function AddonCards() {
  const { all, textWidths, problem } = useStore(addons, (state) => state);
  const boot = useStore(server, (state) => state.boot);
  const present = useStore(form, (state) => state.history.present);
  const selected = useStore(ui, (state) => state.stage);
  const [kind, setKind] = useState<AddonKind>('lora');
  const [search, setSearch] = useState('');
  const [place, setPlace] = useState('stage');
  const [shown, setShown] = useState(batch);
  useEffect(showAddons, []);
  const index = Math.max(
    0,
    present.stages.findIndex((stage) => stage.key === selected),
  );
  // Tags mean something in prompts only.
  const [where, sign] = place.split('-');
  const target: AddonTarget = {
    stage: where === 'all' ? null : (present.stages[index]?.key ?? null),
    negative: kind === 'embedding' && sign === 'negative',
  };
  const texts = targetTexts(target);
  const model = boot === null ? undefined : modelOf(boot, present.values.model ?? '');
  const width = textWidths[model?.name ?? ''] ?? 0;
  const found = searched(all ?? [], kind, search);
  return (
    <>
      <div class="addon-head">
        <div class="segmented" role="group" aria-label="Kind of add-ons">
          {addonKinds.map((each) => (
            <button
              key={each.kind}
              type="button"
              aria-pressed={kind === each.kind}
              onClick={() => {
                setKind(each.kind);
                setShown(batch);
              }}
            >
              {each.title} {(all ?? []).filter((addon) => addon.kind === each.kind).length}
            </button>
          ))}
        </div>
        <input
          class="input addon-search"
          type="search"
          aria-label="Search add-ons"
          placeholder="Search"
          value={search}
          onInput={(event) => {
            setSearch(event.currentTarget.value);
            setShown(batch);
          }}
        />
        <button
          type="button"
          class="button"
          title="Look again into the models folders"
          onClick={() => void reloadAddons()}
        >
          Reload
        </button>
      </div>
      <Places
        value={target.negative || sign === undefined ? place : (where ?? 'stage')}
        negative={kind === 'embedding'}
        stage={index + 1}
        onValue={setPlace}
      />
      {problem !== '' && (
        <p class="field-problem" role="alert">
          {problem}
        </p>
      )}
      {all === null && problem === '' && <p class="quiet">Looking into the models folders…</p>}
      {all !== null && found.length === 0 && (
        <p class="quiet">
          {search === ''
            ? 'There are none in the models folders.'
            : `Nothing is found for “${search}”.`}
        </p>
      )}
      <ul class="addon-list" aria-label={addonKinds.find((each) => each.kind === kind)?.title}>
        {found.slice(0, shown).map((addon) => (
          <Card
            key={addon.name}
            addon={addon}
            reason={unfit(addon, width)}
            texts={texts}
            onPick={(every) => toggleAddon(addon, every ? { ...target, stage: null } : target)}
          />
        ))}
      </ul>
      {found.length > shown && (
        <button type="button" class="button" onClick={() => setShown(shown + batch)}>
          Show {plural(Math.min(batch, found.length - shown), 'more card')}
        </button>
      )}
    </>
  );
}
