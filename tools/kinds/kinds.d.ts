/** Kind → what a suite of it is. */
export const KINDS: Readonly<Record<'unit' | 'contract' | 'scenario' | 'real', string>>;
export function kindOf(path: string): string;
export function argumentsFor(kind: string): string[];
