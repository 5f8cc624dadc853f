import type { Field } from '../api/types';
import { FewStepsControl } from '../controls/FewStepsControl';
import { FieldControl } from '../controls/FieldControl';
import { InitPictureControl } from '../controls/InitPictureControl';
import { ModelControl, VaeControl } from '../controls/ModelControls';
import { SamplerControl, SchedulerControl } from '../controls/SamplerControls';
import { SeedControl } from '../controls/SeedControl';
import { SizeControl } from '../controls/SizeControl';
import { SmoothControl } from '../controls/SmoothControl';
import { useFieldTable } from '../controls/useField';
import {
  applies,
  headerFields,
  modelOf,
  otherFields,
  otherSummary,
  sections,
  sectionSummary,
  type SectionPlan,
} from '../model/fields';
import { form } from '../state/form';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { Section } from './Section';
import { useNarrow } from './useMedia';

function countProblems(fields: string[], problems: { field: string }[]): number {
  return problems.filter((problem) => fields.includes(problem.field)).length;
}

function PlannedSection({ plan }: { plan: SectionPlan }) {
  const table = useFieldTable();
  const values = useStore(form, (state) => state.history.present.values);
  const problems = useStore(form, (state) => state.problems);
  const defaults = useStore(server, (state) => state.boot?.defaults) ?? {};
  const shown = plan.fields
    .map((name) => table.get(name))
    .filter((field): field is Field => field !== undefined && applies(field, values, defaults));
  return (
    <Section
      id={plan.id}
      title={plan.title}
      summary={sectionSummary(plan, table, values, defaults)}
      problems={countProblems(plan.fields, problems)}
    >
      <div class="grid">
        {shown.map((field) =>
          field.name === 'init_image' || field.name === 'mask' ? (
            <InitPictureControl key={field.name} name={field.name} />
          ) : (
            <FieldControl key={field.name} name={field.name} />
          ),
        )}
      </div>
    </Section>
  );
}

/** On a phone the model stands here; elsewhere it is at the top of the page. */
function ModelSection() {
  const boot = useStore(server, (state) => state.boot);
  const model = useStore(form, (state) => state.history.present.values.model ?? '');
  const problems = useStore(form, (state) => state.problems);
  const title = (boot && modelOf(boot, model)?.title) ?? String(model);
  return (
    <Section
      id="model"
      title="Model"
      summary={title}
      problems={countProblems(headerFields, problems)}
    >
      <div class="grid">
        <ModelControl />
        <VaeControl />
      </div>
    </Section>
  );
}

/** Everything that no other place shows, with the headings of the server's table. */
function MoreSection() {
  const fields = useStore(server, (state) => state.boot?.fields) ?? [];
  const values = useStore(form, (state) => state.history.present.values);
  const problems = useStore(form, (state) => state.problems);
  const defaults = useStore(server, (state) => state.boot?.defaults) ?? {};
  const groups = otherFields(fields);
  const names = groups.flatMap((group) => group.fields.map((field) => field.name));
  return (
    <Section
      id="more"
      title="More"
      summary={otherSummary(fields, values, defaults)}
      problems={countProblems(names, problems)}
    >
      {groups.map((group) => (
        <fieldset class="group" key={group.group}>
          <legend>{group.group}</legend>
          <div class="grid">
            {group.fields
              .filter((field) => applies(field, values, defaults))
              .map((field) => (
                <FieldControl key={field.name} name={field.name} />
              ))}
          </div>
        </fieldset>
      ))}
    </Section>
  );
}

/** The settings below the stages: what is changed often is open, the rest is named in headings. */
export function Settings() {
  const narrow = useNarrow();
  return (
    <section class="panel settings" aria-label="Settings">
      <div class="grid open-settings">
        <SamplerControl />
        <SchedulerControl />
        <FieldControl name="steps" />
        <FieldControl name="cfg_scale" />
        <SizeControl />
        <SeedControl />
        <SmoothControl />
        <FewStepsControl />
      </div>
      {narrow && <ModelSection />}
      {sections.map((plan) => (
        <PlannedSection key={plan.id} plan={plan} />
      ))}
      <MoreSection />
    </section>
  );
}
