// The chosen measure over the windows. Ink: final rows; accent: rows to which speed contributes, so the cut is seen here too.
import { Component, html } from '../html.js';
import { keyText } from '../choice.js';
import { NOTHING, show, windowLabel, words } from '../format.js';
import { SPANS } from '../product.js';
import { chartData } from '../chart-data.js';
import { createPlot } from '../plot.js';
/** @typedef {import('../product.js').ProductView} ProductView */

/** @typedef {{view: ProductView, version: number}} Props */
/** @extends {Component<Props, {at: number | null}>} */
export class Chart extends Component {
  /** Index under the cursor. @override */
  state = { at: /** @type {number | null} */ (null) };
  /** @type {import('../plot.js').Plot | null} */
  #plot = null;
  /** @type {HTMLElement | null} */
  #host = null;
  #data = chartData(null);
  #drawn = '';
  /** Read out what the keys move to, not what the mouse passes over. */
  #byKeyboard = false;

  /** @override */
  componentDidMount() {
    if (!this.#host) return;
    const { sizeMicros = 0, sizeMonths = 0 } = this.props.view.product.window ?? {};
    const step = sizeMonths > 0 ? sizeMonths * 30 * 86_400 : sizeMicros / 1e6;
    this.#plot = createPlot(
      this.#host,
      {
        moved: (at) => at !== this.state.at && this.setState({ at }),
        picked: (at) => this.#pick(at),
        marked: () => this.#markedAt(),
      },
      step,
    );
    this.#draw();
  }

  /** @override */
  componentDidUpdate() {
    this.#draw();
  }

  /** @override */
  componentWillUnmount() {
    this.#plot?.destroy();
  }

  #draw() {
    const { view } = this.props;
    const drawn = `${view.version}/${view.keys.length}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#plot?.draw(this.#data.columns, view.keys.length);
  }

  #markedAt() {
    const { window } = this.props.view;
    return window === null ? null : Date.parse(window) / 1000;
  }

  /** @param {number | null} at */
  #pick(at) {
    const window = at === null ? undefined : this.#data.windows[at];
    const { view } = this.props;
    if (window) view.chooseWindow(window === view.rows.latest() ? null : window);
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const last = this.#data.windows.length - 1;
    const at = this.state.at ?? last + 1;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => this.#plot?.point(Math.max(0, this.#data.windows[at - 1] === '' ? at - 2 : at - 1)),
      ArrowRight: () =>
        this.#plot?.point(Math.min(last, this.#data.windows[at + 1] === '' ? at + 2 : at + 1)),
      Home: () => this.#plot?.point(0),
      End: () => this.#plot?.point(last),
      Enter: () => this.#pick(this.state.at),
      Escape: () => this.props.view.chooseWindow(null),
    };
    const act = keys[event.key];
    if (!act || event.target !== event.currentTarget) return;
    event.preventDefault();
    this.#byKeyboard = true;
    act();
  };

  /** @override @param {Props} props */
  render({ view }) {
    this.#data = chartData(view);
    return html`
      <section class="chart" aria-label="${words(view.measure ?? '')} over time">
        <div class="chart-head">
          <p class="readout" aria-live=${this.#byKeyboard ? 'polite' : 'off'}>${this.#readout()}</p>
          <${Spans} view=${view} />
        </div>
        <div
          class="plot"
          tabindex="0"
          role="group"
          aria-label="Chart: arrow keys read the windows, Enter lists one"
          onKeyDown=${this.#key}
          onPointerMove=${() => (this.#byKeyboard = false)}
          ref=${(/** @type {HTMLElement | null} */ element) => {
            this.#host = element;
          }}
        />
      </section>
    `;
  }

  /** What the cursor is on; without it, what the two colours mean. */
  #readout() {
    const { view } = this.props;
    const shape = view.product.window;
    const window = this.#data.windows[this.state.at ?? -1];
    if (!shape || !window) {
      return html`<span><i class="line s0" />final</span><span><i class="line live" />provisional</span>`;
    }
    const column = view.shape.measures.find((measure) => measure.name === view.measure);
    return html`
      <span class="at">${windowLabel(window, shape)}</span>
      ${view.keys.map((key, i) => {
        const row = view.series.get(key)?.of(window)[0];
        const value = row ? show(row[view.measure ?? ''], column?.type ?? '') : NOTHING;
        return html`<span key=${key} class="reading"
          ><i class="line s${i} ${row?._status}" />${keyText(key)} <b>${value}</b></span
        >`;
      })}
    `;
  }
}

/** @param {{view: ProductView}} props */
const Spans = ({ view }) => html`
  <div class="spans" role="group" aria-label="Windows shown">
    ${SPANS.map((span) => html`<button type="button" key=${span} class="quiet" aria-pressed=${span === view.span} onClick=${() => view.chooseSpan(span)}>${span}</button>`)}
    <span class="unit">windows</span>
  </div>
`;
