// A binary heap that orders equal elements exactly as java.util.PriorityQueue does. Which of two queues with equal timestamps goes first, and which of
// two punctuations, is visible in the results, so the sifting below follows the same steps.

export class PriorityQueue<T> {
  private readonly heap: T[] = []
  private readonly priorityOf: (element: T) => number

  constructor(priorityOf: (element: T) => number) {
    this.priorityOf = priorityOf
  }

  get size(): number {
    return this.heap.length
  }

  peek(): T | undefined {
    return this.heap[0]
  }

  offer(element: T): void {
    const { heap, priorityOf } = this
    const priority = priorityOf(element)
    let hole = heap.length
    heap.push(element)
    while (hole > 0) {
      const parent = (hole - 1) >>> 1
      const above = heap[parent] as T
      if (priority >= priorityOf(above)) break
      heap[hole] = above
      hole = parent
    }
    heap[hole] = element
  }

  poll(): T | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (heap.length > 0) this.siftDown(last as T)
    return first
  }

  private siftDown(element: T): void {
    const { heap, priorityOf } = this
    const priority = priorityOf(element)
    const firstLeaf = heap.length >>> 1
    let hole = 0
    while (hole < firstLeaf) {
      let child = 2 * hole + 1
      if (child + 1 < heap.length && priorityOf(heap[child] as T) > priorityOf(heap[child + 1] as T)) child++
      const below = heap[child] as T
      if (priority <= priorityOf(below)) break
      heap[hole] = below
      hole = child
    }
    heap[hole] = element
  }
}
