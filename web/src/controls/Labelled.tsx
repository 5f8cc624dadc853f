import type { ComponentChildren } from 'preact';

import type { FieldUse } from './useField';

/** What is wrong with the control of that id. Always there, so that a new text is read out. */
export function FieldProblem({ id, problem }: { id: string; problem: string }) {
  return (
    <p class="field-problem" aria-live="polite" id={`${id}-problem`}>
      {problem}
    </p>
  );
}

/** A field's help (shown while its control has the focus) and what is wrong with it. */
export function HelpAndProblem({ use }: { use: FieldUse }) {
  const { field, problem, aria } = use;
  return (
    <>
      <p class="field-help" id={`${aria.id}-help`}>
        {field.help}
        {field.limits !== '' && <span class="field-limits"> ({field.limits})</span>}
      </p>
      <FieldProblem id={aria.id} problem={problem} />
    </>
  );
}

/** A control with its label, its help and its problem. */
export function Labelled(props: {
  use: FieldUse;
  label?: string | undefined;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const { use, children, wide } = props;
  const classes = ['field', wide ? 'field-wide' : '', use.problem === '' ? '' : 'field-wrong'];
  return (
    <div class={classes.filter(Boolean).join(' ')} data-field={use.field.name}>
      <label class="field-label" for={use.aria.id}>
        {props.label ?? use.field.label}
      </label>
      {children}
      <HelpAndProblem use={use} />
    </div>
  );
}
