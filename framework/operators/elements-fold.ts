// The elements of windows, as they come: each has a number, so that they stay in that order also where sessions grow together. The numbers go on over restarts: they are
// kept where stream times are, and no element has a lower one than those in its window.

import type { ElementsSpec } from '../graph/operator-spec.ts'
import type { ByteTarget } from '../ports/serde.ts'
import { Elements } from '../serdes/elements.ts'
import type { Fold } from './fold.ts'
import type { Flow } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { streamTimeName } from './stream-times.ts'

export function elementsFold(spec: ElementsSpec, name: string, environment: OperatorEnvironment): Fold {
  const { value: serde } = spec
  const none = Elements.none(serde)
  const numbers = environment.streamTimes.of(`${streamTimeName(name)}-elements`)
  return {
    initial: () => none,
    visible: (aggregate) => aggregate,
    readsValue: true,
    add(aggregate, record: Flow) {
      const before = (aggregate ?? none) as Elements
      numbers.ms = Math.max(numbers.ms, before.lastNumber) + 1
      const { valueCell } = record
      const write = valueCell.isNull ? null : (target: ByteTarget) => valueCell.writeTo(target, serde)
      return withinLimits(before.appended(numbers.ms, write))
    },
  }

  function withinLimits(list: Elements): Elements {
    const { elementsMax, bytesMax, whenFull } = spec
    let kept = list
    while (kept.size > elementsMax || kept.sizeBytes > bytesMax) {
      if (whenFull === 'fail')
        throw new Error(
          `a window would have ${list.size} elements of ${list.sizeBytes} bytes, and may have ${elementsMax} of ${bytesMax}: raise elementsMax or bytesMax, say what to drop (whenFull), or aggregate`,
        )
      environment.dropped.add('window-full')
      kept = whenFull === 'dropOldest' ? kept.withoutFirst() : kept.withoutLast()
    }
    return kept
  }
}
