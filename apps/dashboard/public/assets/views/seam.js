// The seam: how much of the answer comes from batch and how much from speed, with the cut drawn as a mortise and tenon.
import { html } from '../html.js';
import { NOTHING, count, duration, percent } from '../format.js';
import { partsOf, totalOf } from '../seam.js';
import { CutButton } from './cut.js';
/** @typedef {import('../dashboard.js').Dashboard} Dashboard */
/** @typedef {import('../product.js').ProductView} ProductView */
/** @typedef {import('../../../src/wire').Answer} Answer */
/** @typedef {import('../seam.js').Part} Part */

const SHOWN_PARTITIONS = 8;
/** How long the bars glide after a cut. */
const GLIDE_MILLIS = 900;

/** @param {{dashboard: Dashboard, view: ProductView, answer: Answer, now: number}} props */
export function Seam({ dashboard, view, answer, now }) {
  const parts = partsOf(answer);
  const total = totalOf(parts);
  const base = answer.topology === 'kappa' ? 'folded' : 'batch';
  const share = total.batchShare;
  const moving = view.moved !== null && now - view.moved.at < GLIDE_MILLIS;
  return html`
    <section class=${moving ? 'seam moving' : 'seam'} aria-label="Batch and speed">
      <div class="bars">
        ${
          total.records > 0 &&
          html`<div class="shares">
              <p class="share">
                <span class="label">${base}</span><span class="value">${percent(share)}<small>%</small></span>
                <span class="records">${count(total.batch)} records</span>
              </p>
              <p class="share speed">
                <span class="label">speed</span
                ><span class="value">${percent(1 - share)}<small>%</small></span>
                <span class="records">${count(total.speed)} records</span>
              </p>
            </div>
            <${Joint} className="whole" start=${0} cut=${share} end=${1} label="The whole log" />
            <${Partitions} parts=${parts} span=${view.zoom.span} base=${base} />`
        }
      </div>
      <div class="facts">
        <${Vitals} view=${view} answer=${answer} now=${now} records=${total.records} />
        <${CutButton} dashboard=${dashboard} view=${view} now=${now} />
      </div>
    </section>
  `;
}

/**
 * One bar. The shoulder of the joint is the cut.
 * @param {{start: number, cut: number, end: number, label: string, className?: string}} props positions between 0 and 1
 */
function Joint({ start, cut, end, label, className = '' }) {
  const joined = cut > start && end > cut;
  const at = (/** @type {number} */ x) => `${(100 * x).toFixed(3)}%`;
  return html`
    <div class="joint ${className}" role="img" aria-label=${label} title=${label}>
      ${cut > start && html`<i class="batch" style=${{ left: at(start), width: at(cut - start) }} />`}
      <i
        class=${joined ? 'speed joined' : 'speed'}
        style=${{ left: at(cut), width: at(Math.max(0, end - cut)) }}
      />
    </div>
  `;
}

/** @param {{parts: readonly Part[], span: number, base: string}} props */
function Partitions({ parts, span, base }) {
  if (parts.length === 0) return null;
  const bars = (/** @type {readonly Part[]} */ some) => html`
    <ol class="partitions">
      ${some.map((part) => html`<${PartitionBar} key=${`${part.source}/${part.partition}`} part=${part} span=${span} base=${base} />`)}
    </ol>
  `;
  return html`
    <p class="caption"><span>Newest ${count(span)} of each partition</span><span>since the cut</span></p>
    ${bars(parts.slice(0, SHOWN_PARTITIONS))}
    ${
      parts.length > SHOWN_PARTITIONS &&
      html`<details class="more">
        <summary>${parts.length - SHOWN_PARTITIONS} more partitions</summary>
        ${bars(parts.slice(SHOWN_PARTITIONS))}
      </details>`
    }
  `;
}

/** @param {{part: Part, span: number, base: string}} props */
function PartitionBar({ part, span, base }) {
  const x = (/** @type {number} */ offset) => Math.max(0, 1 - (part.included - offset) / span);
  const label = `${part.source}, partition ${part.partition}: ${base} below offset ${count(part.cut)}, speed from there to ${count(part.included)}`;
  return html`
    <li>
      <span class="partition" aria-hidden="true">${part.partition}</span>
      <${Joint} start=${x(0)} cut=${x(part.batch)} end=${1} label=${label} />
      <span class="since" aria-hidden="true">${count(part.speed)}</span>
    </li>
  `;
}

/** @param {{view: ProductView, answer: Answer, now: number, records: number}} props */
function Vitals({ view, answer, now, records }) {
  const perSecond = view.rate.perSecond(now);
  return html`
    <dl class="vitals">
      <div>
        <dt>Lag</dt>
        <dd title="Records in the log that the numbers do not include yet">
          ${answer.behind === 0 ? 'none' : html`${count(answer.behind)} <small>behind</small>`}
        </dd>
      </div>
      <div>
        <dt>Generation</dt>
        <dd>${answer.generation}</dd>
      </div>
      <div>
        <dt>Records</dt>
        <dd
          title="Records of the log, the barriers of cuts and repeats among them: more than the events that count"
        >
          ${count(records)}
        </dd>
      </div>
      <div>
        <dt>Rate</dt>
        <dd>${perSecond === null ? NOTHING : html`${count(Math.round(perSecond))} <small>/s</small>`}</dd>
      </div>
    </dl>
    <p class="moved" role="status">
      ${view.moved && html`The cut moved ${count(view.moved.records)} records <span aria-hidden="true">${duration(now - view.moved.at)} ago</span>.`}
    </p>
  `;
}
