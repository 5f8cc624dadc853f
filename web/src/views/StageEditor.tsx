import { useMemo, useState } from 'preact/hooks';

import type { Json } from '../api/types';
import { FieldProblem } from '../controls/Labelled';
import { NumberInput } from '../controls/NumberInput';
import { useFieldTable, useProblem } from '../controls/useField';
import { splitLines, type StageListField, stageLists } from '../model/document';
import { reorder, splitStage } from '../model/edit';
import { applies, modelOf, valueOf } from '../model/fields';
import { plural, valueText } from '../model/format';
import { inheritedNegative } from '../model/pictures';
import { addWord, offeredWords, tagChanges, unknownWords, vocabulary } from '../model/words';
import { addStage, doc, form, removeStage, setStage, update } from '../state/form';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { PromptInput } from './PromptInput';
import { StageStrengths } from './StageStrengths';

const none: ReadonlySet<string> = new Set();
const noWords: string[] = [];

/** The default model's words while it is chosen; none with other models. */
function useWords(): { words: string[]; known: ReadonlySet<string> } {
  const boot = useStore(server, (state) => state.boot);
  const model = useStore(form, (state) => state.history.present.values.model ?? '');
  const isDefault = boot !== null && modelOf(boot, model)?.is_default === true;
  const words = isDefault ? boot.words : noWords;
  const known = useMemo(() => (words.length > 0 ? vocabulary(words) : none), [words]);
  return { words, known };
}

function OfferedWords({
  prompt,
  words,
  stage,
}: {
  prompt: string;
  words: string[];
  stage: string;
}) {
  const [all, setAll] = useState(false);
  const offered = offeredWords(words, prompt, all ? words.length : 8);
  if (words.length === 0) return null;
  return (
    <div class="words" aria-label="Words that the default model knows">
      <span class="words-title">The model knows</span>
      {offered.map((word) => (
        <button
          key={word}
          type="button"
          class="word"
          onClick={() => setStage(stage, { prompt: addWord(prompt, word) })}
        >
          {word}
        </button>
      ))}
      <button type="button" class="word word-more" aria-expanded={all} onClick={() => setAll(!all)}>
        {all ? 'fewer' : 'all words'}
      </button>
    </div>
  );
}

/** A number of this stage alone; empty: the document's. */
function OwnNumber(props: { stage: string; field: StageListField; value: Json; label: string }) {
  const { field } = props;
  const table = useFieldTable();
  const description = table.get(field);
  const values = useStore(form, (state) => state.history.present.values);
  const defaults = server.get().boot?.defaults ?? {};
  if (!description || !applies(description, values, defaults)) return null;
  const base = valueText(valueOf(field, values, defaults));
  const id = `stage-${field}`;
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {props.label}
      </label>
      <NumberInput
        id={id}
        class="input number"
        step={field === 'seed' ? 1 : 'any'}
        min={description.minimum ?? undefined}
        max={description.maximum ?? undefined}
        value={props.value}
        empty={null}
        placeholder={`same (${base})`}
        aria-describedby={`${id}-help`}
        onValue={(value) => setStage(props.stage, { [stageLists[field]]: value })}
      />
      <p class="field-help" id={`${id}-help`}>
        Of this stage alone; empty: as set below. {description.help}
      </p>
    </div>
  );
}

function Count({ index, negative }: { index: number; negative: boolean }) {
  const count = useStore(form, (state) => state.dry?.stages[index]);
  if (!count) return null;
  const tokens = negative ? count.negative_tokens : count.tokens;
  const chunks = Math.max(1, Math.ceil(tokens / 75), negative ? 1 : count.chunks);
  return (
    <span class={chunks > 1 ? 'tokens tokens-many' : 'tokens'}>
      {tokens}/{chunks * 75}
      {chunks > 1 ? ` · ${chunks} chunks` : ' tokens'}
    </span>
  );
}

