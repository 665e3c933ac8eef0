import { REASONS } from './approval-item.js';
import { element } from './elements.js';
import { choice, field, form } from './forms.js';
import { OPERATIONS } from './operations.js';
import { callVault } from './step-up.js';

const BREAK_GLASS = 'auditor';

/** Of a case elsewhere; no name fits into it. */
export const referenceField = () =>
  field({
    label: 'Case number',
    name: 'reference',
    pattern: '[A-Z]{1,8}-[0-9]{1,12}',
    required: true,
    hint: 'Capitals, a hyphen, digits: CASE-1042',
  });

/** A form for each operation that one may ask for. @param {(words: string) => Promise<void>} onAsked */
export function waysToAsk(session, onAsked) {
  const own = Object.entries(OPERATIONS).filter(([, { mayAsk }]) => mayAsk(session));
  const ways = own.map(([name, operation]) =>
    way(operation.title, usually(session, name, operation, onAsked)),
  );
  const urgent = own.filter(([, { breakGlass }]) => breakGlass && session.roles.includes(BREAK_GLASS));
  const emergencies = urgent.map(([name, operation]) =>
    way(`In an emergency, alone: ${operation.title}`, inAnEmergency(session, name, operation, onAsked)),
  );
  return element('div', { class: 'ways' }, ...ways, ...emergencies);
}

function way(title, content) {
  return element('details', {}, element('summary', {}, title), content);
}

function usually(session, operation, { fields, parameters }, onAsked) {
  return form({
    button: 'Ask for it',
    fields: [...fields(session), choice({ label: 'Why', name: 'code', choices: REASONS }), referenceField()],
    work: async (values) => {
      const reason = { code: values.get('code'), reference: values.get('reference') };
      const body = { operation, parameters: await parameters(values, session), reason };
      await callVault('POST', '/v1/approvals', body);
      await onAsked('Asked for. Somebody else has to agree now.');
    },
  });
}

function inAnEmergency(session, operation, { fields, parameters }, onAsked) {
  const warning =
    'Good at once, for 15 minutes, once. It raises an alert, and somebody else reviews it afterwards.';
  return form({
    button: 'Do it without anybody’s agreement',
    fields: [element('p', { class: 'note' }, warning), ...fields(session), referenceField()],
    work: async (values) => {
      const reason = { code: 'break-glass', reference: values.get('reference') };
      const body = { operation, parameters: await parameters(values, session), reason };
      await callVault('POST', '/v1/approvals/break-glass', body);
      await onAsked('Good for 15 minutes, and under what you asked for. It will be reviewed.');
    },
  });
}
