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

/** @param {Dashboard} dashboard @param {ProductView} view @param {number} now */
function said({ cutJob: job }, view, now) {
  if (!job) return 'Ends the epoch in every partition and publishes what came before.';
  if (job.phase === 'failed')
    return html`<strong>The cut failed.</strong> ${job.problem?.detail ?? job.problem?.title}`;
  const generation = view.answer?.generation;
  if (job.phase === 'served')
    return `Generation ${generation ?? ''} is served, after ${duration(job.took ?? 0)}.`;
  const published = job.from !== null && generation !== undefined && generation > job.from;
  const step = published
    ? `generation ${generation} is here, others follow`
    : 'barriers are in, the epoch is being computed';
  return `${duration(now - job.since)}: ${now - job.since < 300 ? 'writing barriers' : step}`;
}
