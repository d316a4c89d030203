// Records as lines, and back: every byte as it was.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConsumedRecord, formatRecordLine, parseRecordLine } from '../../cli/record-line.ts'

function line(key: string | Buffer | null, value: string | Buffer | null, more: Partial<ConsumedRecord> = {}): string {
  const bytes = (text: string | Buffer | null): Buffer | null => (text === null ? null : Buffer.from(text))
  return formatRecordLine({ key: bytes(key), value: bytes(value), timestamp: 5, headers: [], partition: 1, offset: 7, ...more })
}

describe('a record as a line', () => {
  it('has JSON as it is and other text as a string', () => {
    expect(line('a', '{"n": 1}')).toBe('{"key":"a","value":{"n": 1},"timestamp":5,"partition":1,"offset":7}')
  })

  it('keeps the digits of 64-bit numbers', () => {
    expect(line('9007199254740993', '{"n":1.0}')).toContain('"key":9007199254740993,"value":{"n":1.0}')
    expect(parseRecordLine('{"key":9007199254740993,"value":[1.0, {"a}":"]\\""}]}')).toMatchObject({
      key: Buffer.from('9007199254740993'),
      value: Buffer.from('[1.0, {"a}":"]\\""}]'),
    })
  })

  it('is one line, whatever line ends the value has', () => {
    expect(line(null, '{\n  "n": 1\r\n}').split('\n')).toHaveLength(1)
    expect(line(null, 'two\nlines')).toContain('"value":"two\\nlines"')
  })

  it('tells no bytes from the word null, and a text from JSON of a text', () => {
    expect(line(null, 'null')).toContain('"key":null,"value":"null"')
    expect(line('"a"', null)).toContain('"key":"\\"a\\"","value":null')
  })

  it('has bytes that are no text as base64', () => {
    expect(line(Buffer.from([0xff]), '')).toContain('"keyBase64":"/w==","value":""')
  })

  it('has headers by name, and those that repeat as a list', () => {
    const headers = [
      { key: 'a', value: Buffer.from('1') },
      { key: 'b', value: null },
      { key: 'a', value: Buffer.from([0xff]) },
    ]
    expect(line(null, '1', { headers })).toContain('"headers":{"a":["1",{"base64":"/w=="}],"b":null}')
  })

  it('comes back as it was, whatever its bytes', () => {
    const bytes = fc.option(
      fc.oneof(
        fc.uint8Array().map((array) => Buffer.from(array)),
        fc.json().map((text) => Buffer.from(text)),
        fc.string().map((text) => Buffer.from(text)),
      ),
    )
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), (key, value, timestamp) => {
        const record = { key, value, timestamp, headers: [], partition: 0 }
        expect(parseRecordLine(formatRecordLine({ ...record, offset: 3 }))).toEqual(record)
      }),
    )
  })
})

describe('a line that is no record', () => {
  it.each([
    ['hello', 'it is not JSON: '],
    ['[1]', 'it is no JSON object; a record is written as {"key": …, "value": …}'],
    ['{"key":"a"}', 'it has no value; "value": null says that the key is deleted'],
    ['{"key":"a","vlaue":1}', 'there is no member vlaue in a record. Did you mean value?'],
    ['{"value":1,"timestamp":"now"}', 'timestamp must be a whole number, not "now"'],
    ['{"value":1,"partition":-1}', 'partition must be a whole number, not -1'],
    ['{"valueBase64":"?"}', 'valueBase64 must be bytes in base64, not "?"'],
    ['{"value":1,"headers":{"a":1}}', 'the header a must be a text, not 1'],
  ])('says what is wrong with %s', (text, problem) => {
    expect(() => parseRecordLine(text)).toThrow(problem)
  })
})
