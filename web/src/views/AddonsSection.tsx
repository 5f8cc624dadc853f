import { strengthRows } from '../model/addonTags';
import { form } from '../state/form';
import { useStore } from '../state/store';
import { Section } from './Section';
import { useModule } from './useModule';

/** Names of the add-ons that stages call, for the heading. */
function summaryOf(prompts: string[]): string {
  const names = strengthRows(prompts, 0).map((row) => row.name);
  return names.length === 0 ? 'LoRA, embeddings, hypernetworks' : names.join(', ');
}

function Cards() {
  const { module, failed } = useModule(() => import('./addonCards'));
  if (failed) return <p class="field-problem">The add-ons could not be loaded.</p>;
  if (module === null) return <p class="quiet">Opening…</p>;
  return <module.AddonCards />;
}

/** The add-ons that lie in the models folders; their code is fetched when they are shown first. */
export function AddonsSection() {
  const stages = useStore(form, (state) => state.history.present.stages);
  return (
    <section class="panel addons" aria-label="Add-ons">
      <Section
        id="addons"
        title="Add-ons"
        summary={summaryOf(stages.map((stage) => stage.prompt))}
        problems={0}
      >
        <Cards />
      </Section>
    </section>
  );
}
