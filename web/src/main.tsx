import { render } from 'preact';

import { followMeasures, openForm } from './state/form';
import { listenForKeys } from './state/keys';
import { followList, loadFirst } from './state/list';
import { chooseFirstRun, followServerEvents, player, runClock } from './state/player';
import { connect, learnJob, server } from './state/server';
import { showTheme, ui } from './state/ui';
import './styles/page.css';
import { App } from './views/App';

async function open(): Promise<void> {
  const boot = await connect();
  await learnJob(player.get().job);
  openForm(boot.example.request, boot.defaults);
  followServerEvents();
  followList();
  followMeasures();
  chooseFirstRun();
  runClock();
  await loadFirst();
}

showTheme(ui.get().theme);
listenForKeys();
const root = document.getElementById('page');
if (root) render(<App />, root);
open().catch((error: unknown) => {
  server.set({ refusal: error instanceof Error ? error.message : String(error) });
});
