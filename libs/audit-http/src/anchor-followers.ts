import {
  type Anchor,
  AnchorFollower,
  Checkpoints,
  FileAnchor,
  type ProofSource,
  WebhookAnchor,
  WitnessAnchor,
} from '@integument/audit-log';
import type { UnitOfWork } from '@integument/database';
import type { HealthCheck } from '@integument/http';
import type { AnchorSettings } from './anchor-settings.js';

const FILE_ANCHOR = 'anchor-file';

export interface AnchorDeps {
  readonly unitOfWork: UnitOfWork;
  readonly proofs: ProofSource;
  /** told of every failure of an anchor; the rest goes on */
  readonly onError: (anchor: string, error: unknown) => void;
}

/** One follower for each place outside the database that the settings name; to be started beside the integrator. */
export function anchorFollowers(settings: AnchorSettings, deps: AnchorDeps): AnchorFollower[] {
  const { unitOfWork, onError } = deps;
  return anchorsOf(settings, deps).map(
    (anchor) =>
      new AnchorFollower({
        unitOfWork,
        anchor,
        onError: (error) => onError(anchor.name, error),
        pollMs: settings.AUDIT_ANCHOR_SECONDS * 1_000,
      }),
  );
}

/**
 * For readiness: fails while the operator's own file knows another history of the log than the database has. What somebody
 * else's witness says of us is an error in the log and in the feeds, and no way to take us out of service.
 */
export function anchorCheck(followers: readonly AnchorFollower[]): HealthCheck {
  return () => {
    const conflict = followers.find(({ name, conflict }) => conflict && name === FILE_ANCHOR)?.conflict;
    return conflict ? Promise.reject(conflict) : Promise.resolve();
  };
}

function anchorsOf(settings: AnchorSettings, { unitOfWork, proofs }: AnchorDeps): Anchor[] {
  const { AUDIT_ANCHOR_FILE: file, AUDIT_ANCHOR_URL: url, AUDIT_ANCHOR_SECRET_FILE: secret } = settings;
  const log = { checkpoints: new Checkpoints(unitOfWork), proofs };
  return [
    ...(file ? [new FileAnchor(file, log)] : []),
    ...(url && secret ? [new WebhookAnchor({ url, secret })] : []),
    ...(settings.AUDIT_WITNESSES_FILE ?? []).map((witness) => new WitnessAnchor({ ...witness, log })),
  ];
}
