export { contextHeaders } from './context-headers';
export { Links, MAX_LINKS } from './links';
export { startMessaging } from './messaging';
export { NO_LOGGER } from './no-logger';
export { NO_METRICS } from './no-metrics';
export { NO_TRACER } from './no-tracer';
export { isSampled } from './sampled';
export { tracedRoutes } from './traced-routes';
export { within } from './within';
