import type { AuditLog } from '@integument/audit-log';
import { parseRuleText, RuleTextInvalid, ruleText, ruleTextDigest } from '@integument/authz';
import type {
  BodyOf,
  draftRules,
  enactRules,
  listRuleVersions,
  ParamsOf,
  QueryOf,
  ReplyOf,
  RuleDocument,
  readRuleVersion,
  tryRules,
} from '@integument/contracts';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import type { Approvals } from '../approvals/index.js';
import { RuleTrial } from './rule-trials.js';
import { rulesDrafted, rulesEnacted, rulesListed, rulesRead, rulesTried } from './rules.audit.js';
import { rulesInForce, rulesNotFound, rulesOutdated } from './rules.errors.js';
import type { RulesStore, RuleVersionRow } from './rules.store.js';

type Staff = Asker<VaultStaff>;
type Version = ReplyOf<typeof draftRules>;

/** Drafts that never came into force; they can be four megabytes each. */
const MOST_DRAFTS = 100;
const NEWEST = 2_147_483_647;

/** Versions of the stored rules: drafted, tried, put in force with a second person, and back again the same way. */
export class RulesService {
  constructor(
    private readonly store: RulesStore,
    private readonly approvals: Approvals,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  async list(
    tx: Tx,
    asker: Staff,
    { before = NEWEST, limit }: QueryOf<typeof listRuleVersions>,
  ): Promise<ReplyOf<typeof listRuleVersions>> {
    const rows = await this.store.findPage(tx, before, limit);
    const { version } = await this.store.current(tx);
    await this.audit.append(tx, rulesListed({ ...by(asker), count: rows.length }));
    return { inForce: version, versions: rows.map(toReply) };
  }

  async read(tx: Tx, asker: Staff, version: number): Promise<ReplyOf<typeof readRuleVersion>> {
    const row = await this.get(tx, version);
    const text = await this.textOf(tx, row);
    await this.audit.append(tx, rulesRead({ ...by(asker), details: named(row) }));
    return { ...toReply(row), text, document: documentIn(text, row) };
  }

  async draft(tx: Tx, asker: Staff, body: BodyOf<typeof draftRules>): Promise<Version> {
    const document = ruleText(body);
    const digest = Buffer.from(ruleTextDigest(document), 'hex');
    await this.store.lock(tx);
    const sizes = { rules: body.rules.length, reveals: body.reveals.length };
    let count = 0;
    if (!(await this.store.findByDigest(tx, digest))) {
      count = await this.store.deleteOldDrafts(tx, MOST_DRAFTS - 1);
      await this.store.insert(tx, { document, digest, ...sizes, author: accountOf(asker.caller) });
    }
    const row = await this.store.findByDigest(tx, digest);
    if (!row) throw new Error('a draft went missing');
    await this.audit.append(tx, rulesDrafted({ ...by(asker), count, details: { ...named(row), ...sizes } }));
    return toReply(row);
  }

  /** Changes nothing, and is written down: whoever tries out rules may be looking for the way around them. */
  async try(tx: Tx, asker: Staff, body: BodyOf<typeof tryRules>): Promise<ReplyOf<typeof tryRules>> {
    const inForce = await this.get(tx, (await this.store.current(tx)).version);
    const { document, version, digest } = await this.tried(tx, body);
    const known = documentIn(await this.textOf(tx, inForce), inForce);
    const [now, trial] = [known && new RuleTrial(known), new RuleTrial(document)];
    const count = body.questions.length;
    await this.audit.append(tx, rulesTried({ ...by(asker), count, details: { version, digest } }));
    const at = this.now();
    const answers = body.questions.map((question) => ({
      now: now?.answer(question, at) ?? null,
      tried: trial.answer(question, at),
    }));
    return { inForce: inForce.version, answers };
  }

  async enact(
    tx: Tx,
    asker: Staff,
    { version }: ParamsOf<typeof enactRules>,
    { digest, approval }: BodyOf<typeof enactRules>,
  ): Promise<Version> {
    const parameters = { version: String(version), digest };
    // First: two that come together would each hold an approval that the other voids.
    const before = await this.store.lock(tx);
    const { reason } = await this.approvals.use(tx, asker, 'rules.enact', parameters, approval);
    const row = await this.get(tx, version);
    if (row.digest.toString('hex') !== digest) throw rulesNotFound();
    if (before === version) throw rulesInForce();
    await this.documentOf(tx, row);
    await this.store.putInForce(tx, version);
    await this.approvals.overtake(tx, 'rules.enact', {});
    const details = { ...named(row), before, approval };
    await this.audit.append(tx, rulesEnacted({ ...by(asker), reason, details }));
    return toReply(await this.get(tx, version));
  }

  private async tried(tx: Tx, body: BodyOf<typeof tryRules>) {
    if (body.document) {
      return { document: body.document, version: null, digest: ruleTextDigest(ruleText(body.document)) };
    }
    const row = await this.get(tx, body.version ?? 0);
    return { document: await this.documentOf(tx, row), ...named(row) };
  }

  /** @throws CodedError `rules.outdated`: in force, such a version would let nobody do anything that is ruled */
  private async documentOf(tx: Tx, row: RuleVersionRow): Promise<RuleDocument> {
    const document = documentIn(await this.textOf(tx, row), row);
    if (!document) throw rulesOutdated();
    return document;
  }

  private async textOf(tx: Tx, { version }: RuleVersionRow): Promise<string> {
    const text = await this.store.findText(tx, version);
    if (text === null) throw rulesNotFound();
    return text;
  }

  private async get(tx: Tx, version: number): Promise<RuleVersionRow> {
    const row = await this.store.find(tx, version);
    if (!row) throw rulesNotFound();
    return row;
  }
}

/** @returns null where this release does not know all that it says */
function documentIn(text: string, { digest }: RuleVersionRow): RuleDocument | null {
  try {
    return parseRuleText(text, digest.toString('hex'));
  } catch (error) {
    if (error instanceof RuleTextInvalid) return null;
    throw error;
  }
}

function named({ version, digest }: RuleVersionRow) {
  return { version, digest: digest.toString('hex') };
}

function toReply(row: RuleVersionRow): Version {
  return {
    ...named(row),
    state: row.in_force ? 'in-force' : row.enacted_at ? 'past' : 'draft',
    author: row.author?.toString('hex') ?? null,
    createdAt: row.created_at.toISOString(),
    enactedAt: row.enacted_at?.toISOString() ?? null,
    rules: row.rules,
    reveals: row.reveals,
  };
}
