import { useEffect } from 'preact/hooks';

import { server } from '../state/server';
import { useStore } from '../state/store';
import { AddonsSection } from './AddonsSection';
import { Bars } from './Bars';
import { Dialogs } from './Dialogs';
import { DropOverlay } from './DropOverlay';
import { Header } from './Header';
import { Hints } from './Hints';
import { useProgress } from './ProgressLine';
import { ResultPane } from './ResultPane';
import { RunBar } from './RunBar';
import { RunsPane } from './RunsPane';
import { Settings } from './Settings';
import { StagesPanel } from './StagesPanel';
import { Toasts } from './Toasts';

/** Progress of the run in work in the tab's title. */
function Title() {
  const current = useStore(server, (state) => state.queue.current);
  const job = useStore(server, (state) => (current === null ? undefined : state.jobs.get(current)));
  const progress = useProgress(job);
  const part = progress ? `${progress.title} · ` : '';
  useEffect(() => {
    document.title = `${part}Prompt Travel`;
  }, [part]);
  return null;
}

/** The page: the travel on the left, what is drawn of it and all runs on the right. */
export function App() {
  const ready = useStore(server, (state) => state.boot !== null);
  const drawing = useStore(server, (state) => state.queue.current !== null);
  return (
    <>
      <Title />
      <Bars />
      {ready ? (
        <>
          <Header />
          <main class={drawing ? 'layout layout-drawing' : 'layout'}>
            <div class="column column-form">
              <StagesPanel />
              <AddonsSection />
              <Settings />
              <RunBar />
            </div>
            <div class="column column-result">
              <ResultPane />
            </div>
            <div class="column column-runs">
              <Hints />
              <RunsPane />
            </div>
          </main>
        </>
      ) : (
        <main class="opening">
          <h1 class="hidden">Prompt Travel</h1>
          <p class="quiet">Opening…</p>
        </main>
      )}
      <Toasts />
      <Dialogs />
      <DropOverlay />
    </>
  );
}
