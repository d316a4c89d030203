// Which nodes belong to one sub-topology: those connected by edges or by a store (Kafka Streams: QuickUnion in InternalTopologyBuilder).

export class NodeGroups {
  private readonly parents = new Map<string, string>()

  add(node: string): void {
    this.parents.set(node, node)
  }

  unite(node: string, other: string): void {
    this.parents.set(this.root(node), this.root(other))
  }

  root(node: string): string {
    let current = node
    for (;;) {
      const parent = this.parents.get(current) ?? current
      if (parent === current) return current
      current = parent
    }
  }

  /** The groups in the order of their first nodes, as `nodes` has them. */
  groupsOf(nodes: Iterable<string>): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>()
    for (const node of nodes) {
      const root = this.root(node)
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [node])
      else group.push(node)
    }
    return [...groups.values()]
  }
}
