// TLS and credentials of a connection to Kafka, from the settings. What does not fit together is said at once, before anything connects.

import type { Settings } from '../config.ts'
import { MillraceError } from '../errors.ts'
import type { BrokerSecurity, SaslCredentials } from '../ports/plugin.ts'

/** Undefined: neither TLS nor credentials. Throws `settings-invalid`. */
export function brokerSecurity(settings: Settings): BrokerSecurity | undefined {
  const { securityProtocol, saslMechanism } = settings
  const problems: string[] = []
  const usesTls = securityProtocol === 'SSL' || securityProtocol === 'SASL_SSL'
  const usesSasl = securityProtocol === 'SASL_PLAINTEXT' || securityProtocol === 'SASL_SSL'
  if (!usesTls && settings.sslTruststoreLocation !== undefined) problems.push(unused('sslTruststoreLocation', securityProtocol))
  if (!usesTls && settings.sslKeystoreLocation !== undefined) problems.push(unused('sslKeystoreLocation', securityProtocol))
  if (!usesSasl && saslMechanism !== undefined) problems.push(unused('saslMechanism', securityProtocol))
  if (usesSasl && saslMechanism === undefined) problems.push(`securityProtocol is ${securityProtocol}, and saslMechanism does not say how.`)
  const sasl = usesSasl && saslMechanism !== undefined ? credentials(settings, saslMechanism, problems) : undefined
  if (problems.length > 0) throw new MillraceError('settings-invalid', { problems: problems.join('\n  ') })
  if (!usesTls && sasl === undefined) return undefined
  const { sslTruststoreLocation: truststoreFile, sslKeystoreLocation: keystoreFile, sslKeyPassword: keyPassword } = settings
  return { tls: usesTls ? { truststoreFile, keystoreFile, keyPassword } : undefined, sasl }
}

function credentials(
  settings: Settings,
  mechanism: NonNullable<Settings['saslMechanism']>,
  problems: string[],
): SaslCredentials | undefined {
  const missing = (name: string): void => {
    problems.push(`saslMechanism is ${mechanism}, and ${name} is not set.`)
  }
  if (mechanism === 'OAUTHBEARER') {
    const { saslOauthbearerTokenEndpointUrl: tokenUrl, saslOauthbearerScope: scope } = settings
    const { saslOauthbearerClientId: clientId, saslOauthbearerClientSecret: clientSecret } = settings
    if (tokenUrl === undefined) missing('saslOauthbearerTokenEndpointUrl')
    if (clientId === undefined) missing('saslOauthbearerClientId')
    if (clientSecret === undefined) missing('saslOauthbearerClientSecret')
    if (tokenUrl === undefined || clientId === undefined || clientSecret === undefined) return undefined
    return { mechanism, tokenUrl, clientId, clientSecret, scope }
  }
  const { saslUsername: username, saslPassword: password } = settings
  if (username === undefined) missing('saslUsername')
  if (password === undefined) missing('saslPassword')
  return username === undefined || password === undefined ? undefined : { mechanism, username, password }
}

function unused(name: string, securityProtocol: string): string {
  return `${name} is set, and securityProtocol is ${securityProtocol}, which does not use it.`
}
