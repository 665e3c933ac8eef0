import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as contracts from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { ocsfEvent } from './ocsf.js';
import { CLASSES, ocsfSort } from './ocsf-classes.js';

const PROJECT = join(import.meta.dirname, '../../../..');
const READ_AT = new Date('2026-02-01T00:00:00Z');
const BASE = {
  v: 1,
  at: '2026-01-15T12:00:00.123Z',
  action: 'people.reveal',
  outcome: 'done',
  actor: {
    kind: 'staff',
    id: 'olivia',
    roles: ['support'],
    session: 's-1',
    client: 'console',
    factorAge: 40,
  },
  subject: 'c3ViamVjdA',
  purpose: 'support',
  fields: ['email'],
  reason: { code: 'ticket', reference: 'T-1' },
  count: 1,
  requestId: 'req-1',
  from: { listener: 'public', network: '203.0.113.0/24' },
  policy: '0123456789ab',
};

function mapped(changes: object = {}) {
  const bytes = Buffer.from(JSON.stringify({ ...BASE, ...changes }));
  return ocsfEvent({ origin: 'vault.example/audit', position: 7, bytes }, READ_AT);
}

/** Every action that code of this repository declares, and every route, whose refusals bear its name. */
function actionsInUse(): string[] {
  const sources = ['apps', 'libs', 'tools'].flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(PROJECT, folder, name),
    ),
  );
  const code = sources.filter(
    (name) => /(?<!\.test|\.fixture)\.ts$/.test(name) && !name.includes('/testing/'),
  );
  const declared = code.flatMap((name) =>
    [...readFileSync(name, 'utf8').matchAll(/^(?!\s*\*).*defineAction\(\s*'([^']+)'/gm)].map(
      ([, id]) => id as string,
    ),
  );
  const routes = Object.values(contracts).flatMap((value) =>
    typeof value === 'object' && value !== null && 'method' in value && 'id' in value
      ? [String(value.id)]
      : [],
  );
  return [...new Set([...declared, ...routes, 'request.unknown_route', 'requests.unauthenticated'])];
}

describe('the class of an action', () => {
  const actions = actionsInUse();

  it('is looked up for all actions that there are', () => {
    expect(actions.length).toBeGreaterThan(50);
    expect(actions).toEqual(expect.arrayContaining(['people.reveal', 'products.import', 'erasure.read']));
  });

  it.each(actions)('of %s is said by a rule', (action) => {
    expect(ocsfSort(action).by).not.toBe('nothing');
  });

  it('is "Other" of the API where no rule speaks of it, also for names of a prototype', () => {
    for (const action of ['cats.stroke', 'constructor.__proto__', 'x.toString', 'constructor.constructor']) {
      expect(ocsfSort(action)).toMatchObject({ class_uid: 6003, activity_id: 99, by: 'nothing' });
    }
  });

  it.each([
    ['people.reveal', 6005, 10],
    ['people.erase', 3001, 6],
    ['sign_in.finish', 3002, 1],
    ['sign_in.sign_out', 3002, 2],
    ['permits.freeze', 3004, 12],
    ['audit.alert', 2004, 1],
    ['model_keys.destroy', 6003, 4],
    ['audit.checkpoint', 6003, 2],
  ])('%s is class %i, activity %i', (action, class_uid, activity_id) => {
    expect(ocsfSort(action)).toMatchObject({
      class_uid,
      activity_id,
      category_uid: Math.floor(class_uid / 1_000),
    });
  });

  it('has a category that its number begins with', () => {
    for (const { uid, category } of Object.values(CLASSES)) expect(Math.floor(uid / 1_000)).toBe(category);
  });
});

