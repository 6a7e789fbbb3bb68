import { exactDigits } from './exact-integers';

/**
 * Whether no two items are equal, as JSON Schema means it: 1 is 1.0, and the order of fields says nothing. In steps that grow
 * with the items' size.
 */
export function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<string>();
  for (let index = 0; index < items.length; index += 1) {
    const text = textOf(items, index);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

/** Equal for equal values only. */
function textOf(holder: object, name: string | number): string {
  const value = (holder as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'number') return exactDigits(holder, name) ?? String(value + 0);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((_, index) => textOf(value, index)).join(',')}]`;
  const fields = Object.keys(value).sort();
  return `{${fields.map((field) => `${JSON.stringify(field)}:${textOf(value, field)}`).join(',')}}`;
}
