/** Tells of a routing key whether a binding takes it. */
export type TopicMatcher = (routingKey: string) => boolean;

/**
 * Compiles a binding key of a topic exchange: words divided by dots, `*` stands for one word, `#` for none or more.
 * A word may be empty, and have any characters; the empty key has no words, as RabbitMQ has it.
 *
 * A match costs words of the key times words of the binding at worst: only the last `#` is ever tried again, because
 * what stands before it has matched as early as it can.
 * Source: AMQP 0-9-1, 3.1.3.3 "The Topic Exchange Type".
 */
export function compileBinding(binding: string): TopicMatcher {
  const pattern = wordsOf(binding);
  if (!pattern.includes('#') && !pattern.includes('*')) return (routingKey) => routingKey === binding;
  if (pattern.every((word) => word === '#')) return () => true;
  return (routingKey) => matches(pattern, wordsOf(routingKey));
}

function wordsOf(key: string): string[] {
  return key === '' ? [] : key.split('.');
}

function matches(pattern: readonly string[], words: readonly string[]): boolean {
  let p = 0;
  let w = 0;
  /** Where the pattern goes on after its last `#`, and the first word that this `#` has not swallowed. */
  let after = -1;
  let swallowed = 0;
  while (w < words.length) {
    if (p < pattern.length && pattern[p] === '#') {
      after = p += 1;
      swallowed = w;
    } else if (p < pattern.length && (pattern[p] === '*' || pattern[p] === words[w])) {
      p += 1;
      w += 1;
    } else if (after >= 0) {
      p = after;
      w = swallowed += 1;
    } else return false;
  }
  return pattern.slice(p).every((word) => word === '#');
}
