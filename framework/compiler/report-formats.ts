// Diagnostics for other programs: SARIF for code scanning, the commands of a GitHub workflow for its annotations.

import type { Diagnostic } from './diagnostics.ts'
import type { Fix } from './fixes/text-edits.ts'

/** Where the page of a code lies in the package; undefined for TypeScript's and plugins' codes. */
export function diagnosticPage(code: string): string | undefined {
  return /^MR\d+$/.test(code) ? `docs/diagnostics/${code}.md` : undefined
}

/** SARIF 2.1.0, with paths relative to the project. `version` is Millrace's. */
export function sarifText(diagnostics: readonly Diagnostic[], version: string): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort()
  const rules = codes.map((code) => {
    const first = diagnostics.find((one) => one.code === code)
    const page = diagnosticPage(code)
    const help = [first?.remedy, page === undefined ? undefined : `See ${page} in the package millrace.`].filter(
      (text) => text !== undefined,
    )
    return {
      id: code,
      shortDescription: { text: first?.message ?? code },
      ...(help.length === 0 ? {} : { help: { text: help.join(' ') } }),
    }
  })
  const results = diagnostics.map(({ code, severity, message, remedy, span, fix }) => ({
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: remedy === undefined ? message : `${message} ${remedy}` },
    ...(span === undefined
      ? {}
      : {
          locations: [
            {
              physicalLocation: {
                artifactLocation: artifact(span.file),
                region: { startLine: span.line, startColumn: span.column },
              },
            },
          ],
        }),
    ...(fix === undefined ? {} : { fixes: [sarifFix(fix)] }),
  }))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'millrace', version, rules } }, columnKind: 'utf16CodeUnits', results }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function artifact(file: string): object {
  return { uri: encodeURI(file), uriBaseId: '%SRCROOT%' }
}

function sarifFix({ title, edits }: Fix): object {
  const files = [...new Set(edits.map(({ file }) => file))]
  return {
    description: { text: title },
    artifactChanges: files.map((file) => ({
      artifactLocation: artifact(file),
      replacements: edits
        .filter((edit) => edit.file === file)
        .map(({ start, end, text }) => ({
          deletedRegion: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
          insertedContent: { text },
        })),
    })),
  }
}

/** A workflow command for each, as `::error file=…::…`: GitHub shows it at the line. */
export function gitHubText(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ code, severity, message, remedy, span }) => {
      const place = span === undefined ? [] : [`file=${property(span.file)}`, `line=${span.line}`, `col=${span.column}`]
      const text = remedy === undefined ? message : `${message}\n${remedy}`
      return `::${severity} ${[...place, `title=${property(code)}`].join(',')}::${escaped(text)}\n`
    })
    .join('')
}

/** As @actions/core does it. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
