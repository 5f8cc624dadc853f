// Which of the server's fields stand where on the page, and when they apply. Names are checked
// against the server's table by a test; fields that no list names appear under "More".

import type { Bootstrap, Field, Json, RequestValues } from '../api/types';
import { lineFields } from './document';
import { valueText } from './format';

/** Above the stages. */
export const headerFields = ['model', 'vae'];
/** Open from the beginning. */
export const openFields = ['sampler', 'scheduler', 'steps', 'cfg_scale', 'width', 'height', 'seed'];
/** Fields that the page has no control for: where films go is the server's, sounds are not uploaded. */
export const absentFields = ['out', 'models_dir', 'schedule_file', 'styles_file', 'wildcards_dir', 'soundtrack', 'beats', 'beats_by'];

export interface SectionPlan {
  id: string;
  title: string;
  fields: string[];
}

export const sections: SectionPlan[] = [
  {
    id: 'travel',
    title: 'Travel',
    fields: [
      'mode',
      'genesis',
      'interpolation',
      'alignment',
      'attention_interpolation',
      'attention_share',
      'replace_dim',
      'replace_order',
      'grad_method',
      'grad_alpha',
      'grad_iter',
      'grad_w_latent',
      'grad_w_cond',
      'grad_tolerance',
      'embryo_step',
      'pace',
      'pace_by',
      'pace_budget',
      'bridge',
      'easing',
      'loop',
      'stage_padding',
      'compat',
    ],
  },
  {
    id: 'init',
    title: 'Init picture',
    fields: [
      'init_image',
      'denoise_strength',
      'resize_mode',
      'mask',
      'mask_blur',
      'invert_mask',
      'mask_round',
      'inpainting_fill',
      'inpaint_area',
      'inpaint_padding',
      'inpainting_mask_weight',
      'image_cfg_scale',
      'img2img_fix_steps',
      'noise_multiplier',
    ],
  },
  {
    id: 'video',
    title: 'Video',
    fields: ['fps', 'format', 'hold', 'pad', 'ping_pong', 'pick', 'contact_sheet'],
  },
];

const placed = new Set([
  ...headerFields,
  ...openFields,
  ...absentFields,
  ...lineFields,
  ...sections.flatMap((section) => section.fields),
]);

/** The fields of "More", with the headings of the server's table. */
export function otherFields(fields: Field[]): { group: string; fields: Field[] }[] {
  const groups: { group: string; fields: Field[] }[] = [];
  for (const field of fields) {
    if (placed.has(field.name)) continue;
    const group = groups.find((each) => each.group === field.group);
    if (group) group.fields.push(field);
    else groups.push({ group: field.group, fields: [field] });
  }
  return groups;
}

export type FieldTable = ReadonlyMap<string, Field>;

export function fieldTable(fields: Field[]): FieldTable {
  return new Map(fields.map((field) => [field.name, field]));
}

/** A value as it counts: the form's, else the default. */
export function valueOf(name: string, values: RequestValues, defaults: RequestValues): Json {
  return values[name] ?? defaults[name] ?? null;
}

type Rule = (value: (name: string) => Json) => boolean;

const isSet = (value: Json) => value !== null && value !== '';

/** Where a field's effect depends on other settings than the mode, which the table tells. */
const rules: Record<string, Rule> = {
  denoise_strength: (value) => isSet(value('init_image')) || value('genesis') === 'successive',
  resize_mode: (value) => isSet(value('init_image')),
  mask: (value) => isSet(value('init_image')),
  mask_blur: (value) => isSet(value('mask')),
  invert_mask: (value) => isSet(value('mask')),
  mask_round: (value) => isSet(value('mask')),
  inpainting_fill: (value) => isSet(value('mask')),
  inpaint_area: (value) => isSet(value('mask')),
  inpaint_padding: (value) => isSet(value('mask')) && value('inpaint_area') === 'masked',
  inpainting_mask_weight: (value) => isSet(value('mask')),
  image_cfg_scale: (value) => isSet(value('init_image')),
  img2img_fix_steps: (value) => isSet(value('init_image')) || value('genesis') === 'successive',
  noise_multiplier: (value) => isSet(value('init_image')) || value('genesis') === 'successive',
  grad_w_latent: (value) => usesGradients(value),
  grad_w_cond: (value) => usesGradients(value),
  embryo_step: (value) => value('genesis') === 'embryo',
  pace_by: (value) => isPaced(value),
  pace_budget: (value) => isPaced(value),
  bridge: (value) => value('pace') === 'even',
  attention_share: (value) =>
    isSet(value('attention_interpolation')) && value('attention_interpolation') !== 'off',
  hires_scale: (value) => isHires(value) && !value('hires_width') && !value('hires_height'),
  hires_width: (value) => isHires(value),
  hires_height: (value) => isHires(value),
  hires_upscaler: (value) => isHires(value),
  hires_steps: (value) => isHires(value),
  hires_denoise: (value) => isHires(value),
  hires_sampler: (value) => isHires(value),
  hires_scheduler: (value) => isHires(value),
  hires_prompt: (value) => isHires(value),
  hires_negative_prompt: (value) => isHires(value),
  subseed: (value) => !isZero(value('subseed_strength')),
  hold: (value) => value('fps') !== 0,
  pad: (value) => value('fps') !== 0,
  ping_pong: (value) => value('fps') !== 0,
  format: (value) => value('fps') !== 0,
};

