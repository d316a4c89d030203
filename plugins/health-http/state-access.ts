// Who may read state over HTTP: anybody on this machine while only it can reach the port; beyond that, and where a token is set, only who shows the token.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../../framework/index.ts'

/** Of a request. */
export interface ShownHeaders {
  readonly authorization: string
  readonly host: string
}

export interface Refusal {
  readonly status: 401 | 403
  readonly code: string
  readonly message: string
}

export function whyRefused(listensAt: string, token: Secret | undefined, { authorization, host }: ShownHeaders): Refusal | undefined {
  if (token !== undefined) {
    const [, shown] = /^Bearer +(.+)$/i.exec(authorization) ?? []
    if (shown !== undefined && isSame(shown, token.reveal())) return undefined
    return {
      status: 401,
      code: 'token-wrong',
      message: 'State is read with the header Authorization: Bearer and the token of this app (stateQueryToken).',
    }
  }
  if (!isLoopback(listensAt))
    return {
      status: 403,
      code: 'token-not-set',
      message: `State is not given away at ${listensAt} without a token: set MILLRACE_STATE_QUERY_TOKEN, or MILLRACE_STATE_QUERY_TOKEN_FILE.`,
    }
  // A web page whose name was made to lead here would be this machine's browser (DNS rebinding).
  if (!isLoopback(host.replace(/:\d+$/, '')))
    return {
      status: 403,
      code: 'host-wrong',
      message: `This port answers for localhost, not for ${host}. Set stateQueryToken to read it by another name.`,
    }
  return undefined
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

/** In a time that says nothing of where they differ. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(token))
}
