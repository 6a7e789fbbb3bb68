/** HTTPS: the certificate that a server shows, which is read again when it changes, so that it can be renewed without an end. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { TenonError } from '@tenon/errors';
import type { Logger } from '@tenon/ports';

export interface TlsFiles {
  /** The certificate, and those between it and its authority, PEM. */
  readonly certFile: string;
  readonly keyFile: string;
  /** How often it is looked whether they have changed, milliseconds. */
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 5_000;

export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/** @throws TenonError `invalid-setting` for files that can't be read, or are no certificate and its key */
export function readIdentity({ certFile, keyFile }: TlsFiles): TlsIdentity {
  try {
    const identity = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext(identity);
    return identity;
  } catch (error) {
    const message = `${certFile} and ${keyFile}: ${(error as Error).message}`;
    throw new TenonError('invalid-setting', `TENON_TLS_CERT and TENON_TLS_KEY: ${message}`, {
      hint: 'Give a certificate and its private key, both PEM.',
      cause: error,
    });
  }
}

/**
 * Connections that are made after a change get the new certificate; one that is not sound changes nothing.
 *
 * @returns ends the watch
 */
export function renewIdentity(server: Server, files: TlsFiles, logger: Logger): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readIdentity(files));
      logger.info({ certificate: files.certFile }, 'the certificate of HTTPS was read again');
    } catch (error) {
      logger.warn(
        { error },
        'the certificate of HTTPS has changed and is not sound, going on with the old one',
      );
    }
  };
  const watched = [files.certFile, files.keyFile];
  const options = { interval: files.lookEveryMs ?? LOOK_EVERY_MS, persistent: false };
  for (const file of watched) watchFile(file, options, renew);
  return () => {
    for (const file of watched) unwatchFile(file, renew);
  };
}
