/** Certificates for specs that talk TLS: an authority, and what it signs for servers and clients on this machine. */
import { webcrypto } from 'node:crypto';

export interface IssuedCertificate {
  /** PEM. */
  readonly cert: string;
  /** PKCS #8, PEM. */
  readonly key: string;
}

export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1, as a server and as a client. @param name its common name */
  issue(name: string): Promise<IssuedCertificate>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SUBJECT = 'CN=Tenon specs';
const DAY_MS = 86_400_000;

const makeKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

const lifetime = () => ({ notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) });

/** Loaded where it is used: few specs need it. */
async function loadX509() {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}

export async function createAuthority(): Promise<CertificateAuthority> {
  const x509 = await loadX509();
  const keys = await makeKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: SUBJECT, keys, signingAlgorithm: ALGORITHM, ...lifetime() },
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  const extensions = [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]),
  ];
  return {
    ca: authority.toString('pem'),
    issue: async (name) => {
      const own = await makeKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        ...{ subject: `CN=${name}`, issuer: SUBJECT, signingAlgorithm: ALGORITHM, ...lifetime(), extensions },
        ...{ publicKey: own.publicKey, signingKey: keys.privateKey },
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
}