/** Whether frames have a second pass. */
function isHires(value: (name: string) => Json): boolean {
  return value('hires') === true;
}

/** Whether frames lie elsewhere than at equal alphas. */
function isPaced(value: (name: string) => Json): boolean {
  return isSet(value('pace')) && value('pace') !== 'alpha';
}

/** Replace needs gradients only for the orders that are named after them. */
function usesGradients(value: (name: string) => Json): boolean {
  return value('mode') !== 'replace' || String(value('replace_order')).startsWith('grad');
}

function isZero(value: Json): boolean {
  return (
    value === 0 || value === null || (Array.isArray(value) && value.every((each) => each === 0))
  );
}

/** Whether a field has an effect with these values. Absent is clearer than greyed. */
export function applies(field: Field, values: RequestValues, defaults: RequestValues): boolean {
  const value = (name: string) => valueOf(name, values, defaults);
  if (field.modes && !field.modes.includes(String(value('mode')))) return false;
  return rules[field.name]?.(value) ?? true;
}

function sameValue(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether values have all settings of a preset. */
export function hasPreset(
  preset: RequestValues,
  values: RequestValues,
  defaults: RequestValues,
): boolean {
  return Object.entries(preset).every(([name, value]) =>
    sameValue(valueOf(name, values, defaults), value ?? null),
  );
}

/** What a section's heading says of its values while it is closed. */
export function sectionSummary(
  section: SectionPlan,
  table: FieldTable,
  values: RequestValues,
  defaults: RequestValues,
): string {
  const always: Record<string, string[]> = {
    travel: ['mode', 'genesis'],
    video: ['format', 'fps'],
  };
  const parts: string[] = [];
  for (const name of section.fields) {
    const field = table.get(name);
    if (!field || !applies(field, values, defaults)) continue;
    const value = valueOf(name, values, defaults);
    if (name === 'fps') {
      parts.push(value === 0 ? 'none' : `${valueText(value)} fps`);
    } else if (name === 'init_image') {
      parts.push(isSet(value) ? 'chosen' : 'none');
    } else if (name === 'mask') {
      if (isSet(value)) parts.push('masked');
    } else if (always[section.id]?.includes(name)) {
      parts.push(valueText(value));
    } else if (!sameValue(value, field.default)) {
      parts.push(changedText(field, value));
    }
  }
  return parts.join(', ');
}

function changedText(field: Field, value: Json): string {
  if (value === true) return field.label.toLowerCase();
  return `${field.label.toLowerCase()} ${valueText(value)}`;
}

/** The heading of "More": what differs from the defaults. */
export function otherSummary(
  fields: Field[],
  values: RequestValues,
  defaults: RequestValues,
): string {
  const changed = otherFields(fields)
    .flatMap((group) => group.fields)
    .filter((field) => applies(field, values, defaults))
    .filter(
      (field) =>
        !sameValue(valueOf(field.name, values, defaults), defaults[field.name] ?? field.default),
    );
  if (changed.length === 0) return 'as usual';
  return changed
    .map((field) => changedText(field, valueOf(field.name, values, defaults)))
    .join(', ');
}

/** "Sampling steps 20 → 30": what a run changed, in the fields' labels. */
export function changeTexts(
  changes: { field: string; before: Json; after: Json }[],
  table: FieldTable,
): string[] {
  return changes.map(({ field, before, after }) => {
    const label = table.get(field)?.label ?? field;
    if (field === 'prompt' || field === 'negative_prompt') return label.toLowerCase();
    return `${label.toLowerCase()} ${valueText(before)} → ${valueText(after)}`;
  });
}

/** The model that a request draws with: by its name, or the default one. */
export function modelOf(boot: Pick<Bootstrap, 'models'>, value: Json) {
  if (!isSet(value)) return boot.models.find((model) => model.is_default);
  return boot.models.find((model) => model.name === value || model.title === value);
}

/** Parts of a run's settings that can be taken over by themselves. */
export type Part = 'all' | 'seed' | 'prompts' | 'size';

/** `now` with a part of another request. */
export function takeOver(now: RequestValues, from: RequestValues, part: Part): RequestValues {
  const parts: Record<Exclude<Part, 'all'>, string[]> = {
    seed: ['seed', 'subseed', 'subseed_strength'],
    prompts: ['prompt', 'negative_prompt', 'travel_steps'],
    size: ['width', 'height'],
  };
  const { out: _out, ...own } = from;
  if (part === 'all') return own;
  const taken = parts[part].filter((name) => from[name] !== undefined);
  return { ...now, ...Object.fromEntries(taken.map((name) => [name, from[name] ?? null])) };
}
