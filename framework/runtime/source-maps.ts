// Imported first by every app: from then on each stack, whoever asks for it, shows the files that the bundle was made of. Node's own source maps would have to be
// switched on before the bundle is loaded, by whoever starts it. Nothing is read before the first stack is.

import { type OriginalFrames, withOriginalFrames } from './original-frames.ts'

const maps: OriginalFrames = new Map()

Error.prepareStackTrace = (error, frames) => {
  const lines = [headOf(error), ...frames.map((frame) => `    at ${String(frame)}`)]
  return withOriginalFrames(lines.join('\n'), maps)
}

function headOf(error: unknown): string {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    // Its message or its name throws.
    return 'Error'
  }
}
