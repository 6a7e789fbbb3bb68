// Starts the page: state on one side, one render per animation frame on the other, however much arrives.
import { html, render } from './html.js';
import { Dashboard } from './dashboard.js';
import { Shell } from './views/shell.js';

/** Numbers that change more often than this cannot be read. */
const LEAST_MILLIS = 100;

const root = /** @type {HTMLElement} */ (document.getElementById('app'));
let drawnAt = 0;
let waiting = false;

function changed() {
  if (waiting) return;
  waiting = true;
  const wait = drawnAt + LEAST_MILLIS - performance.now();
  if (wait <= 0) requestAnimationFrame(draw);
  else setTimeout(() => requestAnimationFrame(draw), wait);
}

function draw() {
  waiting = false;
  drawnAt = performance.now();
  render(html`<${Shell} dashboard=${dashboard} now=${Date.now()} />`, root);
  dashboard.remember();
  const title = titleOf(dashboard);
  if (title !== document.title) document.title = title;
}

/** The tab says it too when the numbers are no longer live. @param {Dashboard} dashboard */
function titleOf({ view, comparison, offlineSince }) {
  if (comparison) return `${comparison.product.name} compared · Tenon`;
  if (!view) return 'Tenon';
  return `${offlineSince !== null || view.lostSince !== null ? '(offline) ' : ''}${view.product.name} · Tenon`;
}

const dashboard = new Dashboard(changed);
draw();
dashboard.start();
// Ages and rates move on also when nothing arrives.
setInterval(changed, 1000);
