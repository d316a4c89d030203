// Rows for people: a table without colours, which a narrow terminal or a log takes as well.

export async function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] === '-'))
  const table = new Table({
    head: [...head],
    colAligns: numeric.map((isNumeric) => (isNumeric ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    // Columns alone tell rows apart; lines would only be in the way of grep and awk.
    chars: Object.fromEntries(lines.map((line) => [line, ''])),
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().replace(/ +$/gm, '')
}

const lines = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
]

/** As text for machines: data of a command with --json. */
export function jsonOf(data: unknown): string {
  return JSON.stringify(data, null, 2)
}
