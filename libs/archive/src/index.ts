export { archiveName, archivePrefix, contiguous, parseArchiveName, partitionPrefix, spansOf } from './names';
export type { ArchiveFile, ArchivePlace } from './names';
export type { CompleteCut } from './complete-cut';
export { ArchiveManifest } from './manifest';
export type { ManifestDeps } from './manifest';
export { checkedPath, damaged } from './check';
export { archivedPartitions, filesOf } from './audit';
export type { ArchivedPartition } from './audit';
export { archiveRanges } from './ranges';
