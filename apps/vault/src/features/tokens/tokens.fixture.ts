import { AuditLog } from '@integument/audit-log';
import { Abilities } from '@integument/authz';
import {
  describeToken,
  makePersonTokens,
  makeToken,
  makeTokens,
  type Predicate,
  type RevealPurpose,
  type RouteContract,
  removeTokens,
} from '@integument/contracts';
import { type Asker, postgresCounts, StrictAllowances } from '@integument/http';
import { expect } from 'vitest';
import { vaultPolicies } from '../../platform/policies.js';
import { SHOP, type TestVault } from '../../vault.fixture.js';
import {
  Catalogue,
  type KindDeclaration,
  kindOf,
  parseMask,
  type TokenField,
  typesOf,
} from '../catalogue/index.js';
import { PeopleStore, PersonValues } from '../people/index.js';
import { RevealDecisions } from '../reveals/index.js';
import { KnownValues } from './known-values.js';
import { MakingDesk } from './making-desk.js';
import { PersonTokens } from './person-tokens.js';
import { TokenRevealDesk } from './reveal-desk.js';
import { TokenIds } from './token-ids.js';
import { TokenLookup } from './token-lookup.js';
import { TokenMaker } from './token-maker.js';
import { TokenRevealer } from './token-revealer.js';
import { TokenSealer } from './token-sealer.js';
import { TokensService } from './tokens.service.js';
import { TokensStore } from './tokens.store.js';

const REASON = { code: 'order', reference: 'ORDER-7' } as const;

/** Fields as a catalogue's file declares them. */
const DECLARED: readonly TokenField[] = [
  declared('card', { kind: 'card', keep: ['last4'] }),
  declared('card_for_ever', { kind: 'card', keep: ['last4'] }, false),
  declared('line_for_ever', { kind: 'phone' }, false),
  declared('postcode', { kind: 'postcode', country: 'DE' }),
  declared('note', { kind: 'text' }),
];

function declared(name: string, declaration: KindDeclaration, erasable = true): TokenField {
  const kind = kindOf(declaration);
  return { name, kind, sensitivity: 'direct', mask: parseMask('last:4'), types: typesOf(kind), erasable };
}

interface Wished {
  readonly asker?: Asker;
  readonly purpose?: RevealPurpose;
  readonly form?: 'masked' | 'plain';
}

/** A failure with this code, to be expected. */
export const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown;

/** The feature's services, wired as its module does, on the database of a test's vault. */
export class TestTokens {
  readonly store = new TokensStore();
  readonly making: MakingDesk;
  readonly reveals: TokenRevealDesk;
  readonly service: TokensService;
  readonly people: PersonTokens;
  readonly ids: TokenIds;
  readonly sealer: TokenSealer;

  constructor(
    readonly vault: TestVault,
    readonly catalogue = new Catalogue(DECLARED, [
      { name: 'orders', clients: new Set(['brand-shop', 'other-shop']) },
    ]),
    private readonly rules = vault.rulesInForce,
  ) {
    const { keys, index, unitOfWork, dataSource } = vault;
    const audit = new AuditLog();
    const sealer = new TokenSealer(keys, index);
    this.sealer = sealer;
    const lookup = new TokenLookup(this.store, catalogue);
    this.ids = new TokenIds(unitOfWork, (tx) => this.store.nextSegment(tx));
    const known = new KnownValues(new PersonValues(new PeopleStore(), vault.sealer));
    const maker = new TokenMaker(this.store, this.ids, sealer, known, audit);
    this.people = new PersonTokens(maker, catalogue);
    this.making = new MakingDesk(maker, catalogue, audit, unitOfWork, { error: vault.say });
    const shared = postgresCounts(dataSource);
    const allowances = new StrictAllowances({ shared, key: Buffer.alloc(32, 7), now: () => vault.now() });
    const decisions = new RevealDecisions(new Abilities(vaultPolicies), rules, allowances);
    const revealer = new TokenRevealer(this.store, lookup, catalogue, sealer, audit, { error: vault.say });
    this.reveals = new TokenRevealDesk(revealer, lookup, decisions, audit, unitOfWork);
    this.service = new TokensService(this.store, lookup, audit);
  }

  /** As the route does: the body has been through the contract. */
  async make(body: object, asker: Asker = SHOP): Promise<string> {
    const parsed = makeToken.body?.parse(body);
    if (!parsed) throw new Error('the contract has no body');
    const regions = await this.regionsOf(makeToken, asker);
    return (await this.making.makeOne(asker, parsed, regions)).token;
  }

  async makeBatch(values: readonly unknown[], { atomic = false, asker = SHOP } = {}) {
    const regions = await this.regionsOf(makeTokens, asker);
    return this.vault.unitOfWork.run((tx) => this.making.makeBatch(tx, asker, values, { atomic, regions }));
  }

  reveal(token: unknown, { asker = SHOP, purpose = 'delivery', form = 'plain' }: Wished = {}) {
    return this.reveals.revealOne(asker, token as never, { purpose, form, reason: REASON });
  }

  revealBatch(tokens: readonly unknown[], asker: Asker = SHOP) {
    return this.reveals.revealBatch(asker, tokens, { purpose: 'delivery', form: 'plain', reason: REASON });
  }

  ask(token: unknown, question: Predicate, asker: Asker = SHOP) {
    return this.reveals.ask(asker, token as never, question, { purpose: 'delivery', reason: REASON });
  }

  async ofPerson(person: string, body: object, asker: Asker = SHOP) {
    const parsed = makePersonTokens.body?.parse(body);
    if (!parsed) throw new Error('the contract has no body');
    const regions = await this.regionsOf(makePersonTokens, asker);
    return this.vault.unitOfWork.run((tx) => this.people.make(tx, asker, person as never, parsed, regions));
  }

  async remove(tokens: readonly unknown[], asker: Asker = SHOP) {
    const regions = await this.regionsOf(removeTokens, asker);
    return this.vault.unitOfWork.run((tx) => this.service.remove(tx, asker, tokens as never, regions));
  }

  async describe(token: unknown, asker: Asker = SHOP) {
    const regions = await this.regionsOf(describeToken, asker);
    return this.vault.unitOfWork.run((tx) => this.service.describe(tx, asker, token as never, regions));
  }

  /** How many there are, whoever's. */
  async stored(): Promise<number | undefined> {
    const [row] = await this.vault.query<{ n: number }>('SELECT count(*)::int AS n FROM token');
    return row?.n;
  }

  /** As the controllers ask: before a transaction begins. */
  private regionsOf(contract: Pick<RouteContract, 'ability'>, { caller }: Asker) {
    return this.rules.reach(caller, contract);
  }
}
