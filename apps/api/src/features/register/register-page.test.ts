import { describe, expect, it } from 'vitest';
import { impactAssessment, impactAssessmentPage } from './impact-assessment.js';
import { noticesOf } from './notice.js';
import { TEST_REGISTER } from './register.fixture.js';
import type { Register } from './register.js';
import { registerDocument } from './register-document.js';
import { registerFile } from './register-file.js';
import { OWN_MEASURES, registerPage } from './register-page.js';

const HOSTILE = '<script>alert(1)</script>"\'&';
const recipient = {
  name: HOSTILE,
  address: 'Somewhere',
  country: 'US',
  email: 'dpo@cloud.example',
  role: 'processor',
  safeguard: 'Standard contractual clauses',
};

function registerWith(changes: object): Register {
  const file = registerFile.parse({ ...TEST_REGISTER, ...changes });
  const texts = file.purposes.ingest?.notices ?? {};
  const document = registerDocument(file, new Map([['ingest', noticesOf('ingest', 1, texts)]]));
  return { document, version: 7, hash: 'ab'.repeat(32) } as unknown as Register;
}

const register = registerWith({
  measures: [HOSTILE],
  purposes: { ingest: { recipients: [recipient], notices: { en: { title: HOSTILE, text: HOSTILE } } } },
});

describe('the record of processing activities', () => {
  const page = registerPage(register, 7);

  it('says which interest it is, and where data of one purpose lies', () => {
    const { notices } = TEST_REGISTER.purposes['fault-finding'] ?? {};
    const other = registerWith({
      storedIn: ['DE', 'FR'],
      purposes: { 'fault-finding': { regions: ['FR'], notices } },
    });
    const text = registerPage(other, 7);
    expect(text).toContain('Legitimate interest, GDPR Art. 6(1)(f): That the app works');
    expect(other.document.purposes[0]?.regions).toEqual(['FR']);
    const elsewhere = { purposes: { 'fault-finding': { regions: ['US'], notices } } };
    expect(() => registerWith(elsewhere)).toThrow('not among storedIn');
  });

  it('says what GDPR Art. 30(1) asks for', () => {
    for (const said of [
      'Test Skin',
      'Consent, GDPR Art. 6(1)(a); Explicit consent, GDPR Art. 9(2)(a)',
      'skin-temperature, electrodermal-activity, heart-rate, motion',
      '730 days',
      'US, Standard contractual clauses',
      '7, SHA-256 abab',
    ])
      expect(page).toContain(said);
  });

  it('says to which other purposes data is passed on, and which', () => {
    expect(page).toContain('no other purpose');
    const flows = [
      { to: 'analytics', categories: ['skin-temperature', 'motion'] },
      { to: 'recommendation', categories: ['heart-rate'] },
    ] as const;
    const purposes = register.document.purposes.map((purpose) => ({ ...purpose, flows }));
    const passedOn = registerPage({ ...register, document: { ...register.document, purposes } }, 7);
    expect(passedOn).toContain('analytics: skin-temperature, motion; recommendation: heart-rate');
    expect(passedOn).not.toContain('no other purpose');
  });

  it('of an earlier version says so, and nothing of what the program does today', () => {
    const earlier = registerPage(register, 9);
    expect(earlier).toContain('As it was declared at the time. Version 9 is in force.');
    expect(earlier).toContain('7, SHA-256 abab');
    expect(earlier).not.toContain(OWN_MEASURES[0]);
    expect(page).toContain(OWN_MEASURES[0]);
  });

  it('holds whatever the operator writes', () => {
    expect(page).not.toContain('<script>');
    expect(impactAssessmentPage(impactAssessment(register))).not.toContain('<script>');
  });
});

describe('the impact assessment', () => {
  it('leaves blank what nobody but the controller can judge', () => {
    const assessment = impactAssessment(register);
    expect(assessment.purposes.map(({ name, necessity }) => [name, necessity])).toEqual([['ingest', null]]);
    for (const { remaining } of assessment.risks) expect(remaining).toBeNull();
    expect([assessment.decision, assessment.viewsOfPeople, assessment.adviceOfOfficer]).toEqual([
      null,
      null,
      null,
    ]);
    const page = impactAssessmentPage(assessment);
    const blanks = page.match(/class="blank"/g)?.length;
    expect(blanks).toBe(assessment.purposes.length + assessment.risks.length + 3);
  });
});
