import { whoseIsIt } from './accounts.js';
import { referenceField, waysToAsk } from './approval-asking.js';
import { approvalItem, OUTCOMES, REFUSALS } from './approval-item.js';
import { vault } from './apps.js';
import { call } from './calls.js';
import { element, goTo } from './elements.js';
import { enter } from './entrance.js';
import { action, choice, form } from './forms.js';
import { OPERATIONS } from './operations.js';
import { callVault } from './step-up.js';

const outcome = document.getElementById('outcome');
const ACTIONS = { waiting: toDecide, mine: toCarryOut, review: toReview };

await enter(async (session) => {
  document.getElementById('approvals').hidden = false;
  const refresh = async (words, found) => {
    // First of all: what was found is shown this once, and must not wait for lists that may fail to come.
    outcome.replaceChildren(element('p', {}, words), ...(found ? [found] : []));
    goTo(outcome);
    await Promise.all(Object.keys(ACTIONS).map((name) => showList(name, refresh, session)));
  };
  document.getElementById('ask').replaceChildren(waysToAsk(session, refresh));
  await Promise.all(Object.keys(ACTIONS).map((name) => showList(name, refresh, session)));
});

async function showList(name, refresh, session) {
  const { approvals } = await call(vault, 'GET', `/v1/approvals?show=${name}`);
  const items = approvals.map((approval) =>
    approvalItem(approval, ACTIONS[name](approval, refresh, session)),
  );
  document.getElementById(name).replaceChildren(...items);
  document.getElementById(`${name}-none`).hidden = items.length > 0;
}

function toDecide({ approval, parameters }, refresh) {
  const agree = async () => {
    await callVault('POST', `/v1/approvals/${approval}/approve`);
    await refresh('You have agreed. Whoever asked can carry it out once.');
  };
  const refuse = async (values) => {
    await callVault('POST', `/v1/approvals/${approval}/refuse`, { refusal: values.get('refusal') });
    await refresh('You have refused.');
  };
  const whose = parameters.account ? [whoseIsIt(parameters.account)] : [];
  const why = choice({ label: 'Why not', name: 'refusal', choices: REFUSALS });
  return [
    ...whose,
    action('Agree', agree),
    element(
      'details',
      {},
      element('summary', {}, 'Refuse'),
      form({ button: 'Refuse it', fields: [why], work: refuse }),
    ),
  ];
}

function toCarryOut(approval, refresh, session) {
  const isOpen = approval.state === 'requested' || approval.state === 'approved';
  if (!isOpen) return [];
  const takeBack = async () => {
    await callVault('POST', `/v1/approvals/${approval.approval}/take-back`);
    await refresh('You have taken it back.');
  };
  const back = action('Take back', takeBack, { class: 'quiet' });
  if (approval.state === 'requested') return [back];
  if (!OPERATIONS[approval.operation].use) return [back];
  const place = element('div');
  place.append(action('Carry it out', () => carryOut(approval, place, refresh, session)));
  return [place, back];
}

async function carryOut(approval, place, refresh, session) {
  const found = await OPERATIONS[approval.operation].use(approval, place, session);
  await refresh('It is done.', found);
}

function toReview({ approval }, refresh) {
  const review = async (values) => {
    const body = { outcome: values.get('outcome'), reference: values.get('reference') };
    await callVault('POST', `/v1/approvals/${approval}/review`, body);
    await refresh('The review is closed.');
  };
  const fields = [choice({ label: 'What you found', name: 'outcome', choices: OUTCOMES }), referenceField()];
  return [form({ button: 'Close the review', fields, work: review })];
}
