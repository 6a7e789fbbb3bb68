import { html } from '../html.js';
/** @typedef {import('../../../src/wire').ServiceStatus} ServiceStatus */

/** @param {ServiceStatus} service */
const details = (service) =>
  Object.entries(service).filter(
    ([name, value]) => name !== 'name' && name !== 'ready' && typeof value !== 'object',
  );

/** There may be several of a service. @param {ServiceStatus} service */
const keyOf = ({ name, instance }) => `${name} ${instance}`;

/** @param {{services: readonly ServiceStatus[], offline: boolean}} props */
export function Services({ services, offline }) {
  if (services.length === 0) return null;
  const ready = services.filter((service) => service.ready).length;
  return html`
    <details class="services">
      <summary>
        <span class="lamps" aria-hidden="true">
          ${services.map((service) => html`<i key=${keyOf(service)} class=${service.ready && !offline ? 'on' : 'off'} title=${service.name} />`)}
        </span>
        ${offline ? 'Unknown: no answer. Before: ' : ''}${ready === services.length ? `${ready} services ready` : `${ready} of ${services.length} services ready`}
      </summary>
      <ul>
        ${services.map(
          (service) => html`
            <li key=${keyOf(service)}>
              <span class="name">${service.name}</span>
              <span class="state">${service.ready ? 'ready' : 'not ready'}</span>
              ${details(service).map(([name, value]) => html`<span class="detail">${name} <b>${String(value)}</b></span>`)}
            </li>
          `,
        )}
      </ul>
    </details>
  `;
}
