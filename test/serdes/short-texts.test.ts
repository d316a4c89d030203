import { expect, test } from 'vitest'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { string } from '../../framework/serdes/serdes.ts'

test.each(['', '7', '12345678', '123456789', 'é', 'abcdefé', 'abcdefgé', '日本', '🚂'])('the text %j is written as UTF-8', (text) => {
  expect(toBytes(string(), text)).toEqual(Buffer.from(text, 'utf8'))
})
