import { enter } from './entrance.js';
import { showFactors } from './factors.js';
import { showSessions } from './sessions.js';

await enter(async () => {
  document.getElementById('account').hidden = false;
  await Promise.all([
    showFactors(document.getElementById('factors')),
    showSessions(document.getElementById('sessions')),
  ]);
  // Whoever signed in again to add a factor goes on there.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
});
