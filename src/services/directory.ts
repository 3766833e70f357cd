import { randomInt } from 'node:crypto';
import { Fault, refused } from '../domain/errors.ts';
import type { UserCommand } from '../domain/user/commands.ts';
import type { UserState, Verification } from '../domain/user/state.ts';
import { parseUserId, type Millis, type Role, type UserId, type Zone } from '../domain/values.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { AuditEntry, DocumentStore, UserPosition } from '../ports/document-store.ts';
import { actorOf, partnerOf, type Caller } from './caller.ts';
import type { Changes, UserChange } from './change.ts';
import { CreationTimes } from './creation-times.ts';
import { badPageToken, formatPageToken, parsePageSize, parsePageToken } from './page-token.ts';
import type { Replica } from './replica.ts';
import { settledUser } from './settled-user.ts';
import { formatToken } from './token.ts';

interface OfPartner {
  /** An operator names the partner (P-7). */
  readonly providerId?: string | undefined;
}

export interface UserRequest extends OfPartner {
  readonly userId: UserId;
}

export interface UserChangeRequest extends UserRequest {
  /** For the audit log. */
  readonly cause?: string | undefined;
}

export interface PageRequest extends OfPartner {
  /** 1 to 1000; 100 when absent. */
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
}

/** A user as it is at `now`. */
export interface UserAt {
  readonly state: UserState;
  readonly now: Millis;
}

export interface ChangedUser extends UserAt {
  /** The consistency token (C-2). */
  readonly token: string;
}

const USER_ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const USER_ID_LENGTH = 7;
/** Ids made before giving up: with 3.5e12 ids, two in a row that are taken are no chance. */
const ID_ATTEMPTS_MAX = 8;

/** Users, their roles and verifications. Every call knows the users of one partner only (P-6). */
export class DirectoryService {
  readonly #changes: Changes;
  readonly #replica: Replica;
  readonly #documents: DocumentStore;
  readonly #auditLog: AuditLog;
  readonly #creationTimes = new CreationTimes();

  constructor(parts: { changes: Changes; replica: Replica; documents: DocumentStore; auditLog: AuditLog }) {
    this.#changes = parts.changes;
    this.#replica = parts.replica;
    this.#documents = parts.documents;
    this.#auditLog = parts.auditLog;
  }

  /** A guest. Without `userId` an id is made. REFUSED with USER_ID_TAKEN for one in use on the platform, whosever it is. */
  async createUser(
    caller: Caller,
    request: OfPartner & { readonly userId?: UserId | undefined; readonly zone: Zone },
  ): Promise<ChangedUser> {
    const providerId = partnerOf(caller, request.providerId);
    const view = this.#changes.partner(providerId);
    const because = { actor: actorOf(caller), cause: 'create' };
    for (let attempt = 1; ; attempt += 1) {
      const userId = request.userId ?? randomUserId();
      const createdAtNs = this.#creationTimes.next(this.#changes.now());
      try {
        const command = { type: 'create', userId, providerId, zone: request.zone, createdAtNs } as const;
        return await this.#changed(await this.#changes.createUser(view, command, because));
      } catch (fault) {
        const taken = fault instanceof Fault && fault.refusal?.code === 'USER_ID_TAKEN';
        if (!taken || request.userId !== undefined || attempt === ID_ATTEMPTS_MAX) throw fault;
      }
    }
  }

  async getUser(caller: Caller, request: UserRequest): Promise<UserAt> {
    const providerId = partnerOf(caller, request.providerId);
    const view = this.#changes.partner(providerId);
    const state = await this.#changes.user(providerId, request.userId);
    const now = this.#changes.now();
    return { state: settledUser(state, view, now), now };
  }

  /** A page in the order of creation. Pages lose and repeat no user that was there when the first was asked for. */
  async listUsers(
    caller: Caller,
    request: PageRequest,
  ): Promise<{ users: readonly UserState[]; next?: string; now: Millis }> {
    const providerId = partnerOf(caller, request.providerId);
    const view = this.#changes.partner(providerId);
    const size = parsePageSize(request.pageSize);
    const list = `users/${providerId}`;
    const after = positionIn(parsePageToken(list, request.pageToken));
    const found = await this.#documents.usersOf(providerId, { ...(after && { after }), limit: size + 1 });
    const users = found.slice(0, size);
    const last = found.length > size ? users.at(-1) : undefined;
    const next = last && formatPageToken(list, `${last.createdAtNs}.${last.userId}`);
    const now = this.#changes.now();
    return { users: users.map((user) => settledUser(user, view, now)), ...(next !== undefined && { next }), now };
  }

