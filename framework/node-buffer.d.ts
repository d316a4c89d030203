// Methods of Node's Buffer that its types leave out: they read and write a range without an object for it.
interface Buffer {
  utf8Slice(start?: number, end?: number): string
  latin1Slice(start?: number, end?: number): string
  utf8Write(text: string, offset?: number, length?: number): number
  latin1Write(text: string, offset?: number, length?: number): number
}
