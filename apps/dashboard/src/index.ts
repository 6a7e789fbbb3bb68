/** The dashboard for whoever serves it: which directories, under which paths, with which policy. */
import { dirname, join } from 'node:path';

/** GET prefix/file answers directory/file; GET prefix itself answers `index`, where there is one. */
export interface StaticMount {
  readonly prefix: string;
  readonly directory: string;
  readonly index?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The page needs nothing from elsewhere and no inline script; uPlot and Preact set styles through the CSSOM. The page
 * states it itself in a meta element; as a header it can also forbid frames.
 */
export const DASHBOARD_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Libraries come as they are from node_modules: their directory with the browser's module in it. */
const vendor = (name: string, entry: string): StaticMount => ({
  prefix: `/assets/vendor/${name}`,
  directory: dirname(entry),
});

/** Longest prefix first, so that a server which tries them in order finds the right one. */
export function dashboardStatics(): StaticMount[] {
  return [
    vendor('preact', require.resolve('preact')),
    vendor('htm', require.resolve('htm')),
    vendor('uplot', require.resolve('uplot')),
    {
      prefix: '/',
      directory: join(__dirname, '..', 'public'),
      index: 'index.html',
      headers: { 'content-security-policy': DASHBOARD_CSP },
    },
  ];
}
