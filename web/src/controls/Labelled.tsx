import type { ComponentChildren } from 'preact';

import type { Field } from '../api/types';

/** A control with its label, its help (shown while it has the focus) and its problem. */
export function Labelled(props: {
  field: Field;
  problem: string;
  label?: string;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const { field, problem, children, wide } = props;
  const classes = ['field', wide ? 'field-wide' : '', problem === '' ? '' : 'field-wrong'];
  return (
    <div class={classes.filter(Boolean).join(' ')} data-field={field.name}>
      <label class="field-label" for={`field-${field.name}`}>
        {props.label ?? field.label}
      </label>
      {children}
      <p class="field-help" id={`help-${field.name}`}>
        {field.help}
        {field.limits !== '' && <span class="field-limits"> ({field.limits})</span>}
      </p>
      {problem !== '' && (
        <p class="field-problem" aria-live="polite" id={`problem-${field.name}`}>
          {problem}
        </p>
      )}
    </div>
  );
}
