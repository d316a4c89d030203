// The text of .proto files, read by protobufjs.

import protobufjs from 'protobufjs'

export interface ProtobufSource {
  /** The text of a .proto file. */
  readonly proto: string
  /** The full name of the message in it: `shop.Order`. */
  readonly type: string
  /** The .proto files that it imports, by the name of the import. Those of google/protobuf that protobufjs has need not be given. */
  readonly imports?: Readonly<Record<string, string>>
}

/** Throws an Error that says what is wrong with the text, or what it lacks. Names of fields become camelCase, as in protobufjs. */
export function typeOfSource({ proto, type, imports = {} }: ProtobufSource): protobufjs.Type {
  const root = new protobufjs.Root()
  const added = new Set<string>()
  const add = (file: string, text: string): void => {
    const parsed = parse(file, text, root)
    for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) {
      if (added.has(name)) continue
      added.add(name)
      const known = protobufjs.common.get(name)
      if (imports[name] !== undefined) add(name, imports[name])
      else if (known?.nested !== undefined) root.addJSON(known.nested)
      else throw new Error(`${file} imports ${name}, which is not among the imports given`)
    }
  }
  add('the .proto text', proto)
  try {
    root.resolveAll()
  } catch (error) {
    throw new Error(`the .proto text is wrong: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  const found = root.lookup(type)
  if (found instanceof protobufjs.Type) return found
  throw new Error(`there is no message ${type} in the .proto text`)
}

export function parse(file: string, text: string, root: protobufjs.Root = new protobufjs.Root()): protobufjs.IParserResult {
  try {
    return protobufjs.parse(text, root)
  } catch (error) {
    throw new Error(`${file} is wrong: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
