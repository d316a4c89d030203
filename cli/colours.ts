// Whether what goes to a stream has colours: NO_COLOR turns them off (no-color.org), FORCE_COLOR on, and otherwise they are for terminals.

export function hasColours({ isTTY }: { readonly isTTY?: boolean }, { NO_COLOR, FORCE_COLOR }: NodeJS.ProcessEnv): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return !['0', 'false'].includes(FORCE_COLOR)
  return isTTY === true
}