describe('an entry as an OCSF event', () => {
  it('says who, what, when, from where and with which outcome', () => {
    expect(mapped()).toEqual({
      class_uid: 6005,
      category_uid: 6,
      activity_id: 10,
      activity_name: 'Decrypt',
      type_uid: 600510,
      time: Date.parse(BASE.at),
      severity_id: 1,
      status_id: 1,
      message: 'people.reveal done',
      metadata: {
        version: '1.5.0',
        product: { name: 'Integument', vendor_name: 'Integument' },
        log_name: 'vault.example/audit',
        uid: 'vault.example/audit:7',
        sequence: 7,
      },
      actor: {
        user: { uid: 'olivia', type_id: 1, type: 'User', groups: [{ name: 'support' }] },
        session: { uid: 's-1' },
        app_uid: 'console',
      },
      api: {
        operation: 'people.reveal',
        service: { name: 'Integument', uid: 'vault.example/audit' },
        request: { uid: 'req-1' },
      },
      src_endpoint: { name: '203.0.113.0/24', zone: 'public' },
      table: { name: 'people' },
      type_id: 3,
      type: 'Table',
      unmapped: {
        actorKind: 'staff',
        factorAge: 40,
        subject: 'c3ViamVjdA',
        purpose: 'support',
        reason: { code: 'ticket', reference: 'T-1' },
        fields: ['email'],
        count: 1,
        policy: '0123456789ab',
      },
    });
  });

  it('loses nothing that the entry says', () => {
    const details = { rejected: 3, nested: { deep: ['x1'] } };
    const text = JSON.stringify(mapped({ object: 'imp_1', details, code: undefined }));
    for (const value of ['olivia', 'imp_1', 'x1', 'T-1', 'email', 'support', 'c3ViamVjdA', '0123456789ab']) {
      expect(text).toContain(`"${value}"`);
    }
  });

  it('matters more when it was refused, and most when it went around the checks or is an alert', () => {
    expect(mapped({ outcome: 'refused', code: 'auth.forbidden' })).toMatchObject({
      severity_id: 2,
      status_id: 2,
      status_code: 'auth.forbidden',
    });
    expect(mapped({ reason: { code: 'break-glass' } }).severity_id).toBe(4);
    expect(mapped({ action: 'audit.alert' }).severity_id).toBe(4);
  });

  it.each([
    ['sign_in.finish', 'user', { uid: 'olivia' }],
    ['people.enrol', 'user', { uid: 'c3ViamVjdA' }],
    ['permits.open', 'entity', { name: 'permits', uid: 'c3ViamVjdA' }],
    ['audit.alert', 'finding_info', { uid: 'vault.example/audit:7', title: 'audit.alert' }],
  ])('%s has the %s that its class requires', (action, attribute, expected) => {
    expect(mapped({ action })[attribute]).toMatchObject(expected);
  });

  it.each([
    ['client', 99, 'Client'],
    ['system', 3, 'System'],
    ['person', 1, 'User'],
  ])('names an actor of the kind %s', (kind, type_id, type) => {
    expect(mapped({ actor: { kind, id: 'x' } }).actor).toEqual({ user: { uid: 'x', type_id, type } });
  });

  it('has a source even where the log says none', () => {
    expect(mapped({ from: undefined }).src_endpoint).toEqual({ name: 'not recorded' });
    expect(mapped({ from: { listener: 'internal' } }).src_endpoint).toMatchObject({ zone: 'internal' });
  });

  it.each([
    ['gone', null, 'audit.entry_missing'],
    ['no JSON', Buffer.from('{'), 'audit.entry_unreadable'],
    ['no entry', Buffer.from('{"action":1}'), 'audit.entry_unreadable'],
    ['of no time', Buffer.from(JSON.stringify({ ...BASE, at: 'noon' })), 'audit.entry_unreadable'],
    ['null', Buffer.from('null'), 'audit.entry_unreadable'],
  ])('stands for an entry that is %s', (_title, bytes, code) => {
    expect(ocsfEvent({ origin: 'o', position: 3, bytes }, READ_AT)).toMatchObject({
      type_uid: 600801,
      time: READ_AT.getTime(),
      severity_id: 4,
      status_code: code,
      metadata: { uid: 'o:3', sequence: 3 },
    });
  });
});
