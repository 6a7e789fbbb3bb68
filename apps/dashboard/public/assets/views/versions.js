import { html } from '../html.js';
import { clock, count } from '../format.js';
/** @typedef {import('../../../src/wire').Product} Product */
/** @typedef {import('../../../src/wire').ProductVersion} ProductVersion */

/** The versions beside the one that is served: how far they are, and how long they are kept. @param {{product: Product | undefined}} props */
export function Versions({ product }) {
  const others = (product?.versions ?? []).filter(({ state }) => state !== 'served' && state !== 'dropped');
  if (!product || others.length === 0) return null;
  return html`
    <ul class="versions" aria-label="Other versions">
      ${others.map((one) => html`<li key=${one.version}><${Version} name=${product.name} one=${one} /></li>`)}
    </ul>
  `;
}

/** @param {{name: string, one: ProductVersion}} props */
function Version({ name, one }) {
  const { version, state, percent = 0, behind = 0, paused, throttle, promotes, until, troubles = [] } = one;
  const named = `v${version}`;
  if (state === 'building') {
    const slower = throttle === undefined ? '' : `, at most ${count(throttle)} events/s`;
    const far = ` ${percent} %, ${count(behind)} records behind${slower}`;
    return html`<span>${`${named} ${paused ? 'stands still' : 'is being built'}`}</span>
      <progress max="100" value=${percent} aria-label=${named}></progress>
      <span>${far}</span>`;
  }
  if (state === 'ready') {
    if (troubles.length > 0) return `${named} is ready, with a trouble: ${troubles[0]?.reason}`;
    return promotes === 'on command'
      ? html`${`${named} is ready: `}<code>${`npx tenon promote ${name}`}</code>`
      : `${named} is ready`;
  }
  if (state === 'kept')
    return `${named} is kept${until === undefined ? '' : ` until ${clock(Date.parse(until))}`}`;
  return `${named} is being removed`;
}
