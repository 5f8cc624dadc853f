import { render } from 'preact';

import { followMeasures, openForm } from './state/form';
import { listenForKeys } from './state/keys';
import { followList, loadFirst } from './state/list';
import { sayError } from './state/messages';
import { chooseFirstRun, followServerEvents, runClock } from './state/player';
import { connect } from './state/server';
import { showTheme, ui } from './state/ui';
import './styles/page.css';
import { App } from './views/App';

async function open(): Promise<void> {
  const boot = await connect();
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
open().catch(sayError);
