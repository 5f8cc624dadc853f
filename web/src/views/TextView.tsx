import { useState } from 'preact/hooks';

import { FieldProblem } from '../controls/Labelled';
import { tiesOf, useProblem } from '../controls/useField';
import { negativeText, parseSteps, promptText, stepsText } from '../model/document';
import { setNegativeLines, setPromptLines } from '../model/edit';
import { doc, form, update } from '../state/form';
import { useStore } from '../state/store';

/** Steps as typed: for each gap where the list fits, else kept as text for the server to refuse. */
function takeSteps(text: string): void {
  update((now) => {
    const steps = parseSteps(text);
    const gaps = now.stages.length - 1 + (now.values.loop === true ? 1 : 0);
    if (!steps || !(steps.length === 1 || steps.length === gaps)) return { ...now, rawSteps: text };
    const stages = now.stages.map((stage, i) => {
      const gap = i === 0 ? now.stages.length - 1 : i - 1;
      return { ...stage, steps: steps[gap] ?? steps[0] ?? stage.steps };
    });
    return { ...now, stages, rawSteps: null };
  }, 'text:steps');
}

/** The stages as lines, as in the original: prompts, negative prompts, steps. */
export function TextView() {
  const present = useStore(form, (state) => state.history.present);
  // What is being typed may have blank lines and lists that do not fit yet.
  const [typing, setTyping] = useState<{ field: string; text: string } | null>(null);
  const [problem, negativeProblem, stepsProblem] = [
    useProblem('prompt'),
    useProblem('negative_prompt'),
    useProblem('travel_steps'),
  ];
  const shown = (field: string, text: string) => (typing?.field === field ? typing.text : text);
  const area = (
    field: string,
    label: string,
    text: string,
    help: string,
    wrong: string,
    rows: number,
    take: (text: string) => void,
  ) => (
    <div class={wrong === '' ? 'field' : 'field field-wrong'}>
      <label class="field-label" for={`text-${field}`}>
        {label}
      </label>
      <textarea
        {...tiesOf(`text-${field}`, wrong)}
        class="input"
        rows={rows}
        spellcheck={false}
        value={shown(field, text)}
        onInput={(event) => {
          setTyping({ field, text: event.currentTarget.value });
          take(event.currentTarget.value);
        }}
        onBlur={() => setTyping(null)}
      />
      <p class="field-help" id={`text-${field}-help`}>
        {help}
      </p>
      <FieldProblem id={`text-${field}`} problem={wrong} />
    </div>
  );
  return (
    <section class="panel text-view" aria-label="Stages as text">
      {area(
        'prompt',
        'Prompts, one stage per line',
        promptText(present),
        'Blank lines are no stages; "" is a stage with an empty prompt.',
        problem,
        5,
        (text) => update((now) => setPromptLines(now, text), 'text:prompt'),
      )}
      {area(
        'negative_prompt',
        'Negative prompts',
        negativeText(present),
        'One per stage; the shorter list repeats its last line.',
        negativeProblem,
        2,
        (text) => update((now) => setNegativeLines(now, text), 'text:negative'),
      )}
      <div class={stepsProblem === '' ? 'field' : 'field field-wrong'}>
        <label class="field-label" for="text-travel_steps">
          Travel steps
        </label>
        <input
          {...tiesOf('text-travel_steps', stepsProblem)}
          class="input"
          type="text"
          inputMode="text"
          autoComplete="off"
          value={shown('steps', stepsText(present))}
          onInput={(event) => {
            setTyping({ field: 'steps', text: event.currentTarget.value });
            takeSteps(event.currentTarget.value);
          }}
          onBlur={() => setTyping(null)}
        />
        <p class="field-help" id="text-travel_steps-help">
          Frames between stages: one number, or one for each of the{' '}
          {Math.max(0, doc().stages.length - 1)} gaps, with commas between.
        </p>
        <FieldProblem id="text-travel_steps" problem={stepsProblem} />
      </div>
    </section>
  );
}
