// An Apache Kafka with two further listeners: SASL_SSL, which takes PLAIN, SCRAM and OAUTHBEARER, and SSL, which asks clients for a certificate. Certificates are
// made by openssl, for a day.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RealKafka, startKafka } from './cluster.ts'

export interface SecuredKafka {
  readonly kafka: RealKafka
  readonly username: string
  readonly password: string
  /** PEM files: the authority that signed all, and key and certificate of a client; the key of the second has `password`. */
  readonly files: { readonly authority: string; readonly client: string; readonly lockedClient: string; readonly stranger: string }
  stop(): Promise<void>
}

export async function startSecuredKafka(password: string): Promise<SecuredKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  const username = 'app'
  const authority = authorityIn(folder, 'authority')
  const server = signedBy(folder, 'authority', 'server')
  const client = signedBy(folder, 'authority', 'client')
  const lockedClient = join(folder, 'locked.pem')
  const openKey = join(folder, 'client.key')
  openssl(folder, 'pkcs8', '-topk8', '-in', openKey, '-out', 'locked.key', '-passout', `pass:${password}`)
  writeFileSync(lockedClient, readFileSync(join(folder, 'locked.key'), 'utf8') + readFileSync(join(folder, 'client.crt'), 'utf8'))
  authorityIn(folder, 'stranger')
  const module = 'org.apache.kafka.common.security'
  const kafka = await startKafka({
    listeners: ['SASL_SSL', 'SSL'],
    formatOptions: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
    settings: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': server,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority,
      'listener.name.ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required user_${username}="${password}";`,
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
      'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config': `${module}.oauthbearer.OAuthBearerLoginModule required;`,
      // It takes tokens that nobody signed: what is tested is how they get there.
      'listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class': `${module}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`,
    },
  })
  const stop = async (): Promise<void> => {
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { kafka, username, password, files: { authority, client, lockedClient, stranger: join(folder, 'stranger.crt') }, stop }
}

function authorityIn(folder: string, name: string): string {
  const subject = ['-subj', `/CN=${name}`, '-days', '1', '-nodes']
  openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-keyout', `${name}.key`, '-out', `${name}.crt`, ...subject)
  return join(folder, `${name}.crt`)
}

/** A file with a key and a certificate for this machine. */
function signedBy(folder: string, authority: string, name: string): string {
  openssl(folder, 'req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
  writeFileSync(join(folder, 'names.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  const signing = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', '1', '-extfile', 'names.cnf']
  openssl(folder, 'x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signing)
  const file = join(folder, `${name}.pem`)
  writeFileSync(file, readFileSync(join(folder, `${name}.key`), 'utf8') + readFileSync(join(folder, `${name}.crt`), 'utf8'))
  return file
}

function openssl(folder: string, ...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}
