/** Certificates that hold for a test: made anew each time, so that there are no keys to keep. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  /** In PEM. */
  key: string
  /** In PEM; it vouches for itself. */
  cert: string
}

/** @param subject as openssl writes it, `/O=odradek/CN=broker`; the address is 127.0.0.1, and localhost its name */
export function makeCertificate(subject = '/CN=broker'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'odradek-certificate-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const names = ['-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
    execFileSync(
      'openssl',
      ['req', '-x509', '-nodes', '-days', '2', ...curve, ...names, '-keyout', key, '-out', cert],
      {
        stdio: 'pipe',
      },
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
