import { useEffect } from 'preact/hooks';

import { clock } from '../model/format';
import { keyList } from '../model/keyList';
import { messages } from '../state/messages';
import { server } from '../state/server';
import { useStore } from '../state/store';
import { ui } from '../state/ui';
import { Dialog } from './Dialog';
import { NameDialog } from './NameDialog';
import { PresetsDialog } from './PresetsDialog';
import { useModule } from './useModule';
import { VideoDialog } from './VideoDialog';

function KeysDialog() {
  const letters = useStore(ui, (state) => state.letterKeys);
  return (
    <Dialog title="Keys">
      <label class="check">
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => ui.set({ letterKeys: event.currentTarget.checked })}
        />
        <span>Single letters act as keys (outside text fields)</span>
      </label>
      {keyList.map((group) => (
        <section key={group.title}>
          <h3>{group.title}</h3>
          <dl class="keys">
            {group.keys.map(({ keys, does }) => (
              <div key={does}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

function LogDialog() {
  const log = useStore(messages, (state) => state.log);
  return (
    <Dialog title="Messages">
      {log.length === 0 && <p class="quiet">Nothing was said yet.</p>}
      <ol class="log">
        {[...log].reverse().map((message) => (
          <li key={message.id} class={message.kind === 'error' ? 'wrong' : ''}>
            <span class="quiet">{clock(message.time)}</span> {message.text}
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

/** A window whose code is not there. */
function Lost({ title, what }: { title: string; what: string }) {
  return (
    <Dialog title={title}>
      <p class="field-problem">The {what} could not be loaded.</p>
    </Dialog>
  );
}

// Code is fetched when a window is opened first; until then there is none: one that makes room for
// another closes both.

function MaskDialog() {
  const { module, failed } = useModule(() => import('./maskEditor'));
  if (module !== null) return <module.MaskEditor />;
  return failed ? <Lost title="Mask" what="editor" /> : null;
}

function ChooserDialog({ field }: { field: 'model' | 'vae' }) {
  const { module, failed } = useModule(() => import('./fileChooser'));
  if (module !== null) return <module.FileChooser field={field} />;
  return failed ? <Lost title="Choose" what="list" /> : null;
}

/** The window that is open, if one is. */
export function Dialogs() {
  const dialog = useStore(ui, (state) => state.dialog);
  const id = useStore(ui, (state) => state.dialogJob);
  const gone = useStore(server, (state) => id === null || !state.jobs.has(id));
  const lost = gone && (dialog === 'video' || dialog === 'name');
  useEffect(() => {
    // Its run was deleted elsewhere.
    if (lost) ui.set({ dialog: null });
  }, [lost]);
  if (dialog === 'keys') return <KeysDialog />;
  if (dialog === 'log') return <LogDialog />;
  if (dialog === 'video') return <VideoDialog />;
  if (dialog === 'name') return <NameDialog />;
  if (dialog === 'presets') return <PresetsDialog />;
  if (dialog === 'mask') return <MaskDialog />;
  if (dialog === 'model' || dialog === 'vae') return <ChooserDialog field={dialog} />;
  return null;
}
