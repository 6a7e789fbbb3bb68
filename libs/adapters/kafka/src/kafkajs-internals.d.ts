/** The parts of kafkajs 2.2.4 below its public interface that this adapter uses; `kafkajs.ts` is the only reader. */

declare module 'kafkajs/src/network/requestQueue' {
  class RequestQueue {
    pending: unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
  export = RequestQueue;
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request' {
  /** Builds a Fetch request of version 11. */
  function request(options: {
    replicaId: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): unknown;
  export = request;
}
