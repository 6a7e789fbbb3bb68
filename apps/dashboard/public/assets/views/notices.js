// What is said when there are no numbers, or none that are fresh.
import { html } from '../html.js';
import { clock, count, duration } from '../format.js';
import { reasonsOf } from '../letters.js';
/** @typedef {import('../../../src/wire').Problem} Problem */
/** @typedef {import('../../../src/wire').Product} Product */
/** @typedef {import('../../../src/wire').Answer} Answer */
/** @typedef {import('../../../src/wire').LetterCount} LetterCount */

/** A gap shorter than this is not worth a word. */
const PATIENCE_MILLIS = 1500;

/** @param {{since: number | null, now: number}} props */
export function Offline({ since, now }) {
  const shown = since !== null && now - since >= PATIENCE_MILLIS;
  return html`
    <div class="offline" role="status" hidden=${!shown}>
      ${
        shown &&
        html`<strong>Connection lost</strong> since ${`${clock(since)} `}<span aria-hidden="true"
            >(${duration(now - since)})</span
          >. The numbers are those of then; reconnecting.`
      }
    </div>
  `;
}

export const Loading = () => html`
  <div class="loading" role="status" aria-label="Loading">
    <div class="bone wide" />
    <div class="bone" />
    <div class="bone tall" />
  </div>
`;

/** @param {{title: string, problem: Problem, retry?: () => void}} props */
export const Failure = ({ title, problem, retry }) => html`
  <section class="failure" role="alert">
    <h1>${title}</h1>
    <p>${problem.detail ?? problem.title}</p>
    ${(problem.code || problem.status >= 400) && html`<p class="code">${[problem.status || null, problem.code].filter(Boolean).join(' · ')}</p>`}
    ${problem.status === 403 && html`<p><a href="/signin.html${location.hash}">Sign in with another token</a></p>`}
    ${retry && html`<button type="button" class="quiet" onClick=${retry}>Try again</button>`}
  </section>
`;

/** A problem beside numbers that are still good. @param {{problem: Problem | null, what: string}} props */
export const Aside = ({ problem, what }) =>
  problem &&
  html`<p class="aside" role="alert">
    <strong>${what}</strong> ${problem.detail ?? problem.title}
    ${problem.code && html`<code>${problem.code}</code>`}
  </p>`;

/** What is known to be wrong with a product. @param {{answer: Answer}} props */
export const Troubles = ({ answer }) => {
  const troubles = answer.troubles ?? [];
  if (troubles.length > 0)
    return html`${troubles.map(
      ({ layer, code, reason }) =>
        html`<p class="aside" role="alert" key=${`${layer} ${code}`}>
          <strong>Incomplete.</strong> ${reason} <code>${code}</code>
        </p>`,
    )}`;
  return (
    answer.status === 'incomplete' &&
    html`<p class="aside" role="alert">
      <strong>Incomplete.</strong> A flush is awaited, or the end of the log cannot be asked for.
    </p>`
  );
};

/** More reasons than these are named on the command line only. */
const MOST_REASONS = 5;

/** @param {{code: string, count: number}[]} reasons */
const reasonText = (reasons) =>
  reasons
    .slice(0, MOST_REASONS)
    .map(({ code, count: n }) => `${count(n)} ${code}`)
    .join(', ') + (reasons.length > MOST_REASONS ? ', …' : '');

/**
 * Events that the product could not take, and those of its source that no product has seen, with the reasons of those that nobody
 * has settled yet.
 *
 * @param {{product: Product, answer: Answer, letters: readonly LetterCount[]}} props
 */
export const Refused = ({ product, answer, letters }) => {
  const { deadLettered: refused = 0, conflicts = 0 } = answer;
  const { own, source } = reasonsOf(product, letters);
  const ofSource = source.reduce((sum, one) => sum + one.count, 0);
  if (refused === 0 && ofSource === 0) return null;
  const were = (/** @type {number} */ n) => `${count(n)} ${n === 1 ? 'event was' : 'events were'} refused`;
  return html`<div class="aside refused" role="note">
    ${
      refused > 0 &&
      html`<p>
        <strong>${were(refused)}</strong>${` by this product${own.length > 0 ? `: ${reasonText(own)}` : ''}.`}
      </p>`
    }
    ${
      conflicts > 0 &&
      html`<p>
        ${`Of these ${count(conflicts)} ${conflicts === 1 ? 'has' : 'have'} the id of another event, which has other data and is counted instead.`}
      </p>`
    }
    ${
      ofSource > 0 &&
      html`<p>
        <strong>${were(ofSource)}</strong
        >${` by ${product.source}, for every product: ${reasonText(source)}.`}
      </p>`
    }
    <p>Each with its reason: <code>${`npx tenon dlq list --source ${product.source}`}</code></p>
  </div>`;
};

/** Whether somebody has given a token here; browsers may keep nothing at all. */
function hasSignedIn() {
  try {
    return localStorage.getItem('tenon.signedIn') !== null;
  } catch {
    return false;
  }
}

/** @param {Product} product */
function command(product) {
  const data = JSON.stringify(product.example ?? {}).replaceAll("'", "'\\''");
  return [
    `curl ${location.origin}/v1/sources/${encodeURIComponent(product.source)}/events \\`,
    `  -H 'content-type: application/json' \\`,
    // The page's own token is out of its scripts' reach.
    ...(hasSignedIn() ? [`  -H "authorization: Bearer $TENON_TOKEN" \\`] : []),
    `  -d '${data}'`,
  ].join('\n');
}

/** @param {{product: Product, records: number}} props */
export function Empty({ product, records }) {
  const text = command(product);
  return html`
    <section class="empty">
      <h2>No rows yet</h2>
      <p>
        ${records === 0 ? 'No event has come in.' : `${count(records)} records are in the log (barriers count), and none made a row of this product.`}
        ${' '}Send one to <code>${product.source}</code>, and its row appears here:
      </p>
      <div class="command">
        <pre tabindex="0"><code>${text}</code></pre>
        <button type="button" class="quiet" onClick=${(/** @type {MouseEvent} */ event) => copy(event, text)}>
          Copy
        </button>
      </div>
      ${!product.example && html`<p class="hint">Between the braces: the fields that the source’s schema asks for.</p>`}
    </section>
  `;
}

/** Without a clipboard (plain HTTP from another machine) the text is selected instead. @param {MouseEvent} event @param {string} text */
async function copy(event, text) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    const code = button.parentElement?.querySelector('code');
    if (code) getSelection()?.selectAllChildren(code);
  }
}
