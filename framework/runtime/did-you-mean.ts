// The word that was probably meant.

import { distance } from 'fastest-levenshtein'

/** ` Did you mean x?`, to put at the end of a sentence; empty if no word is near. */
export function didYouMean(word: string, words: Iterable<string>): string {
  const near = nearest(word, words)
  return near === undefined ? '' : ` Did you mean ${near}?`
}

/** The word that is fewest edits away, if those are few for its length. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of words) {
    const edits = distance(wanted, candidate.toLowerCase())
    if (edits < bestDistance) {
      best = candidate
      bestDistance = edits
    }
  }
  return best
}
