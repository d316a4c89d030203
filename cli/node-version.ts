// With a Node that is too old a command ends in one sentence, where it would end in a stack of something that is not there yet.

/** As `engines` of package.json has it. */
const oldest = { major: 20, minor: 17 }

/** What is wrong with a version such as `18.20.8`; undefined where nothing is. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined
  return `Millrace needs Node ${oldest.major}.${oldest.minor} or later, and this is ${version}. Install a later one, or choose it with your version manager.`
}
