import { admissionOf } from '../../../src/domain/session/admission.ts';
import { arrayLog } from '../../../src/domain/session/array-log.ts';
import { judge } from '../../../src/domain/session/judge.ts';
import { openSession, touch } from '../../../src/domain/session/session.ts';
import { NO_STANDING, type Admission, type AdmissionTerms, type Standing } from '../../../src/domain/session/state.ts';
import { ID } from './terms-of.ts';

/** What a store keeps of one user, in a session that nothing ends. */
export class OneUser {
  readonly moments: number[];
  standing: Standing = NO_STANDING;
  #session = openSession({ sessionId: ID, rules: {}, now: 0 });

  constructor(moments: readonly number[] = []) {
    this.moments = [...moments];
  }

  /** Decides on one operation and keeps what follows from it. */
  ask(terms: AdmissionTerms, now: number): Admission {
    const unending = { ...terms, sessionRules: {} };
    const log = arrayLog(this.moments);
    const judgement = judge({ session: this.#session, log, standing: this.standing, terms: unending, now });
    this.standing = judgement.standing;
    if (judgement.admitted) {
      this.#session = touch(this.#session, judgement.at, {});
      if (terms.counted) for (let n = 0; n < terms.cost; n += 1) this.moments.push(judgement.at);
    }
    return admissionOf(judgement, unending);
  }
}
