// One product's stream of changes (SSE). The browser reconnects by itself after a broken connection, and then sends the
// id that it saw last; after a refusal (any answer but 200) it gives up, so that case is retried here.
/** @typedef {import('../../src/wire').LiveMessage} LiveMessage */
/**
 * @typedef {object} LiveHandlers
 * @property {(message: LiveMessage) => void} snapshot replaces all that was known
 * @property {(message: LiveMessage) => void} rows changed rows
 * @property {() => void} up @property {() => void} down
 * @property {() => void} refused answered, and not with a stream; why is not told
 */

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15_000;

export class LiveStream {
  /** @type {EventSource | null} */
  #source = null;
  /** @type {number | undefined} */
  #timer;
  #delay = FIRST_DELAY;
  #url;
  #handlers;

  /** @param {string} url @param {LiveHandlers} handlers */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
  }

  open() {
    this.close();
    const source = (this.#source = new EventSource(this.#url));
    /** @param {(message: LiveMessage) => void} handle */
    const reading = (handle) => (/** @type {MessageEvent<string>} */ event) => {
      this.#delay = FIRST_DELAY;
      handle(JSON.parse(event.data));
    };
    source.onopen = () => this.#handlers.up();
    source.addEventListener('snapshot', reading(this.#handlers.snapshot));
    source.addEventListener('rows', reading(this.#handlers.rows));
    source.onerror = () => {
      this.#handlers.down();
      if (source.readyState !== EventSource.CLOSED) return;
      this.#handlers.refused();
      this.#retry();
    };
  }

  #retry() {
    const delay = this.#delay * (0.75 + Math.random() / 2);
    this.#delay = Math.min(LONGEST_DELAY, this.#delay * 2);
    this.#timer = setTimeout(() => this.open(), delay);
  }

  /** The server is known to answer again, or the reader has come back: no need to wait for the next attempt. */
  hurry() {
    if (this.#source?.readyState !== EventSource.OPEN) this.open();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }
}
