import type { Route } from './http';

/** A running service, as the composition roots hold it. */
export interface RunningService {
  readonly name: 'ingestion' | 'speed' | 'batch' | 'consumption' | 'serving';
  readonly routes: readonly Route[];
  /** Ready to do its work; the reason where not. */
  ready(): { readonly ok: boolean; readonly reason?: string };
  /** Numbers and facts for /v1/status. */
  status(): Record<string, unknown>;
  /** Rejects if the service fails for good; resolves when it has stopped. */
  readonly done: Promise<void>;
  /** Finishes what is in flight, then stops. */
  stop(): Promise<void>;
}
