// What can go wrong between a client and a broker, inside this folder: an answer with an error code, or no answer at all. Both are tried again where
// that can help; what leaves the folder is a MillraceError.

import { isMillraceError, MillraceError } from '../../../framework/index.ts'
import { errorCode, errorName, isRetriable } from '../wire/error-codes.ts'

/** The broker answered with an error. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest'
  readonly code: number
  readonly request: string
  readonly subject: string

  constructor(code: number, request: string, subject: string, detail?: string | null) {
    super(`${request} for ${subject}: ${errorName(code)}${detail ? ` (${detail})` : ''}`)
    this.code = code
    this.request = request
    this.subject = subject
  }
}

/** There was no answer: no connection, a lost one, or too late. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly address: string
  /** Somebody was there, and did not speak the protocol: a web server perhaps, or a broker that is just going down. */
  readonly isGibberish: boolean

  constructor(address: string, cause: unknown, isGibberish = false) {
    super(`no answer from ${address}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    this.address = address
    this.isGibberish = isGibberish
  }
}

/** Throws if the code says anything but success. */
export function check(code: number, request: string, subject: string, detail?: string | null): void {
  if (code !== errorCode.NONE) throw new RefusedRequest(code, request, subject, detail)
}

/** Whether the same request may succeed a little later. */
export function isPassing(error: unknown): boolean {
  return error instanceof NoAnswer || (error instanceof RefusedRequest && isRetriable(error.code))
}

const authorizationCodes: readonly number[] = [
  errorCode.TOPIC_AUTHORIZATION_FAILED,
  errorCode.GROUP_AUTHORIZATION_FAILED,
  errorCode.CLUSTER_AUTHORIZATION_FAILED,
  errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
]

export function isAuthorizationCode(code: number): boolean {
  return authorizationCodes.includes(code)
}

/** What a caller of the port sees. An error that nobody foresaw stays what it is. */
export function asPortError(error: unknown, brokers: readonly string[]): Error {
  if (isMillraceError(error)) return error
  if (error instanceof NoAnswer && error.isGibberish) return new MillraceError('broker-not-kafka', { address: error.address }, error)
  if (error instanceof NoAnswer) return new MillraceError('broker-unreachable', unreachable(error, brokers), error)
  if (!(error instanceof RefusedRequest)) return error instanceof Error ? error : new Error(String(error))
  if (error.code === errorCode.UNKNOWN_TOPIC_OR_PARTITION) return new MillraceError('topic-missing', { topic: error.subject }, error)
  if (isAuthorizationCode(error.code)) return new MillraceError('not-authorized', { request: error.request, subject: error.subject }, error)
  return new MillraceError('request-failed', { problem: error.message }, error)
}

/** The usual ones in words; others are in the cause. */
const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, 'there is no such host'],
  [/ECONNREFUSED/, 'nothing listens there'],
  [/ENETUNREACH|EHOSTUNREACH/, 'there is no way to that host'],
  [/self[- ]signed|unable to (get|verify)|CERT_|certificate/i, 'its certificate is not trusted: see sslTruststoreLocation'],
  [/timeout/i, 'the host is silent'],
]

function unreachable({ address, message }: NoAnswer, brokers: readonly string[]): { brokers: string; reason: string } {
  const reason = reasons.find(([pattern]) => pattern.test(message))?.[1]
  if (/^\S+:\d+$/.test(address) && !brokers.includes(address)) {
    const named = `, where the cluster at ${brokers.join(', ')} says that a broker is (its advertised.listeners)`
    return { brokers: address, reason: reason === undefined ? named : `${named}: ${reason}` }
  }
  return { brokers: brokers.join(', '), reason: reason === undefined || brokers.length > 1 ? '' : ` (${reason})` }
}