  /** REFUSED when the user is so already. */
  setUserActive(caller: Caller, request: UserChangeRequest & { readonly active: boolean }): Promise<ChangedUser> {
    return this.#change(caller, request, request.active ? { type: 'activate' } : { type: 'deactivate' });
  }

  /** Ends an open review and forgives the windows of now (S-8). REFUSED where none is open. */
  clearReview(caller: Caller, request: UserChangeRequest): Promise<ChangedUser> {
    return this.#change(caller, request, { type: 'clear-review' });
  }

  /** One step of the diagram; REFUSED where its guard does not hold. */
  changeRole(
    caller: Caller,
    request: UserChangeRequest & { readonly to: Role; readonly approved: boolean; readonly onboarded: boolean },
  ): Promise<ChangedUser> {
    const { to, approved, onboarded } = request;
    // The scope makes a key the administration of its partner.
    const byAdministration = caller.providerId === undefined || caller.scopes.has('directory');
    return this.#change(caller, request, {
      type: 'change-role',
      to,
      evidence: { approved, onboarded, byAdministration },
    });
  }

  /** K-1. What is known already, or comes late from outside, changes nothing and says so (K-2). */
  async recordVerification(
    caller: Caller,
    request: UserChangeRequest & { readonly verification: Omit<Verification, 'recordedAt'> },
  ): Promise<ChangedUser & { readonly changed: boolean }> {
    const { verification } = request;
    const change = await this.#ask(caller, request, { type: 'record-verification', verification });
    const changed = change.events.some(
      (event) =>
        event.type === 'VerificationRecorded' &&
        event.verification.id === verification.id &&
        event.verification.state === verification.state,
    );
    return { ...(await this.#changed(change)), changed };
  }

  /** The audit log of one user, newest first. */
  async auditOfUser(
    caller: Caller,
    request: PageRequest & UserRequest,
  ): Promise<{ entries: readonly AuditEntry[]; next?: string }> {
    const { state } = await this.getUser(caller, request);
    const limit = parsePageSize(request.pageSize);
    const list = `audit/${state.userId}`;
    const before = parsePageToken(list, request.pageToken);
    const page = { ...(before !== undefined && { before }), limit };
    const { entries, next } = await this.#auditLog.ofUser(state.providerId, state.userId, page);
    return { entries, ...(next !== undefined && { next: formatPageToken(list, next) }) };
  }

  async #change(caller: Caller, request: UserChangeRequest, command: UserCommand): Promise<ChangedUser> {
    return this.#changed(await this.#ask(caller, request, command));
  }

  #ask(caller: Caller, request: UserChangeRequest, command: UserCommand): Promise<UserChange> {
    const providerId = partnerOf(caller, request.providerId);
    this.#changes.partner(providerId);
    const because = { actor: actorOf(caller), cause: request.cause ?? command.type };
    return this.#changes.changeUser(providerId, request.userId, because, () => command);
  }

  async #changed({ state, now, sequence, refusal }: UserChange): Promise<ChangedUser> {
    if (refusal) throw refused(refusal);
    if (sequence === undefined) await this.#replica.fresh();
    return { state, now, token: formatToken(sequence ?? this.#replica.position) };
  }
}

function randomUserId(): UserId {
  const characters = Array.from({ length: USER_ID_LENGTH }, () =>
    USER_ID_ALPHABET.charAt(randomInt(USER_ID_ALPHABET.length)),
  );
  return parseUserId(characters.join(''), 'user_id');
}

const POSITION = /^(\d{1,20})\.([A-Za-z0-9]{7})$/;

function positionIn(text: string | undefined): UserPosition | undefined {
  if (text === undefined) return undefined;
  const [, createdAtNs, userId] = POSITION.exec(text) ?? [];
  if (createdAtNs === undefined || userId === undefined) throw badPageToken();
  return { createdAtNs: BigInt(createdAtNs), userId: userId as UserId };
}
