export { MemoryStore } from '@tenon/testing';
