let count = 0;

/** A name that no other test has used, on servers that outlive a test run too. */
export function uniqueName(prefix: string): string {
  count++;
  return `${prefix}-${Date.now().toString(36)}-${process.pid}-${count}`;
}
