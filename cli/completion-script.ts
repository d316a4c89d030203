// The texts of `millrace completion`. bash and zsh have one script, which zsh runs through its bashcompinit; fish has one of its own. Nothing of Millrace runs while
// somebody types: what depends on the folder is listed by the shell.

import type { Command } from './oclif.ts'

export const shells = ['bash', 'zsh', 'fish'] as const

type Described = Pick<Command.Loadable, 'id' | 'flags' | 'args' | 'summary' | 'hidden'>

export function completionScript(shell: (typeof shells)[number], described: readonly Described[], templates: readonly string[]): string {
  const commands = described.filter(({ hidden }) => !hidden).map((command) => commandOf(command, templates))
  if (shell === 'fish') return fish(commands)
  return shell === 'zsh'
    ? `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
    : bash(commands)
}

interface CompletedCommand {
  /** As it is typed. */
  readonly name: string
  readonly summary: string
  readonly flags: readonly CompletedFlag[]
  /** What its arguments may be. */
  readonly words: Words
}

interface CompletedFlag {
  readonly name: string
  readonly description: string
  /** null: it has no value. */
  readonly values: Words | null
}

/** Words that are known, or what the shell has to list. */
type Words = readonly string[] | 'files' | 'topologies'

function commandOf({ id, summary = '', flags, args }: Described, templates: readonly string[]): CompletedCommand {
  const [argument] = Object.values(args)
  return {
    name: id.replaceAll(':', ' '),
    summary,
    flags: [...Object.entries(flags).flatMap(([name, flag]) => flagsOf(name, flag, templates)), help],
    words: argument?.options ?? (argument?.name === 'topology' ? 'topologies' : 'file' in args ? 'files' : []),
  }
}

const help: CompletedFlag = { name: 'help', description: 'show help', values: null }

function flagsOf(name: string, flag: Command.Loadable['flags'][string], templates: readonly string[]): CompletedFlag[] {
  const { description = '' } = flag
  if (flag.type === 'boolean') {
    const no = flag.allowNo ? [{ name: `no-${name}`, description: `not: ${description}`, values: null }] : []
    return [{ name, description, values: null }, ...no]
  }
  const values =
    flag.options ??
    (name === 'template' ? templates : name === 'topology' ? 'topologies' : flag.helpValue === 'DIR' || name === 'out' ? 'files' : [])
  return [{ name, description, values }]
}

const listTopologies = 'for file in dist/*/app.mjs; do [ -e "$file" ] && basename "$(dirname "$file")"; done'

// ------------------------------------------------------------------------------------------------------------ bash

function bash(commands: readonly CompletedCommand[]): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap((flag) => (flag.values === null ? [] : [`    "${name} --${flag.name}") ${bashWords(flag.values)} ;;`])),
  )
  const ofCommands = commands.map(({ name, flags, words }) => {
    const options = flags.map((flag) => `--${flag.name}`).join(' ')
    return `    "${name}") case "$current" in -*) ${bashWords(options.split(' '))} ;; *) ${bashWords(words)} ;; esac ;;`
  })
  const firstWords = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
  const topics = firstWords.filter((first) => !commands.some(({ name }) => name === first))
  const ofTopics = topics.map((topic) => {
    const seconds = commands.filter(({ name }) => name.startsWith(`${topic} `)).map(({ name }) => name.slice(topic.length + 1))
    return `    "${topic}") ${bashWords([...seconds, '--help'])} ;;`
  })
  return `# Made by \`millrace completion\`.
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; esac
    case "$command" in ${topics.join('|')}) command="$command $word" ;; "") command="$word" ;; *) break ;; esac
  done
  case "$command $previous" in
${values.join('\n')}
    *) case "$command" in
    "") ${bashWords([...firstWords, '--help', '--version'])} ;;
${[...ofTopics, ...ofCommands].join('\n')}
    esac ;;
  esac
}
complete -o filenames -F _millrace millrace
`
}

function bashWords(words: Words): string {
  if (words === 'files') return 'COMPREPLY=($(compgen -f -- "$current"))'
  if (words === 'topologies') return `COMPREPLY=($(compgen -W "$(${listTopologies})" -- "$current"))`
  return words.length === 0 ? ':' : `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`
}

// ------------------------------------------------------------------------------------------------------------ fish

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, flags, words }) => {
    const [first = '', second] = name.split(' ')
    const at =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
    return [
      second === undefined
        ? `complete -c millrace -n __fish_use_subcommand -a ${first} -d ${quoted(summary)}`
        : `complete -c millrace -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${quoted(summary)}`,
      ...flags.map((flag) => `complete -c millrace -n '${at}' -l ${flag.name} -d ${quoted(flag.description)}${fishValues(flag.values)}`),
      ...(words.length === 0 ? [] : [`complete -c millrace -n '${at}'${words === 'files' ? ' -F' : fishWords(words)}`]),
    ]
  })
  const topics = new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0] ?? ''))
  const ofTopics = [...topics].map((topic) => `complete -c millrace -n __fish_use_subcommand -a ${topic}`)
  return `# Made by \`millrace completion\`.\ncomplete -c millrace -f\n${[...ofTopics, ...lines].join('\n')}\n`
}

function fishValues(values: Words | null): string {
  if (values === null) return ''
  return values === 'files' ? ' -r -F' : ` -x${values.length === 0 ? '' : fishWords(values)}`
}

function fishWords(words: Exclude<Words, 'files'>): string {
  return words === 'topologies' ? ` -a '(path basename (path dirname dist/*/app.mjs))'` : ` -a ${quoted(words.join(' '))}`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
