/** Who may come in, by the settings. */
import type { Logger } from '@tenon/ports';
import type { Guard, Settings } from '@tenon/runtime';
import { BearerJwt, StaticTokens, createGuard } from '@tenon/runtime';

type AccessSettings = Pick<
  Settings,
  'TENON_AUTH' | 'TENON_TOKENS' | Extract<keyof Settings, `TENON_OIDC_${string}`>
>;

/** @returns undefined where everybody may do everything. @throws TenonError `invalid-setting` for a file of tokens that can't be used */
export function createAccess(settings: AccessSettings, logger: Logger): Guard | undefined {
  const { TENON_AUTH: auth, TENON_TOKENS: file } = settings;
  if (auth === 'none') return undefined;
  return createGuard(
    {
      ...(file !== undefined && { tokens: new StaticTokens(file, logger) }),
      ...(auth === 'oidc' && { jwt: jwtOf(settings) }),
    },
    logger,
  );
}

const jwtOf = (settings: AccessSettings) =>
  new BearerJwt({
    issuer: settings.TENON_OIDC_ISSUER ?? '',
    audience: settings.TENON_OIDC_AUDIENCE ?? '',
    claim: settings.TENON_OIDC_CLAIM,
    ...(settings.TENON_OIDC_KEYS !== undefined && { keysUrl: settings.TENON_OIDC_KEYS }),
  });
