const QUESTIONS = 200_000;

// A generator of its own, so that runs compare.
let state = 0x2545f491;
export function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

/** Seven characters, as user ids are; built anew each time, so that no string is ready with its hash. */
export function userId(number) {
  return ('000000' + (number * 7919 + 13).toString(36)).slice(-7);
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/**
 * Nanoseconds of one call, the median of seven rounds; making the question is measured alone and taken off.
 * @template Q
 * @param {(number: number) => Q} make
 * @param {(question: Q) => boolean} ask
 * @param {number} [questions] in a round
 */
export function nanoseconds(make, ask, questions = QUESTIONS) {
  const rounds = [];
  for (let round = 0; round < 7; round++) {
    const asked = time((number) => ask(make(number)), questions);
    const made = time((number) => make(number).length, questions);
    rounds.push((asked - made) / questions);
  }
  return median(rounds);
}

let sink = 0;
function time(once, questions) {
  const before = cpuNs();
  for (let number = 0; number < questions; number++) sink += once(number) ? 1 : 0;
  return cpuNs() - before;
}

/** Processor time of this process: neighbours on the machine do not count. */
export function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

export function line(text, value, why) {
  console.log(`${text.padEnd(46)} ${value.padStart(24)}   ${why}`);
}

/** Keeps what was answered, so that no round is left out as useless. */
export function answers() {
  return sink;
}
