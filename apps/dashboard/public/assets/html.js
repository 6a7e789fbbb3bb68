// Preact with htm: components without a build step. No hooks: the state is one model, views are functions of it.
import { h } from './vendor/preact/preact.mjs';
import htm from './vendor/htm/htm.module.js';

export { Component, render } from './vendor/preact/preact.mjs';
export const html = htm.bind(h);

/** An identifier that may break after an underscore. @param {{name: string}} props */
export const Name = ({ name }) =>
  name.split(/(?<=_)/).flatMap((part, i) => (i === 0 ? [part] : [html`<wbr />`, part]));
