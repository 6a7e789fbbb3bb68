import { readSettings } from '../config';

const problemsOf = (environment: Record<string, string>): string => {
  try {
    readSettings(environment);
    return '';
  } catch (error) {
    return JSON.stringify((error as { problems?: unknown }).problems);
  }
};

test.each([
  [{}, ''],
  [{ TENON_HOST: '127.0.0.2' }, ''],
  [{ TENON_HOST: 'localhost' }, ''],
  [{ TENON_HOST: '::1' }, ''],
  [{ TENON_HOST: '0.0.0.0' }, 'TENON_AUTH does not say whom'],
  [{ TENON_HOST: '::' }, 'TENON_AUTH does not say whom'],
  [{ TENON_HOST: '127.0.0.1.example' }, 'TENON_AUTH does not say whom'],
  [{ TENON_HOST: '0.0.0.0', TENON_INSECURE: 'on' }, ''],
  [{ TENON_HOST: '0.0.0.0', TENON_AUTH: 'tokens', TENON_TOKENS: 'tokens.yaml' }, ''],
  [{ TENON_AUTH: 'tokens' }, 'needs TENON_TOKENS'],
  [{ TENON_AUTH: 'oidc', TENON_OIDC_ISSUER: 'https://a.example' }, 'TENON_OIDC_AUDIENCE'],
  [{ TENON_TOKENS: 'tokens.yaml' }, 'need TENON_AUTH'],
])('%j: %s', (environment, problem) => {
  const found = problemsOf(environment);
  if (problem === '') expect(found).toBe('');
  else expect(found).toContain(problem);
});
