// Which topics a source by pattern reads. As in Kafka Streams the whole name must match (java.util.regex Matcher.matches): /sensor-.*/ reads sensor-1 and
// neither my-sensor-1 nor, without the `.*`, anything but `sensor-`.

const whole = new WeakMap<RegExp, RegExp>()

/** Topics that belong to the broker begin with two underscores and are in no pattern. */
export function matchesTopic(pattern: RegExp, topic: string): boolean {
  if (topic.startsWith('__')) return false
  let anchored = whole.get(pattern)
  if (anchored === undefined) {
    anchored = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[gmy]/g, ''))
    whole.set(pattern, anchored)
  }
  return anchored.test(topic)
}

/** Whether two patterns are one and the same. */
export function isSamePattern(left: RegExp, right: RegExp): boolean {
  return left.source === right.source && left.flags === right.flags
}
