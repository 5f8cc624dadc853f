import type { Field, Json } from '../api/types';
import { HelpAndProblem, Labelled } from './Labelled';
import { NumberInput } from './NumberInput';
import { useField, type FieldUse } from './useField';

/** Choices in other words than the server's names, where those say too little. */
const choiceWords: Record<string, Record<string, string>> = {
  pace: {
    alpha: 'equal steps between prompts',
    even: 'even motion',
    preview: 'even motion, by previews',
  },
  bridge: {
    off: 'nothing',
    latents: 'mixed latents',
    blend: 'a cross-fade',
  },
  pace_by: { ssim: 'structure (ssim)', lab: 'colour (lab)', latent: 'latents' },
};

/** Ranges of sliders: narrower than what is allowed, which can be typed. */
const sliders: Record<string, { from: number; to: number; step: number }> = {
  steps: { from: 1, to: 60, step: 1 },
  cfg_scale: { from: 1, to: 20, step: 0.5 },
  denoise_strength: { from: 0, to: 1, step: 0.01 },
  subseed_strength: { from: 0, to: 1, step: 0.01 },
  clip_skip: { from: 1, to: 12, step: 1 },
  fps: { from: 0, to: 60, step: 1 },
};

/** The form's control for a field, made from the server's description of it. */
export function FieldControl({ name }: { name: string }) {
  const use = useField(name);
  return use && <FieldRow use={use} />;
}

/** A field with its label, help and problem, wherever its value is kept. */
export function FieldRow({ use }: { use: FieldUse }) {
  const { kind } = use.field;
  if (kind === 'boolean') return <CheckControl use={use} />;
  return (
    <Labelled use={use} wide={kind === 'lines' || kind === 'records'}>
      <Control use={use} />
    </Labelled>
  );
}

function Control({ use }: { use: FieldUse }) {
  const { field } = use;
  const isNumber = field.kind === 'integer' || field.kind === 'number' || isSingle(use);
  if (field.choices && field.choices.length > 0) {
    const words = choiceWords[field.name] ?? {};
    const options = field.choices.map((name) => ({ name, label: words[name] ?? name }));
    return <SelectControl use={use} options={options} />;
  }
  if (isNumber && sliders[field.name]) return <SliderControl use={use} />;
  if (field.kind === 'integer' || field.kind === 'number') return <PlainNumber use={use} />;
  if (field.kind === 'lines') return <LinesControl use={use} />;
  if (field.kind === 'records') return <RecordsControl use={use} />;
  return <TextControl use={use} />;
}

/** A list field that has one value now. */
function isSingle({ field, value }: FieldUse): boolean {
  return field.kind === 'numbers' && typeof value === 'number';
}

function stepOf(field: Field): number | 'any' {
  return field.kind.startsWith('integer') ? 1 : 'any';
}

function bounds(field: Field) {
  return {
    ...(field.minimum === null ? {} : { min: field.minimum }),
    ...(field.maximum === null ? {} : { max: field.maximum }),
  };
}

export function SelectControl(props: {
  use: FieldUse;
  options: { name: string; label: string; disabled?: boolean }[];
}) {
  const { use, options } = props;
  const value = String(use.value ?? '');
  const known = options.some((option) => option.name === value);
  return (
    <select
      class="select"
      {...use.aria}
      value={value}
      onChange={(event) => use.set(event.currentTarget.value)}
    >
      {!known && <option value={value}>{value === '' ? '—' : value}</option>}
      {options.map((option) => (
        <option key={option.name} value={option.name} disabled={option.disabled ?? false}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function CheckControl({ use }: { use: FieldUse }) {
  const { field, problem, aria } = use;
  return (
    <div class={`field field-check${problem === '' ? '' : ' field-wrong'}`} data-field={field.name}>
      <label class="check">
        <input
          type="checkbox"
          {...aria}
          checked={use.value === true}
          onChange={(event) => use.set(event.currentTarget.checked)}
        />
        <span>{field.label}</span>
      </label>
      <HelpAndProblem use={use} />
    </div>
  );
}

function SliderControl({ use }: { use: FieldUse }) {
  const { field, value } = use;
  const range = sliders[field.name];
  if (!range) return null;
  return (
    <div class="slider">
      <input
        type="range"
        aria-label={`${field.label}, slider`}
        min={range.from}
        max={range.to}
        step={range.step}
        value={Number(value)}
        onInput={(event) => use.set(Number(event.currentTarget.value))}
      />
      <PlainNumber use={use} />
    </div>
  );
}

function PlainNumber({ use }: { use: FieldUse }) {
  const { field, value, aria } = use;
  return (
    <NumberInput
      class="input number"
      {...aria}
      {...bounds(field)}
      step={stepOf(field)}
      value={value}
      empty={field.optional ? null : ''}
      placeholder={field.optional ? 'own' : ''}
      onValue={(next) => use.set(next)}
    />
  );
}

/** A text as a list of numbers where it is one, else as it was typed. */
function typedList(text: string): Json {
  const pieces = text.split(',').map((piece) => piece.trim());
  const numbers = pieces.map(Number);
  const good = pieces.every((piece) => piece !== '') && numbers.every(Number.isFinite);
  if (!good) return text;
  return numbers.length === 1 ? (numbers[0] ?? text) : numbers;
}

function textOf(value: Json): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function TextControl({ use }: { use: FieldUse }) {
  const { field, value, aria } = use;
  const list = field.kind === 'numbers' || field.kind === 'integers';
  return (
    <input
      class="input"
      type="text"
      autoComplete="off"
      spellcheck={false}
      {...aria}
      value={textOf(value)}
      placeholder={field.example === '' ? '' : `e.g. ${field.example}`}
      onInput={(event) =>
        use.set(list ? typedList(event.currentTarget.value) : event.currentTarget.value)
      }
    />
  );
}

function LinesControl({ use }: { use: FieldUse }) {
  return (
    <textarea
      class="input"
      rows={3}
      {...use.aria}
      value={textOf(use.value)}
      onInput={(event) => use.set(event.currentTarget.value)}
    />
  );
}

/** Records are typed as JSON; what is no JSON goes to the server as text, which says so. */
function RecordsControl({ use }: { use: FieldUse }) {
  const text = typeof use.value === 'string' ? use.value : JSON.stringify(use.value ?? []);
  return (
    <textarea
      class="input code"
      rows={3}
      spellcheck={false}
      {...use.aria}
      value={text}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        try {
          use.set(JSON.parse(typed) as Json);
        } catch {
          use.set(typed);
        }
      }}
    />
  );
}