/** Everything of the chosen stage. */
export function StageEditor() {
  const present = useStore(form, (state) => state.history.present);
  const selected = useStore(ui, (state) => state.stage);
  const { words, known } = useWords();
  const problem = useProblem('prompt');
  const negativeProblem = useProblem('negative_prompt');
  const [pasted, setPasted] = useState<string | null>(null);
  const found = present.stages.findIndex((stage) => stage.key === selected);
  const index = Math.max(0, found);
  const stage = present.stages[index];
  if (!stage) return null;
  const unknown = unknownWords(stage.prompt, known);
  const before = present.stages[index - 1];
  const replaces =
    present.values.mode === 'replace' && before ? tagChanges(before.prompt, stage.prompt) : null;
  const inherited = inheritedNegative(present, index);
  const count = present.stages.length;
  return (
    <section class="panel stage-editor" aria-label={`Stage ${index + 1}`}>
      <header class="panel-head">
        <h3>
          Stage {index + 1} <span class="quiet">of {count}</span>
        </h3>
        <div class="row">
          <button
            type="button"
            class="button button-quiet"
            disabled={index === 0}
            onClick={() => update((now) => reorder(now, index, index - 1))}
          >
            Earlier
          </button>
          <button
            type="button"
            class="button button-quiet"
            disabled={index === count - 1}
            onClick={() => update((now) => reorder(now, index, index + 1))}
          >
            Later
          </button>
          <button type="button" class="button button-quiet" onClick={() => addStage(index)}>
            Copy
          </button>
          <button
            type="button"
            class="button button-quiet"
            disabled={count < 2}
            onClick={() => removeStage(stage.key)}
          >
            Remove
          </button>
        </div>
      </header>
      <div class={problem === '' ? 'field prompt-main' : 'field prompt-main field-wrong'}>
        <div class="field-line">
          <label class="field-label" for="stage-prompt">
            Prompt
          </label>
          <Count index={index} negative={false} />
        </div>
        <PromptInput
          key={stage.key}
          id="stage-prompt"
          rows={2}
          value={stage.prompt}
          known={known}
          problem={problem}
          onValue={(prompt) => setStage(stage.key, { prompt })}
          onLines={setPasted}
        />
        <div id="stage-prompt-help">
          {unknown.length > 0 && (
            <p class="note">
              The default model does not know {unknown.map((word) => `“${word}”`).join(', ')}.
            </p>
          )}
          {replaces && (
            <p class="note">
              From stage {index}:{' '}
              {replaces.gone.map((tag) => (
                <del key={tag}>{tag}</del>
              ))}{' '}
              {replaces.come.map((tag) => (
                <ins key={tag}>{tag}</ins>
              ))}
            </p>
          )}
        </div>
        <FieldProblem id="stage-prompt" problem={problem} />
        {pasted !== null && (
          <PastedLines text={pasted} stage={stage.key} onDone={() => setPasted(null)} />
        )}
        <OfferedWords prompt={stage.prompt} words={words} stage={stage.key} />
        <StageStrengths stages={present.stages} index={index} />
      </div>
      <div class={negativeProblem === '' ? 'field' : 'field field-wrong'}>
        <div class="field-line">
          <label class="field-label" for="stage-negative">
            Negative prompt
          </label>
          <Count index={index} negative />
        </div>
        <div class="joined">
          <PromptInput
            key={`${stage.key}-negative`}
            id="stage-negative"
            rows={1}
            value={stage.negative ?? ''}
            placeholder={
              index > 0
                ? `same as stage ${index}${inherited === '' ? '' : `: ${inherited}`}`
                : 'nothing'
            }
            known={none}
            problem={negativeProblem}
            onValue={(text) => setStage(stage.key, { negative: text.replace(/[\r\n]+/g, ' ') })}
          />
          {index > 0 && stage.negative !== null && (
            <button
              type="button"
              class="button"
              onClick={() => setStage(stage.key, { negative: null })}
            >
              Same as before
            </button>
          )}
        </div>
        <p class="field-help" id="stage-negative-help">
          What should not be in the picture. Stages without one of their own take the one before.
        </p>
        <FieldProblem id="stage-negative" problem={negativeProblem} />
      </div>
      <div class="grid grid-three">
        <OwnNumber stage={stage.key} field="seed" value={stage.seed} label="Seed of this stage" />
        <OwnNumber
          stage={stage.key}
          field="cfg_scale"
          value={stage.cfg}
          label="CFG scale of this stage"
        />
        <OwnNumber
          stage={stage.key}
          field="denoise_strength"
          value={stage.denoise}
          label="Denoising of this stage"
        />
      </div>
    </section>
  );
}

/** Asks whether several pasted lines are stages. */
function PastedLines(props: { text: string; stage: string; onDone: () => void }) {
  const { text, stage, onDone } = props;
  const count = splitLines(text).length;
  return (
    <div class="ask" role="group" aria-label="Pasted lines">
      <span>{plural(count, 'line')} pasted:</span>
      <button
        type="button"
        class="button"
        onClick={() => {
          update((now) => splitStage(now, stage, text));
          onDone();
        }}
      >
        {count} stages
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          const own = doc().stages.find((each) => each.key === stage)?.prompt ?? '';
          setStage(stage, { prompt: [own, ...splitLines(text)].filter(Boolean).join(', ') });
          onDone();
        }}
      >
        One prompt
      </button>
    </div>
  );
}
