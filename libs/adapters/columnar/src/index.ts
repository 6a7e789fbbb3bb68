export { createTables } from './tables';
