export { judgeCatalog } from './judge';
export { durationText } from './texts';
export type {
  DeclaredCatalog,
  Difference,
  Notice,
  ProductChange,
  RunningCatalog,
  SourceChange,
  Verdict,
} from './verdict';
