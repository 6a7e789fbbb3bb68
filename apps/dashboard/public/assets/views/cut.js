import { html } from '../html.js';
import { duration } from '../format.js';
/** @typedef {import('../dashboard.js').Dashboard} Dashboard */
/** @typedef {import('../product.js').ProductView} ProductView */

/** @param {{dashboard: Dashboard, view: ProductView, now: number}} props */
export function CutButton({ dashboard, view, now }) {
  const job = dashboard.cutJob;
  const running = job?.phase === 'running';
  return html`
    <div class="cut">
      <button type="button" class="primary" aria-disabled=${running} onClick=${() => dashboard.cut()}>
        ${running ? 'Cutting…' : 'Cut now'}
      </button>
      <p class="progress" role="status">${said(dashboard, view, now)}</p>
      <div class="track" hidden=${!running}><i /></div>
    </div>
  `;
}

/**
 * What is known of the cut: the page sees its own product's generation; the answer comes when all are served.
 * @param {Dashboard} dashboard @param {ProductView} view @param {number} now
 */
function said({ cutJob: job }, view, now) {
  if (!job) return 'Ends the epoch in every partition and publishes what came before.';
  if (job.phase === 'failed') {
    return html`<strong>The cut failed.</strong> ${job.problem?.detail ?? job.problem?.title}`;
  }
  if (job.phase === 'served') return html`Generation ${job.to} is served, after ${duration(job.took ?? 0)}.`;
  const generation = view.answer?.generation ?? 0;
  const published = job.from !== null && generation > job.from;
  const step = published
    ? `generation ${generation} is here, others follow.`
    : 'waiting for the next generation.';
  return html`<span aria-hidden="true">${duration(now - job.since)}: </span>${step}`;
}
