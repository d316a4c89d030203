// What the topologies of a project read, write and keep, as types. There is nothing here until a project's millrace-env.d.ts adds to it; the compiler writes that file.

/**
 * The topics and stores of each topology of the project, by the topology's name. `millrace-env.d.ts`, which `millrace check` and `millrace build` write, adds
 * to it; the TopologyTestDriver is typed by it. A topology that is not in it has topics and stores of unknown types.
 *
 * @example
 * ```ts
 * declare module 'millrace' {
 *   interface TopologyTopics {
 *     'word-count': {
 *       inputs: { lines: { key: string | null; value: string } }
 *       outputs: { 'word-counts': { key: string; value: { count: number } } }
 *       stores: { counts: { kind: 'timestampedKeyValue'; key: string; value: number } }
 *     }
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: projects add to it, and only an interface can be added to.
export interface TopologyTopics {}
