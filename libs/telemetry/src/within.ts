import type { Span } from '@tenon/ports';

/** Ends a span with what `work` comes to. @throws what `work` throws */
export async function within<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}
