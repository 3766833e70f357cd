import type { CheckService } from './check.ts';
import type { DirectoryService } from './directory.ts';
import type { KeyService } from './keys.ts';
import type { OpenFgaParts } from './openfga/open-store.ts';
import type { PartnerService } from './partners.ts';
import type { PlanChangeService } from './plan-change.ts';
import type { PolicyService } from './policy.ts';
import type { RelationshipService } from './relationships.ts';
import type { SessionService } from './sessions.ts';
import type { SubscriptionService } from './subscriptions.ts';
import type { SweepService } from './sweep.ts';
import type { UserSessionService } from './user-sessions.ts';

/** Every use case of the house, as the edges see them. Composed once, in compose.ts. */
export interface Services {
  readonly check: CheckService;
  readonly sessions: SessionService;
  readonly userSessions: UserSessionService;
  readonly planChange: PlanChangeService;
  readonly subscriptions: SubscriptionService;
  readonly directory: DirectoryService;
  readonly partners: PartnerService;
  readonly policy: PolicyService;
  readonly relationships: RelationshipService;
  readonly keys: KeyService;
  readonly sweep: SweepService;
  readonly openfga: OpenFgaParts;
}
