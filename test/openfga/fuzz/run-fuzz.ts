import { formatDifference } from '../divergences.ts';
import { Refused } from '../store.ts';
import type { Wire } from '../servers.ts';
import { differ, kindOf, shrinkDifference, type Compared, type Pair } from './differ.ts';
import { CLASS_NAMES } from './divergence-classes.ts';
import { Random } from './random.ts';
import { randomWorld } from './random-world.ts';

export interface FuzzSettings {
  readonly pairs: Readonly<Record<Wire, Pair>>;
  /** World `n` of a run is made of `seed + n`. */
  readonly seed: number;
  /** Goes on so long, and until `casesMin` questions are asked. */
  readonly runMs: number;
  readonly casesMin: number;
  readonly tell: (text: string) => void;
}

export interface FuzzOutcome {
  /** Questions, each with its model and tuples; a refused model is one. */
  readonly asked: number;
  readonly worlds: number;
  /** Worlds that a server was too busy for. */
  readonly passedOver: number;
  /** How many differences there were of each kind. */
  readonly counts: ReadonlyMap<string, number>;
  /** Differences of no listed class, each a smallest case ready to paste. */
  readonly unlisted: readonly string[];
}

const QUESTIONS_OF_A_WORLD = 10;
/** Differences of one kind that are shrunk and told. */
const TOLD_OF_A_KIND_MAX = 2;
const WIRES: readonly Wire[] = ['gRPC', 'HTTP'];

/** Puts random worlds to both servers, over the wires in turn, and tells each difference that is not listed when it finds it. */
export async function runFuzz({ pairs, seed, runMs, casesMin, tell }: FuzzSettings): Promise<FuzzOutcome> {
  const counts = new Map<string, number>();
  const unlisted: string[] = [];
  const until = Date.now() + runMs;
  let [asked, worlds, passedOver] = [0, 0, 0];
  for (; Date.now() < until || asked < casesMin; worlds += 1) {
    const wire = WIRES[worlds % WIRES.length]!;
    const compared = await unlessBusy(
      differ(pairs[wire], randomWorld(new Random(seed + worlds), QUESTIONS_OF_A_WORLD)),
    );
    if (compared === undefined) passedOver += 1;
    else asked += compared.asked;
    for (const difference of compared?.differences ?? []) {
      const kind = kindOf(difference);
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      if (CLASS_NAMES.includes(kind)) continue;
      if (count > TOLD_OF_A_KIND_MAX) {
        unlisted.push(`${kind}, seed ${seed + worlds}, ${wire}`);
        continue;
      }
      const smallest = await shrinkDifference(pairs[wire], difference);
      const text = `# ${kind}, seed ${seed + worlds}, ${wire}\n${formatDifference(smallest)}`;
      tell(text);
      unlisted.push(text);
    }
  }
  return { asked, worlds, passedOver, counts, unlisted };
}

async function unlessBusy(comparing: Promise<Compared>): Promise<Compared | undefined> {
  try {
    return await comparing;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
