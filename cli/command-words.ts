// What people type, as oclif takes it.

/** `help topic list` is `topic list --help`; what follows the topology of `run` is the app's, its --help too. */
export function asOclifReads(words: readonly string[]): string[] {
  const [first, second, ...rest] = words
  if (first === 'help') return [...words.slice(1), '--help']
  if (first === 'version') return ['--version']
  // oclif leaves alone what stands behind `--`.
  if (first === 'run' && second !== undefined && !second.startsWith('-')) return [first, second, '--', ...rest]
  return [...words]
}
