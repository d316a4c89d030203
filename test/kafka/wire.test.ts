import { describe, expect, it } from 'vitest'
import {
  readRequest,
  readRequestHeader,
  readResponse,
  readResponseHeader,
  requestFrame,
  requestPieces,
  responseFrame,
} from '../../plugins/kafka/wire/api.ts'
import { apis } from '../../plugins/kafka/wire/apis.ts'

describe('a frame', () => {
  it('has the bytes that the JVM writes for an ApiVersions request of version 3', () => {
    const frame = requestFrame(apis.apiVersions, 3, 7, 'me', { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
    expect(frame.toString('hex')).toBe('00000012' + '0012' + '0003' + '00000007' + '0002' + '6d65' + '00' + '0278' + '0231' + '00')
    const header = readRequestHeader(frame.subarray(4))
    expect(header.clientId).toBe('me')
    expect(readRequest(apis.apiVersions, header)).toEqual({ clientSoftwareName: 'x', clientSoftwareVersion: '1' })
  })

  it('of an ApiVersions response keeps the old header in a flexible version', () => {
    const frame = responseFrame(apis.apiVersions, 3, 7, { errorCode: 0, apiKeys: [{ apiKey: 0, minVersion: 3, maxVersion: 9 }] })
    expect(frame.toString('hex')).toBe('00000013' + '00000007' + '0000' + '02' + '0000' + '0003' + '0009' + '00' + '00000000' + '00')
    const { rest } = readResponseHeader(frame.subarray(4))
    expect(readResponse(apis.apiVersions, 3, rest).apiKeys).toEqual([{ apiKey: 0, minVersion: 3, maxVersion: 9 }])
  })

  it('in pieces has large record batches in it as they are, not copied', () => {
    const [large, small] = [Buffer.alloc(20_000, 1), Buffer.alloc(100, 2)]
    const topicData = [{ name: 't', partitionData: [large, small].map((records, index) => ({ index, records })) }]
    const pieces = requestPieces(apis.produce, 9, 1, 'me', { transactionalId: null, acks: -1, timeoutMs: 1000, topicData })
    expect(pieces).toHaveLength(3)
    expect(pieces[1]).toBe(large)
    const frame = Buffer.concat(pieces)
    expect(frame.readInt32BE(0)).toBe(frame.length - 4)
    expect(readRequest(apis.produce, readRequestHeader(frame.subarray(4))).topicData).toEqual(topicData)
  })
})
