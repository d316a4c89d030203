// A value in a message: short, and as one would write it.

const lengthMax = 60

export function shown(value: unknown): string {
  const text = textOf(value)
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}...` : text
}

function textOf(value: unknown): string {
  // JSON.stringify would call Infinity, which is what 1e400 is read as, null.
  if (typeof value === 'number') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    // It contains itself, or a bigint.
    return `a value of type ${typeof value}`
  }
}
